"""What happens seldom to a relay process: a socket that cannot be had, a lock from elsewhere, a driver that hangs at the end."""

from __future__ import annotations

import fcntl
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.words.outcomes import Outcome
from core.words.reasons import Reason
from relay import plan as plans
from relay.boards.http import HttpBoard
from relay.boards.kmtronic import KmtronicBoard
from relay.boards.seam import Acknowledgement, Contact, Transcript
from relay.boards.serial_link import SerialLink
from relay.boards.simulated import SimulatedBoard, SimulatedMetal
from relay.client import RelayClient, _Link
from relay.codec import encode
from relay.driver_problems import http_problems
from relay.errors import BoardLost, BoardMisset, BoardNonsense, BoardSilent, ProtocolBroken, RelayBusy, RelayError
from relay.input_settings import InputSettings
from relay.process import sd_notify
from relay.process.lock import LOCK_NAME, StateLock
from relay.process.main import RelayProcess
from relay.protocol import Do, Reply, Request, Status
from relay.settings import BarrierSettings, LaneRoute, RelayPlan
from relay.workers.jobs import CommandFailed, Fact, Pulse
from relay.workers.pool import BoardWorkers
from tests.patience import PATIENCE_S, until
from tests.relay.test_odd_answers import relay_that_says
from tests.relay.test_odd_network_relays import device


@contextmanager
def running(folder: Path, *inputs: InputSettings, metal: SimulatedMetal | None = None) -> Iterator[RelayProcess]:
    """A relay process on a thread, with a simulated barrier."""
    barriers = (BarrierSettings(name="main", min_gap_s=0.5),)
    plan = RelayPlan(str(folder), barriers=barriers, lanes=(LaneRoute("entry", "entry", "main"),), inputs=inputs)
    process = RelayProcess(plan, makers={"main": lambda *_: SimulatedBoard(metal)})
    thread = threading.Thread(target=process.run)
    thread.start()
    try:
        yield process
    finally:
        process.stop()
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


def answers(folder: Path) -> bool:
    try:
        return RelayClient(folder).status().pid == os.getpid()
    except RelayError:
        return False


def test_a_socket_that_somebody_took_away_is_made_again(tmp_path: Path) -> None:
    """Whoever tidies up in the folder cuts nobody off for long."""
    with running(tmp_path):
        until(lambda: answers(tmp_path))
        (tmp_path / "relay.sock").unlink()
        until(lambda: answers(tmp_path))


def test_without_a_socket_the_wired_inputs_work_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Where no socket can be had the process says so and runs on, for the button and the loops."""

    def refused(*_: object, **__: object) -> socket.socket:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("relay.socket.endpoint.listen", refused)
    with running(tmp_path):
        until(lambda: "работают только проводные входы" in caplog.text)
        assert not answers(tmp_path)


def test_a_hold_is_what_the_barrier_does(tmp_path: Path) -> None:
    """Whoever asks is told that the barrier is held, not which contact closes just now."""
    with running(tmp_path):
        until(lambda: answers(tmp_path))
        client = RelayClient(tmp_path)
        assert Outcome.REFUSED != client.hold(lane="entry", hold_s=60.0, reason=Reason.CONSOLE).outcome
        until(lambda: client.status().barriers[0].doing == "hold")


def test_a_fire_is_what_the_barrier_does(tmp_path: Path) -> None:
    """Whoever asks while the fire contact is closed is told of the fire."""
    metal = SimulatedMetal()
    fire = InputSettings(name="fire", kind="fire", board="main", board_input=1, barrier="main")
    with running(tmp_path, fire, metal=metal):
        until(lambda: answers(tmp_path))
        client = RelayClient(tmp_path)
        metal.contacts[1] = True
        until(lambda: client.status().barriers[0].doing == "fire")
        until(lambda: metal.levels[1])


def test_what_a_serial_board_cannot_do_it_says() -> None:
    """A board without a timer of its own is set up wrongly for a pulse; of inputs it does not have nothing is known."""
    board = KmtronicBoard(
        SerialLink("/dev/nowhere", baud=9600, transcript=Transcript(), wanted=lambda: False), channels=2
    )
    with pytest.raises(BoardMisset):
        board.pulse(1, seconds=1.0)
    with pytest.raises(BoardSilent):
        board.inputs((1,))


def test_a_lock_that_is_held_from_elsewhere_is_respected(tmp_path: Path) -> None:
    """A relay process whose kernel names are others', as in a container, still has the file: there is no second one."""
    (tmp_path / LOCK_NAME).write_text("4711")
    with (tmp_path / LOCK_NAME).open("r+") as other:
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with pytest.raises(RelayBusy, match="4711"):
            StateLock(tmp_path)


def test_a_driver_that_hangs_at_the_end_is_replaced_for_the_off() -> None:
    """The contact is opened by a fresh driver, and the end is sure."""
    released = threading.Event()
    metal = SimulatedMetal(hang=released)
    workers = BoardWorkers(
        RelayPlan(state_dir="", barriers=(BarrierSettings(name="main"),)),
        report=lambda _fact: None,
        makers={"main": lambda *_: SimulatedBoard(metal)},
    )
    workers.start()
    until(lambda: not metal.levels.get(1, True))
    workers.post("main", Pulse(1, 1, 60.0, float("inf")))
    until(lambda: metal.levels.get(1))

    assert workers.stop()
    assert not metal.levels[1]
    released.set()


class Leaving(SimulatedBoard):
    """A board that is unplugged in the middle: `lost` names the calls that find it gone."""

    lost: frozenset[str] = frozenset()

    def open(self, channels: tuple[int, ...]) -> None:
        self._there("open")
        super().open(channels)

    def switch(self, channel: int, *, on: bool) -> Acknowledgement:
        self._there("switch")
        return super().switch(channel, on=on)

    def contact(self, channel: int) -> Contact:
        self._there("contact")
        return super().contact(channel)

    def _there(self, call: str) -> None:
        if call in self.lost:
            raise BoardLost("unplugged")


def workers_of(board: SimulatedBoard, heard: list[Fact]) -> BoardWorkers:
    plan = RelayPlan(state_dir="", barriers=(BarrierSettings(name="main"),))
    workers = BoardWorkers(plan, report=heard.append, makers={"main": lambda *_: board})
    workers.start()
    return workers


@pytest.mark.parametrize("lost", ["switch", "contact"])
def test_an_end_without_the_board_is_not_sure(caplog: pytest.LogCaptureFixture, lost: str) -> None:
    """Where the last OFF reached nobody, or its answer does not come, it is told that nothing is known."""
    board = Leaving()
    workers = workers_of(board, [])
    until(lambda: board.metal.commands)
    board.lost = frozenset({lost})

    assert not workers.stop()
    assert "НЕ известно, разомкнуто ли" in caplog.text


def test_a_board_that_is_not_there_refuses_a_pulse() -> None:
    """Who asked is told at once, and nothing is kept for the moment when the board comes back."""
    board, heard = Leaving(), list[Fact]()
    board.lost = frozenset({"open"})
    workers = workers_of(board, heard)
    workers.post("main", Pulse(1, 7, 1.0, float("inf")))
    until(lambda: [fact for fact in heard if isinstance(fact, CommandFailed) and fact.token == 7])
    board.lost = frozenset()
    until(lambda: board.metal.commands)
    workers.stop()

    assert not board.metal.levels[1]
    assert [] == [change for change in board.metal.changes if change[2]]


def test_a_service_manager_behind_an_abstract_name_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The manager may name its socket with an @: the kernel wants a zero there."""
    name = f"okter-seldom-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(f"\0{name}")
        manager.settimeout(PATIENCE_S)
        monkeypatch.setenv("NOTIFY_SOCKET", f"@{name}")
        sd_notify.notify("READY=1")
        assert b"READY=1" == manager.recv(100)


def test_a_reason_said_before_hanging_up_is_heard() -> None:
    """The relay process may refuse a connection before anything was asked: its words come through all the same."""
    ours, theirs = socket.socketpair()
    theirs.sendall(encode(Reply("", Outcome.REFUSED, "too_many_clients", "слишком много")))
    theirs.close()
    link = _Link(ours)
    link.send(Request(id="", do=Do.STATUS))
    message = link.receive(PATIENCE_S)
    link.close()
    assert isinstance(message, Reply)
    assert "too_many_clients" == message.why


def test_a_whole_status_in_place_of_a_reply_is_no_answer(tmp_path: Path) -> None:
    """However well it is said: what was not asked for opens nothing and is no success."""
    status = encode(Status("", 1, 1.0, (), (), 0, 0, 1))
    with relay_that_says(tmp_path, status) as client, pytest.raises(ProtocolBroken, match="не на то"):
        client.open(lane="entry", reason=Reason.CONSOLE)


def test_two_inputs_of_one_name_are_told(tmp_path: Path) -> None:
    """Which of them a message is about nobody could say."""
    pins = [InputSettings(name="button", kind="guard_button", pin=pin, barrier="main") for pin in (5, 6)]
    plan = RelayPlan(str(tmp_path), barriers=(BarrierSettings(name="main"),), inputs=tuple(pins))
    assert ["name", "name"] == [one.key for one in plans.check(plan) if one.table == "input"]


def test_a_call_button_wants_a_lane() -> None:
    """Whose camera is shown to the guard has to be known."""
    assert ["lane"] == [key for key, _ in InputSettings(name="call", kind="call_button", pin=5).problems()]


def test_a_state_to_be_asked_wants_its_two_words() -> None:
    """Without the words for on and off no answer of the device says anything."""
    settings = BarrierSettings(
        name="net",
        driver="http",
        http_on_url="http://a/on",
        http_off_url="http://a/off",
        http_state_url="http://a/state",
    )
    assert ["http_state_url"] == [key for key, _ in http_problems(settings)]


def test_a_request_that_cannot_be_made_is_the_settings_fault() -> None:
    """Nothing goes out, and the board counts as set up wrongly, not as lost."""
    with device() as (made, _, settings):
        board = HttpBoard(
            BarrierSettings(name="net", driver="http", http_on_url=settings.http_on_url,
                            http_off_url=settings.http_off_url, http_authorization="a\nb"),
            transcript=Transcript(),
        )  # fmt: skip
        with pytest.raises(BoardMisset):
            board.switch(1, on=True)
        assert [] == made.heard


def test_a_device_that_speaks_no_tls_gets_no_command() -> None:
    """A relay asked by https that answers in the clear has heard nothing that could be obeyed."""
    with device() as (made, _, settings):
        url = settings.http_off_url.replace("http://", "https://")
        board = HttpBoard(
            BarrierSettings(name="net", driver="http", http_on_url=url, http_off_url=url), transcript=Transcript()
        )
        with pytest.raises((BoardLost, BoardNonsense, BoardSilent)):
            board.switch(1, on=True)
        assert [] == made.heard


def test_a_simulated_board_keeps_a_log_and_can_be_silent(tmp_path: Path) -> None:
    """Each change is one line with its channel and level; a silent one tells nothing of its inputs."""
    metal = SimulatedMetal(log=tmp_path / "log")
    board = SimulatedBoard(metal)
    board.open((1,))
    board.switch(1, on=True)
    board.switch(1, on=True)
    board.switch(1, on=False)
    assert [["1", "on"], ["1", "off"]] == [line.split()[1:] for line in (tmp_path / "log").read_text().splitlines()]
    metal.silent = True
    with pytest.raises(BoardSilent):
        board.inputs((1,))
    assert Contact.UNKNOWN == board.contact(1)
