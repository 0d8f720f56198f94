"""Outputs of a killed relay process whose settings were changed: switched off, and never forgotten before that."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edge.config import state_folder
from relay.boards.lcus import LcusBoard
from relay.input_settings import InputSettings
from relay.process import left_outputs, outputs_in_use
from relay.process.left_outputs import LeftOutputs
from relay.process.main import switch_everything_off
from relay.process.outputs_in_use import Record, left_behind, remember, remembered, seen_off
from relay.settings import BarrierSettings, RelayPlan
from relay.tools.emulators import LcusEmulator, ModbusEmulator
from tests.commands import in_this_process
from tests.patience import until
from tests.relay.conftest import CONFIG
from tests.relay.test_process import lines

MakeRelay = Callable[..., Any]
OLD = BarrierSettings(name="main", driver="lcus", port="/dev/ttyUSB0")
NEW = replace(OLD, port="/dev/ttyUSB1")


def plan_of(folder: Path, *barriers: BarrierSettings, inputs: tuple[InputSettings, ...] = ()) -> RelayPlan:
    return RelayPlan(state_dir=str(folder), barriers=barriers, inputs=inputs)


def killed_in_a_pulse(relay_on: MakeRelay, board: LcusEmulator, port: str) -> Any:
    """A relay process that is gone and has left the contact of its board closed."""
    relay = relay_on(lines("lcus", board, pulse_s=5).replace(board.port, port))
    relay.start()
    relay.open()
    assert relay.until(lambda: board.levels.get(1))
    relay.end(signal.SIGKILL)
    return relay


def with_another(relay: Any, old: str, new: str) -> None:
    relay.config.write_text(relay.config.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


def test_the_next_process_opens_what_the_killed_one_had(relay_on: MakeRelay, lcus: LcusEmulator) -> None:
    """Started anew with another board in the settings, the relay opens the contact that the killed one left closed."""
    relay = killed_in_a_pulse(relay_on, lcus, lcus.port)
    with LcusEmulator() as other:
        with_another(relay, lcus.port, other.port)
        relay.start()
        assert relay.until(lambda: not lcus.levels.get(1, True))
        assert relay.until(lambda: (remembered(relay.state_dir) or Record("", ())).left == ())
        assert relay.end() == 0
    assert remembered(relay.state_dir) is None


def test_another_relay_of_the_same_board(relay_on: MakeRelay, lcus: LcusEmulator) -> None:
    """Also where both hang on one port: before the port is taken for the other."""
    relay = killed_in_a_pulse(relay_on, lcus, lcus.port)
    with_another(relay, "pulse_s", "channel = 2\npulse_s")
    relay.start()
    assert not lcus.levels.get(1, True)
    assert relay.open().outcome == "done"


def test_a_board_that_is_away_is_not_forgotten(relay_on: MakeRelay, lcus: LcusEmulator, tmp_path: Path) -> None:
    """Two processes with other settings come and go while the board of the killed one is unplugged: its contact is still opened."""
    port = tmp_path / "tty"
    port.symlink_to(lcus.port)
    relay = killed_in_a_pulse(relay_on, lcus, str(port))
    port.unlink()
    with LcusEmulator() as second, LcusEmulator() as third:
        for old, new in ((str(port), second.port), (second.port, third.port)):
            with_another(relay, old, new)
            relay.start()
            relay.end(signal.SIGKILL)
        assert lcus.levels[1]
        port.symlink_to(lcus.port)
        done = relay.gate("relay", "--off")
    assert not lcus.levels[1]
    assert (0, None) == (done.returncode, remembered(relay.state_dir)), done.stderr


def test_a_board_that_comes_back_is_switched_off_meanwhile(tmp_path: Path, lcus: LcusEmulator) -> None:
    """The running process asks again and again, and forgets the output once it was seen off."""
    port, board = tmp_path / "tty", ModbusEmulator(channels=8)
    old = BarrierSettings(name="main", driver="modbus", port=str(port))
    remember(plan_of(tmp_path, old))
    plan = plan_of(tmp_path, replace(NEW, port=lcus.port))
    left = LeftOutputs(plan, again_s=0.05)
    left.before_ports_are_taken()
    assert ((old,),) == left.groups
    remember(plan, left.groups)
    left.start()
    with board:
        board.levels[1] = True
        port.symlink_to(board.port)
        until(lambda: not board.levels[1])
        until(lambda: remembered(tmp_path) == Record(str(tmp_path), plan.barriers))
        left.end()
        left.join()


def test_what_was_not_seen_off_is_kept(tmp_path: Path) -> None:
    """Through any number of settings each output is listed once, and leaves the record only when it was seen off."""
    third = replace(OLD, driver="gpio", port="", pin=17)
    remember(plan_of(tmp_path, OLD))
    for plan in (plan_of(tmp_path, NEW), plan_of(tmp_path, third), plan_of(tmp_path, NEW), plan_of(tmp_path, third)):
        remember(plan, left_behind(plan))
    record = remembered(tmp_path)
    assert record == Record(str(tmp_path), (third,), ((NEW,), (OLD,)))
    assert [(third,), (NEW,), (OLD,)] == [plan.barriers for plan in record.plans]
    seen_off(plan_of(tmp_path, third))
    assert Record(str(tmp_path), (), ((NEW,), (OLD,))) == remembered(tmp_path)
    seen_off(plan_of(tmp_path, replace(OLD, name="another", pulse_s=3.0), NEW))
    assert remembered(tmp_path) is None


def test_a_unit_keeps_an_empty_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All seen off is something else than nothing known: with broken settings only the latter is told."""
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))
    plan = plan_of(tmp_path, OLD)
    remember(plan)
    seen_off(plan)
    record = remembered()
    assert record == Record(str(tmp_path), ())
    assert record.plans == ()


def test_a_record_of_another_version_is_kept_for_it(tmp_path: Path) -> None:
    """What this version cannot read is put aside and not overwritten; what it can read again is taken in."""
    file, aside = tmp_path / outputs_in_use.FILE_NAME, tmp_path / outputs_in_use.ASIDE_NAME
    plan = plan_of(tmp_path, NEW)
    file.write_text('{"state_dir": "", "outputs": [{"name": "a", "driver": "board_of_tomorrow"}]}', encoding="utf-8")
    remember(plan, left_behind(plan))
    assert "board_of_tomorrow" in aside.read_text(encoding="utf-8")
    remember(plan_of(tmp_path, OLD))
    file.replace(aside)
    remember(plan, left_behind(plan))
    assert Record(str(tmp_path), (NEW,), ((OLD,),)) == remembered(tmp_path)
    assert not aside.exists()


def test_a_record_that_is_spoiled_keeps_nothing_closed(relay_on: MakeRelay, lcus: LcusEmulator) -> None:
    """Boards that cannot be are left out: OFF goes to the outputs of the settings all the same."""
    relay = killed_in_a_pulse(relay_on, lcus, lcus.port)
    for driver, code in (("wiegand", 0), ("gpio", 0)):
        spoiled = {"name": "a", "driver": driver, "pin": None, "pin_d1": 3}
        (relay.state_dir / outputs_in_use.FILE_NAME).write_text(
            json.dumps({"state_dir": str(relay.state_dir), "outputs": [spoiled]}), encoding="utf-8"
        )
        lcus.levels[1] = True
        assert code == relay.gate("relay", "--off").returncode
        assert not lcus.levels[1]


def test_a_driver_that_breaks_keeps_nothing_else_closed(
    tmp_path: Path, lcus: LcusEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error of our own with what was left is told, and the outputs of the settings are switched off."""
    file = tmp_path / "gate.toml"
    file.write_text(CONFIG.format(state_dir=tmp_path, barrier=lines("lcus", lcus), more=""), encoding="utf-8")
    remember(plan_of(tmp_path, NEW))
    lcus.levels[1] = True

    def breaking(plan: RelayPlan, **named: bool) -> int:
        if plan.barriers == (NEW,):
            raise AssertionError
        return switch_everything_off(plan, **named)

    monkeypatch.setattr("edge.cli.relay.switch_everything_off", breaking)
    assert 1 == in_this_process("relay", "--off", config=file).returncode
    lcus.settle()
    assert not lcus.levels[1]


def test_a_pin_that_the_settings_use_is_theirs(tmp_path: Path) -> None:
    """A pin that was an output and is an input now is never driven: a contact to ground would short it."""
    old = BarrierSettings(name="main", driver="gpio", pin=17)
    remember(plan_of(tmp_path, old, replace(old, name="other", pin=27)))
    button = InputSettings(name="button", kind="guard_button", pin=17, barrier="main")
    left = LeftOutputs(plan_of(tmp_path, NEW, inputs=(button,)))
    assert [27] == [one.pin for group in left.groups for one in group]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('[site]\nstate_dir = "here"\n[[barrier]\n', "here"),
        ('[site]\nname = "\udcff"\nstate_dir = "here"\n', "here"),
        ("[site]\nstate_dir = 5\n", None),
        ('[site]\nstate_dir = "\\u0000"\n', None),
        ('[site]\nstate_dir = "~nobody.of.that.name/x"\n', None),
        ("site = 1\n", None),
        ("", None),
    ],
)
def test_the_folder_that_broken_settings_name(tmp_path: Path, text: str, named: str | None) -> None:
    """A mistake elsewhere does not hide the state folder; where the settings do not tell, it is the default."""
    file = tmp_path / "gate.toml"
    file.write_bytes(os.fsencode(text))
    default = state_folder(tmp_path / "none.toml")
    assert (tmp_path / named if named else default) == state_folder(file)


def test_however_many_are_left_the_first_off_does_not_wait_for_them(
    tmp_path: Path, lcus: LcusEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those at a port of the plan are tried until half a second is over, the newest first; the rest is kept."""
    olds = [replace(OLD, port=lcus.port, channel=number) for number in (2, 3, 4)]
    for old in olds:
        remember(plan_of(tmp_path, old), left_behind(plan_of(tmp_path, old)))
    tried: list[int] = []

    def silent(_left: LeftOutputs, plan: RelayPlan) -> bool:
        tried.extend(one.channel for one in plan.barriers)
        time.sleep(left_outputs.NO_LATER_S)
        return False

    monkeypatch.setattr(LeftOutputs, "_off", silent)
    left = LeftOutputs(plan_of(tmp_path, replace(OLD, port=lcus.port)))
    left.before_ports_are_taken()
    assert [4] == tried
    assert [4, 3, 2] == [one.channel for group in left.groups for one in group]


def test_a_port_that_is_the_plans_by_another_name_is_seen_when_its_board_comes_back(tmp_path: Path) -> None:
    """Two names of one port are two as long as it is unplugged; once it is there, nobody but the plan talks to it."""
    old, by_path = tmp_path / "ttyUSB0", tmp_path / "by-path"
    remember(plan_of(tmp_path, replace(OLD, port=str(old))))
    plan = plan_of(tmp_path, replace(OLD, port=str(by_path)))
    left = LeftOutputs(plan, again_s=0.02)
    left.before_ports_are_taken()
    with LcusEmulator() as board:
        by_path.symlink_to(board.port)
        old.symlink_to(board.port)
        said = len(board.writes)
        left.start()
        time.sleep(0.3)
        left.end()
        left.join()
        assert said == len(board.writes)
    assert left.groups


def test_a_host_that_the_plan_uses_is_tried_before_it_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The OFF of an older URL may be that of the contact that is held open by now."""
    old = BarrierSettings(name="main", driver="http", http_off_url="http://Relay.local/relay/0?turn=off")
    new = replace(old, http_off_url="http://relay.local:80/rpc/Switch.Set?id=0&on=false")
    remember(plan_of(tmp_path, old))
    tried: list[RelayPlan] = []

    def silent(_left: LeftOutputs, plan: RelayPlan) -> bool:
        tried.append(plan)
        return False

    monkeypatch.setattr(LeftOutputs, "_off", silent)
    left = LeftOutputs(plan_of(tmp_path, new), again_s=0.02)
    left.before_ports_are_taken()
    assert 1 == len(tried)
    left.start()
    time.sleep(0.2)
    left.end()
    left.join()
    assert 1 == len(tried)


def test_the_log_names_the_host_of_a_network_relay_and_none_of_its_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """An address may hold a password or a key: of it only the host is logged."""
    url = "http://guard:s3cret@Relay.local/off?key=t0ken"
    remember(plan_of(tmp_path, BarrierSettings(name="main", driver="http", http_off_url=url)))
    monkeypatch.setattr(LeftOutputs, "_off", lambda _left, _plan: True)
    left = LeftOutputs(plan_of(tmp_path, BarrierSettings(name="main", driver="simulated")), again_s=0.02)
    left.start()
    left.join()

    assert "main: http relay.local" in caplog.text
    assert "s3cret" not in caplog.text
    assert "t0ken" not in caplog.text


def test_a_board_that_hangs_takes_no_thread_after_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A unit has 64: while a thread of the last try hangs, there is no further try."""
    remember(plan_of(tmp_path, OLD))
    answers = threading.Event()

    def hanging(_board: LcusBoard, _channels: tuple[int, ...]) -> None:
        answers.wait()

    monkeypatch.setattr(LcusBoard, "open", hanging)
    monkeypatch.setattr("relay.workers.pool.STOP_S", 0.05)
    monkeypatch.setattr("relay.workers.pool.RESCUE_S", 0.05)
    left = LeftOutputs(plan_of(tmp_path, replace(NEW, driver="kmtronic")), again_s=0.02)
    before = threading.active_count()
    left.start()
    time.sleep(1.0)
    assert threading.active_count() <= before + 3
    left.end()
    answers.set()
    left.join()


@pytest.mark.parametrize("spoiled", [{"port": "/dev/tty\0"}, {"driver": "http", "http_off_url": "http://[::1/off"}])
def test_a_spoiled_name_keeps_no_relay_from_starting(tmp_path: Path, spoiled: dict[str, str]) -> None:
    """A port or URL that can be none is kept in the record, and is nobody's obstacle."""
    remember(plan_of(tmp_path, replace(OLD, **spoiled)))  # type: ignore[arg-type]
    left = LeftOutputs(plan_of(tmp_path, NEW))
    left.before_ports_are_taken()
    assert 1 == len(left.groups)


def test_by_hand_the_barrier_of_the_settings_comes_before_boards_of_long_ago(
    tmp_path: Path, lcus: LcusEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A unit ends `--off` after six seconds, and each board that is gone takes up to two and a half."""
    file = tmp_path / "gate.toml"
    file.write_text(CONFIG.format(state_dir=tmp_path, barrier=lines("lcus", lcus), more=""), encoding="utf-8")
    remember(plan_of(tmp_path, replace(OLD, port="/dev/last")), ((OLD,), (NEW,)))
    asked: list[str] = []

    def noting(plan: RelayPlan, **_: bool) -> int:
        asked.extend(one.port for one in plan.barriers)
        return 0

    monkeypatch.setattr("edge.cli.relay.switch_everything_off", noting)
    assert 0 == in_this_process("relay", "--off", config=file).returncode
    assert ["/dev/last", lcus.port, OLD.port, NEW.port] == asked
