"""`gate relay` as systemd and a power cut see it: real processes and boards on pseudo-terminals."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.words.outcomes import Outcome
from core.words.reasons import Reason
from relay.client import RelayClient
from relay.process import outputs_in_use
from relay.process.main import EXIT_ABORTED, EXIT_DEADMAN
from relay.protocol import EventKind
from relay.settings import BarrierSettings, RelayPlan
from relay.tools.emulators import Emulator, KmtronicEmulator, LcusEmulator, ModbusEmulator
from tests.patience import PATIENCE_S, until

OFF = {"lcus": b"\xa0\x01\x00\xa1", "kmtronic": b"\xff\x01\x00", "modbus": bytes.fromhex("01 05 00 00 00 00 CD CA")}
MakeRelay = Callable[..., Any]


def lines(driver: str, board: Emulator, pulse_s: float = 0.4) -> str:
    return f'driver = "{driver}"\nport = "{board.port}"\npulse_s = {pulse_s}'


@pytest.mark.parametrize(
    ("driver", "board"),
    [
        ("lcus", LcusEmulator(read_back="ascii")),
        ("kmtronic", KmtronicEmulator()),
        ("modbus", ModbusEmulator(channels=8)),
    ],
)
def test_one_request_is_one_pulse_between_two_offs(relay_on: MakeRelay, driver: str, board: Emulator) -> None:
    """OFF is the first word to the board and the last; between them a request closes the contact once."""
    with board:
        relay = relay_on(lines(driver, board))
        relay.start()
        reply = relay.open()
        assert relay.until(relay.idle)
        assert relay.end() == 0

        assert reply.outcome == Outcome.DONE
        assert len(board.on_times()) == 1
        assert not board.levels[1]
        sent = b"".join(data for _, data in board.writes)
        assert sent.startswith(OFF[driver])
        last_on_free = sent[sent.rindex(OFF[driver]) :]
        assert {"lcus": b"\xa0\x01\x01", "kmtronic": b"\xff\x01\x01", "modbus": b"\x01\x05\x02"}[
            driver
        ] not in last_on_free


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGABRT])
def test_a_signal_in_the_pulse_opens_the_contact(relay_on: MakeRelay, lcus: LcusEmulator, number: int) -> None:
    """Whatever signal ends the process, the contact does not stay closed for the rest of the pulse."""
    relay = relay_on(lines("lcus", lcus, pulse_s=5))
    relay.start()
    relay.open()
    assert relay.until(lambda: lcus.levels.get(1))
    signalled = time.monotonic()
    relay.end(number)

    assert relay.until(lambda: not lcus.levels.get(1, True))
    _, ended = lcus.on_times()[0]
    assert ended is not None
    assert ended - signalled < 2


def test_frozen_in_the_pulse_and_aborted(relay_on: MakeRelay, lcus: LcusEmulator) -> None:
    """A process that was stopped in a pulse sends OFF when systemd's watchdog aborts it (SIGABRT, then SIGCONT)."""
    relay = relay_on(lines("lcus", lcus, pulse_s=5))
    process = relay.start()
    relay.open()
    assert relay.until(lambda: lcus.levels.get(1))
    process.send_signal(signal.SIGSTOP)
    process.send_signal(signal.SIGABRT)
    signalled = time.monotonic()
    relay.end(signal.SIGCONT)

    assert process.returncode == EXIT_ABORTED
    _, ended = lcus.on_times()[0]
    assert ended is not None
    assert ended - signalled < 2


def test_kill_in_the_pulse_is_mended_by_the_next_start(relay_on: MakeRelay, lcus: LcusEmulator) -> None:
    """`kill -9` leaves a serial relay closed; the next start opens it before anything else, and adds no pulse."""
    relay = relay_on(lines("lcus", lcus, pulse_s=5))
    relay.start()
    relay.open()
    assert relay.until(lambda: lcus.levels.get(1))
    relay.end(signal.SIGKILL)
    assert lcus.levels[1]
    before = len(lcus.writes)
    relay.start()

    assert relay.until(lambda: not lcus.levels.get(1, True))
    assert lcus.writes[before][1].startswith(OFF["lcus"])
    assert len(lcus.on_times()) == 1


def test_kill_in_the_pulse_is_mended_by_the_helper(relay_on: MakeRelay, lcus: LcusEmulator) -> None:
    """What systemd runs after any end, `gate relay --off`, opens the contact without starting anything."""
    relay = relay_on(lines("lcus", lcus, pulse_s=5))
    relay.start()
    relay.open()
    assert relay.until(lambda: lcus.levels.get(1))
    relay.end(signal.SIGKILL)
    done = relay.gate("relay", "--off")

    assert done.returncode == 0
    assert not lcus.levels[1]


@pytest.mark.parametrize("by", ["a unit", "gate run", "hand"])
@pytest.mark.parametrize("then", ["another board", "a mistake"])
def test_the_helper_opens_what_the_killed_process_had(
    relay_on: MakeRelay, lcus: LcusEmulator, tmp_path: Path, then: str, by: str
) -> None:
    """Settings that were changed or broken meanwhile keep no contact closed: OFF goes to the board it ran with, and to the new one.

    Started by hand, the settings say where that process left its outputs, also where another line of them is wrong.
    """
    folder = {"a unit": {"RUNTIME_DIRECTORY": str(tmp_path)}, "hand": {}}
    named = folder.get(by, {outputs_in_use.STATE_VARIABLE: str(tmp_path / "state0")})
    relay = relay_on(lines("lcus", lcus, pulse_s=5), environment=named)
    relay.start()
    relay.open()
    assert relay.until(lambda: lcus.levels.get(1))
    relay.end(signal.SIGKILL)
    with LcusEmulator() as other:
        text = relay.config.read_text(encoding="utf-8")
        new = (lcus.port, other.port) if then == "another board" else ('"lcus"', '"lcuss"')
        relay.config.write_text(text.replace(*new), encoding="utf-8")
        done = relay.gate("relay", "--off")
        other.settle()
        assert not lcus.levels[1]
        assert done.returncode == (0 if then == "another board" else 2)
        assert (OFF["lcus"] in b"".join(data for _, data in other.writes)) is (then == "another board")


@pytest.mark.parametrize("then", ["another folder", "a mistake"])
def test_the_helper_needs_no_folder_of_before(
    relay_on: MakeRelay, lcus: LcusEmulator, tmp_path: Path, then: str
) -> None:
    """Where the state folder of the killed process cannot be had any more, its contact is opened all the same, though the settings name none."""
    relay = relay_on(lines("lcus", lcus, pulse_s=5), environment={"RUNTIME_DIRECTORY": str(tmp_path)})
    relay.start()
    relay.open()
    assert relay.until(lambda: lcus.levels.get(1))
    relay.end(signal.SIGKILL)
    text = relay.config.read_text(encoding="utf-8")
    new = (str(relay.state_dir), str(tmp_path / "new")) if then == "another folder" else ('"lcus"', '"lcuss"')
    relay.config.write_text(text.replace(*new), encoding="utf-8")
    shutil.rmtree(relay.state_dir)
    relay.state_dir.write_text("", encoding="utf-8")
    done = relay.gate("relay", "--off")

    assert done.returncode == (0 if then == "another folder" else 2), done.stderr
    assert not lcus.levels[1]


def test_the_helper_says_that_it_knows_no_output(relay_on: MakeRelay, lcus: LcusEmulator, tmp_path: Path) -> None:
    """Nothing left by a process, and settings that cannot be read: one line says that nothing was switched off, and the end is no good one."""
    relay = relay_on(lines("lcuss", lcus), environment={"RUNTIME_DIRECTORY": str(tmp_path)})

    done = relay.gate("relay", "--off")

    last = done.stderr.splitlines()[-1]
    assert (2, "gate relay --off: выходы не известны, ни один не разомкнут") == (done.returncode, last)


def test_a_pipe_in_the_place_of_what_was_left_keeps_nobody_waiting(tmp_path: Path) -> None:
    """Whoever may write into the state folder cannot keep the outputs from being switched off."""
    os.mkfifo(tmp_path / outputs_in_use.FILE_NAME)
    assert outputs_in_use.remembered(tmp_path) is None


def test_what_was_left_by_another_version_is_no_plan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A file that is not understood, or is somebody else's, is left out; without a unit's folder it lies in the state folder, and goes with a good end."""
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))
    plan = RelayPlan(state_dir=str(tmp_path), barriers=(BarrierSettings(name="main", http_authorization="secret"),))
    outputs_in_use.remember(plan)
    record = outputs_in_use.Record(plan.state_dir, plan.barriers)
    assert record == outputs_in_use.remembered()
    assert 0o600 == (tmp_path / outputs_in_use.FILE_NAME).stat().st_mode & 0o777
    for text in (
        "",
        "[" * 5000,
        '{"state_dir": "", "outputs": [{"name": "a", "of_tomorrow": 1}]}',
        '{"state_dir": "", "outputs": [{"name": "a", "channel": "first"}]}',
        '{"state_dir": "", "outputs": [{"name": "a", "driver": "board_of_tomorrow"}]}',
        '{"state_dir": null, "outputs": []}',
        '{"state_dir": "", "outputs": [], "left": [[{}]]}',
        "[]",
        "{}",
    ):
        (tmp_path / outputs_in_use.FILE_NAME).write_text(text, encoding="utf-8")
        assert outputs_in_use.remembered() is None
    monkeypatch.delenv("RUNTIME_DIRECTORY")
    assert outputs_in_use.remembered() is None
    outputs_in_use.remember(plan)
    assert record == outputs_in_use.remembered(tmp_path)
    monkeypatch.setattr(os, "geteuid", lambda: -1)
    assert outputs_in_use.remembered(tmp_path) is None
    assert "записал другой пользователь" in caplog.text
    monkeypatch.undo()
    monkeypatch.delenv("RUNTIME_DIRECTORY", raising=False)
    outputs_in_use.seen_off(plan)
    assert outputs_in_use.remembered(tmp_path) is None


def test_the_helper_leaves_a_living_relay_alone(relay_on: MakeRelay, lcus: LcusEmulator) -> None:
    """`gate relay --off` and a second `gate relay` end with one line while another owns the boards."""
    relay = relay_on(lines("lcus", lcus))
    relay.start()

    for words in (("relay", "--off"), ("relay",)):
        done = relay.gate(*words)
        assert done.returncode == 1
        assert len(done.stderr.splitlines()) == 1
        assert "уже работает" in done.stderr
    assert relay.answers()


def test_a_board_that_times_pulses_needs_no_process(relay_on: MakeRelay) -> None:
    """With a board-timed pulse even `kill -9` in the pulse leaves nothing closed, with nobody's help."""
    with ModbusEmulator(channels=8) as board:
        relay = relay_on(lines("modbus", board, pulse_s=0.5))
        relay.start()
        relay.open()
        assert relay.status().barriers[0].timed_by == "board"
        relay.end(signal.SIGKILL)

        assert relay.until(lambda: not board.levels.get(1, True))
        assert b"\x01\x05\x02\x00\x00\x05\x0c\x71" in b"".join(data for _, data in board.writes)


@pytest.mark.parametrize("instead", ["nothing", "a dead socket"])
def test_a_socket_file_that_was_removed_comes_back(relay_on: MakeRelay, instead: str) -> None:
    """A relay process whose socket file was removed or replaced is within reach again; those who listen stay."""
    relay = relay_on('driver = "simulated"')
    relay.start()
    with relay.client.subscribe() as events:
        assert events.next(5) is not None
        path = relay.state_dir / "relay.sock"
        path.unlink()
        if instead == "a dead socket":
            with socket.socket(socket.AF_UNIX) as dead:
                dead.bind(str(path))
        assert not relay.answers()

        assert relay.until(relay.answers)
        assert relay.open("again").outcome == Outcome.DONE
        assert relay.until(lambda: (event := events.next(1)) is not None and event.request_id == "again")


def test_an_id_is_done_once(relay_on: MakeRelay, lcus: LcusEmulator) -> None:
    """The same id again gets the first answer and moves nothing."""
    relay = relay_on(lines("lcus", lcus, pulse_s=0.2))
    relay.start()
    first = relay.open("same")
    assert relay.until(relay.idle)
    again = relay.open("same")

    assert (first.outcome, first.repeated) == (Outcome.DONE, False)
    assert (again.outcome, again.repeated) == (Outcome.DONE, True)
    assert len(lcus.on_times()) == 1


LOOP = """
[[input]]
name = "loop"
kind = "exit_loop"
lane = "exit"
board = "main"
board_input = 3
"""


def test_a_leaving_car_needs_nothing_else(relay_on: MakeRelay) -> None:
    """A car on the exit loop of the board opens with no other process alive; a silent board opens nothing."""
    with ModbusEmulator(channels=8) as board:
        relay = relay_on(lines("modbus", board), more=LOOP)
        relay.start()
        assert relay.until(lambda: relay.status().inputs[0].level == "off")
        board.contacts[3] = True
        assert relay.until(board.on_times)
        board.contacts[3] = False
        assert relay.until(lambda: relay.status().inputs[0].level == "off")
        board.silent = True

        assert relay.until(lambda: "input_deaf" in relay.status().inputs[0].alarms)
        with relay.client.subscribe() as events:
            told = list(iter(lambda: events.next(0.3), None))
        assert [Reason.EXIT_LOOP] == [event.reason for event in told if event.kind == EventKind.ACTED]
        assert len(board.on_times()) == 1


HANGS = """
import sys, time
from relay.process.barrier_controller import BarrierController
from relay.process.main import RelayProcess
from relay.settings import BarrierSettings, LaneRoute, RelayPlan

def tick(self, now, real=BarrierController.tick):
    while self.barriers["main"].pulses:
        time.sleep(1)
    real(self, now)

BarrierController.tick = tick
barrier = BarrierSettings(name="main", port=sys.argv[1] + "/moves")
lanes = (LaneRoute("entry", "entry", "main"),)
sys.exit(RelayProcess(RelayPlan(state_dir=sys.argv[1], barriers=(barrier,), lanes=lanes)).run())
"""


def test_a_main_loop_that_hangs_is_ended_with_off(tmp_path: Path) -> None:
    """When the main loop does not turn any more, the contact of a hold is opened and the process makes room."""
    process = subprocess.Popen([sys.executable, "-c", HANGS, str(tmp_path)], stderr=subprocess.PIPE)
    client = RelayClient(tmp_path, timeout_s=PATIENCE_S)
    until((tmp_path / "relay.sock").exists)
    client.hold(lane="entry", reason=Reason.CONSOLE, hold_s=600)
    process.communicate(timeout=PATIENCE_S)

    assert EXIT_DEADMAN == process.returncode
    assert ["on", "off"] == [line.split()[2] for line in (tmp_path / "moves").read_text().splitlines()]


def test_unplugged_in_the_pulse_and_back(relay_on: MakeRelay, tmp_path: Path) -> None:
    """A board that vanishes in a pulse is told as unknown; back under its path it first gets OFF, without a restart."""
    board = LcusEmulator().start()
    path = tmp_path / "by-path"
    path.symlink_to(board.port)
    relay = relay_on(f'driver = "lcus"\nport = "{path}"\npulse_s = 5')
    relay.start()
    with relay.client.subscribe() as events:
        relay.open()
        assert relay.until(lambda: board.levels.get(1))
        board.unplug()
        assert relay.until(lambda: relay.status().barriers[0].health == "lost")
        assert relay.status().barriers[0].contact == "unknown"
        assert relay.open().outcome in {Outcome.FAILED, Outcome.REFUSED}
        board.start()
        before = len(board.writes)
        fresh = tmp_path / "fresh"
        fresh.symlink_to(board.port)
        fresh.replace(path)

        assert relay.until(lambda: relay.status().barriers[0].health == "ok")
        # Written is not yet taken in: the board is a thread of its own.
        assert relay.until(lambda: not board.levels.get(1, True))
        assert board.writes[before][1].startswith(OFF["lcus"])
        told = [(event.kind, event.outcome) for event in iter(lambda: events.next(0.1), None)]
        assert (EventKind.ENDED, "unknown") in told
    board.unplug()


@pytest.mark.parametrize(
    ("port", "told"),
    [("/dev/serial/by-path/nowhere", "такого порта нет"), ("/etc/hostname", "не последовательный порт")],
)
def test_a_port_that_cannot_be(relay_on: MakeRelay, port: str, told: str) -> None:
    """A wrong port is a health state and a clear refusal; the process lives."""
    relay = relay_on(f'driver = "lcus"\nport = "{port}"')
    relay.start()

    assert relay.until(lambda: relay.status().barriers[0].health == "lost")
    assert told in relay.status().barriers[0].detail
    assert relay.open().outcome == Outcome.FAILED


def test_a_port_of_somebody_else(relay_on: MakeRelay, lcus: LcusEmulator) -> None:
    """A port that another program holds is left to it, and told."""
    first, second = relay_on(lines("lcus", lcus)), relay_on(lines("lcus", lcus))
    first.start()
    second.start()

    assert second.until(lambda: second.status().barriers[0].health == "lost")
    assert "занят" in second.status().barriers[0].detail
    assert first.open().outcome == Outcome.DONE


def test_what_nobody_heard_is_kept(relay_on: MakeRelay) -> None:
    """Events survive a kill of the relay process until somebody acknowledges them."""
    relay = relay_on('driver = "simulated"\npulse_s = 0.2')
    relay.start()
    relay.open("remembered")
    outbox = relay.state_dir / "relay-events.jsonl"
    assert relay.until(lambda: outbox.exists() and "remembered" in outbox.read_text())
    relay.end(signal.SIGKILL)
    relay.start()
    with relay.client.subscribe() as events:
        kept = list(iter(lambda: events.next(0.2), None))
        acted = [event for event in kept if event.request_id == "remembered" and event.kind == EventKind.ACTED]
        assert len(acted) == 1
        assert (acted[0].reason, acted[0].outcome) == (Reason.CONSOLE, Outcome.DONE)
        events.ack(kept[-1].seq)
        assert relay.until(lambda: relay.status().unheard == 0)
    relay.end()
    relay.start()
    with relay.client.subscribe() as events:
        assert [event.kind for event in iter(lambda: events.next(0.2), None)] == [EventKind.STARTED]


def test_a_long_state_dir(relay_on: MakeRelay) -> None:
    """A directory whose name does not fit into a socket address works like any other."""
    relay = relay_on('driver = "simulated"')
    relay.state_dir = relay.state_dir / ("long" * 40) / ("name" * 20)
    text = relay.config.read_text().replace(str(relay.state_dir.parents[1]), str(relay.state_dir))
    relay.config.write_text(text)
    relay.start()

    assert relay.open().outcome == Outcome.DONE


def test_it_loads_nothing_heavy(relay_on: MakeRelay) -> None:
    """`gate relay` imports neither vision nor database nor HTTP client, so that it starts at once on a Pi."""
    relay = relay_on('driver = "simulated"')
    script = (
        "import sys, edge.cli.relay, edge.cli.barrier, relay.process.main; from edge.config import load;"
        f"from pathlib import Path; load(Path({str(relay.config)!r})).relay_plan();"
        "print([name for name in ('cv2', 'numpy', 'onnxruntime', 'httpx', 'sqlite3', 'gpiozero', 'lgpio')"
        " if name in sys.modules])"
    )
    # What `make coverage` looks on with is a database too.
    unwatched = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=unwatched)

    assert done.stdout == "[]\n"


def test_off_waits_for_no_more_than_it_needs(relay_on: MakeRelay) -> None:
    """What only the main loop needs is not imported before the boards are told OFF: socket, interlock, other drivers."""
    relay = relay_on('driver = "simulated"')
    script = (
        "import sys, edge.cli.relay; from edge.config import load; from pathlib import Path;"
        f"from relay.workers.pool import BoardWorkers; plan = load(Path({str(relay.config)!r})).relay_plan();"
        "workers = BoardWorkers(plan, report=lambda _: None); workers.start(); workers.first_off(timeout_s=20);"
        "print([name for name in ('relay.process.loop', 'relay.socket', 'relay.barrier', 'relay.protocol', 'relay.tools',"
        " 'core.events', 'serial', 'relay.boards.lcus', 'relay.boards.http') if name in sys.modules]); workers.stop()"
    )
    # What `make coverage` looks on with is a database too.
    unwatched = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=unwatched)

    assert done.stdout == "[]\n"
