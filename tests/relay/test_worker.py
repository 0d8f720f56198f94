"""A driver that hangs or breaks: a fresh worker takes over and its first act is OFF. Whole process, on a thread."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from core.words.outcomes import Outcome
from core.words.reasons import Reason
from relay.boards.seam import ACKNOWLEDGED, NO_ACKNOWLEDGEMENT, Acknowledgement, Board, Contact, Transcript
from relay.boards.simulated import SimulatedBoard, SimulatedMetal
from relay.client import RelayClient
from relay.errors import BoardRefused, BoardSilent, RelayError
from relay.process.main import RelayProcess
from relay.settings import BarrierSettings, LaneRoute, RelayPlan
from relay.workers.jobs import (
    BoardHealth,
    CommandFailed,
    Fact,
    InputsSeen,
    OutputOff,
    OutputOn,
    Pulse,
    Stop,
    WorkerEnded,
)
from relay.workers.worker import BoardWorker
from tests.patience import PATIENCE_S, until


class BrokenBoard(SimulatedBoard):
    """Has a fault no driver should have: an error of its own kind, after the contact has closed."""

    def switch(self, channel: int, *, on: bool) -> Acknowledgement:
        echo = super().switch(channel, on=on)
        if on:
            raise ZeroDivisionError
        return echo


@pytest.fixture
def process_on(tmp_path: Path) -> Iterator[Callable[..., RelayClient]]:
    """Runs a relay process whose board "main" is made by the given function."""
    running: list[tuple[RelayProcess, threading.Thread]] = []

    def run(make: Callable[[], Board]) -> RelayClient:
        barriers = (BarrierSettings(name="main", pulse_s=5.0), BarrierSettings(name="other", pulse_s=0.2))
        lanes = (LaneRoute("entry", "entry", "main"), LaneRoute("side", "entry", "other"))
        plan = RelayPlan(state_dir=str(tmp_path), barriers=barriers, lanes=lanes)
        process = RelayProcess(plan, makers={"main": lambda _transcript, _wanted: make()})
        thread = threading.Thread(target=process.run)
        thread.start()
        running.append((process, thread))
        client = RelayClient(tmp_path, timeout_s=5)
        assert until(lambda: healthy(client))
        return client

    yield run
    for process, thread in running:
        process.stop()
        thread.join()


def healthy(client: RelayClient) -> bool:
    try:
        return all(barrier.health == "ok" for barrier in client.status().barriers)
    except RelayError:
        return False


def test_a_driver_that_hangs_in_the_pulse_is_replaced(process_on: Callable[..., RelayClient]) -> None:
    """The contact a hung driver left closed is opened by a fresh one; the requester hears that it failed."""
    metal = SimulatedMetal(hang=threading.Event())
    client = process_on(lambda: SimulatedBoard(metal))
    reply = client.open(lane="entry", reason=Reason.CONSOLE)

    assert (Outcome.FAILED, "hung") == (reply.outcome, reply.why)
    assert until(lambda: not metal.levels.get(1, True))
    (_, _, first), (ended, _, last) = metal.changes
    assert (first, last) == (True, False)
    assert ended - metal.changes[0][0] < 4
    assert metal.hang is not None
    metal.hang.set()
    assert until(lambda: client.status().barriers[0].health == "ok")


def test_a_hung_driver_holds_up_no_other_barrier(process_on: Callable[..., RelayClient]) -> None:
    """While one board hangs, another opens as always."""
    metal = SimulatedMetal(hang=threading.Event())
    client = process_on(lambda: SimulatedBoard(metal))
    hung = threading.Thread(target=lambda: client.open(lane="entry", reason=Reason.CONSOLE))
    hung.start()
    assert until(lambda: metal.levels.get(1))

    assert client.open(lane="side", reason=Reason.CONSOLE).outcome is Outcome.DONE
    assert metal.hang is not None
    metal.hang.set()
    hung.join()


def test_an_exception_in_the_thread_opens_the_contact(process_on: Callable[..., RelayClient]) -> None:
    """A fault nobody thought of ends the thread with OFF, and the barrier works on with a new one."""
    metal = SimulatedMetal()
    client = process_on(lambda: BrokenBoard(metal))
    reply = client.open(lane="entry", reason=Reason.CONSOLE)

    assert reply.outcome is Outcome.FAILED
    assert until(lambda: not metal.levels.get(1, True))
    assert until(lambda: healthy(client))


class DyingBoard(BrokenBoard):
    """Dies with its own error in the pulse, and hangs in the OFF that should be its last word."""

    def __init__(self, metal: SimulatedMetal, released: threading.Event) -> None:
        super().__init__(metal)
        self.released = released
        self.dying = False

    def switch(self, channel: int, *, on: bool) -> Acknowledgement:
        if self.dying:
            self.released.wait(30)
        self.dying = self.dying or on
        return super().switch(channel, on=on)


def test_a_driver_that_hangs_in_its_last_off_is_replaced(process_on: Callable[..., RelayClient]) -> None:
    """A thread that died and cannot even say OFF is noticed, and a fresh one opens the contact."""
    metal, released = SimulatedMetal(), threading.Event()
    boards = iter([DyingBoard(metal, released)])
    client = process_on(lambda: next(boards, None) or SimulatedBoard(metal))
    reply = client.open(lane="entry", reason=Reason.CONSOLE)

    assert reply.outcome is Outcome.FAILED
    assert until(lambda: not metal.levels.get(1, True))
    released.set()
    assert until(lambda: healthy(client))


def test_a_welded_contact_is_told_as_stuck(process_on: Callable[..., RelayClient]) -> None:
    """A contact that does not open is an alarm in the status, and OFF is sent again, though not without end."""
    metal = SimulatedMetal()
    client = process_on(lambda: SimulatedBoard(metal))
    client.hold(lane="entry", reason=Reason.CONSOLE, hold_s=60)
    metal.welded = True
    client.release(lane="entry", reason=Reason.CONSOLE)

    assert until(lambda: client.status().barriers[0].health == "stuck")
    sent = len(metal.commands)
    assert sent < 30
    metal.welded = False
    assert until(lambda: client.status().barriers[0].health == "ok")
    assert not metal.levels[1]


def test_systemd_hears_from_a_process_whose_boards_are_owned(
    process_on: Callable[..., RelayClient], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Readiness is told once the socket answers, and the watchdog is fed while every board has its worker."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(10)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        process_on(SimulatedBoard)
        told = [systemd.recv(200).decode().partition("\n")[0] for _ in range(3)]

    assert ["READY=1", "WATCHDOG=1", "WATCHDOG=1"] == told


class Bench:
    """One worker alone, with everything it reports."""

    def __init__(self, board: SimulatedBoard) -> None:
        self.facts: list[Fact] = []
        self.worker = BoardWorker("main", board, channels=(1,), report=self.facts.append)
        self.worker.start()

    def of(self, kind: type) -> list[Fact]:
        return [fact for fact in self.facts if isinstance(fact, kind)]

    def stop(self) -> None:
        self.worker.post(Stop())
        self.worker.join(PATIENCE_S)


def test_off_is_first_and_last() -> None:
    """A worker's first and last command is OFF, also when it is stopped in the middle of a pulse."""
    metal = SimulatedMetal()
    bench = Bench(SimulatedBoard(metal))
    bench.worker.post(Pulse(1, 1, 60.0, float("inf")))
    assert until(lambda: bench.of(OutputOn))
    bench.stop()

    commands = [command for _, _, command in metal.commands]
    assert ("off", "off") == (commands[0], commands[-1])
    assert commands.count("on") == 1


class UnspeakableBoard(SimulatedBoard):
    """Raises what no driver should, at every OFF but the first."""

    closed = 0
    said = 0

    def switch(self, channel: int, *, on: bool) -> Acknowledgement:
        self.said += 1
        if self.said > 2:
            raise ZeroDivisionError
        return super().switch(channel, on=on)

    def close(self) -> None:
        self.closed += 1
        super().close()


def test_the_end_is_told_whatever_the_last_off_raises() -> None:
    """A thread whose last OFF fails in a way nobody thought of still frees its port and reports that it is over."""
    board = UnspeakableBoard()
    bench = Bench(board)
    assert until(lambda: board.said > 1)
    bench.stop()

    (ended,) = bench.of(WorkerEnded)
    assert isinstance(ended, WorkerEnded)
    assert "ZeroDivisionError" in ended.error
    assert board.closed


def test_a_pulse_too_late_is_not_begun() -> None:
    """The worker itself looks at the time before it closes the contact."""
    metal = SimulatedMetal()
    bench = Bench(SimulatedBoard(metal))
    bench.worker.post(Pulse(1, 1, 0.2, time.monotonic() - 1))
    assert until(lambda: bench.of(CommandFailed))
    bench.stop()

    assert metal.changes == []


def test_nothing_is_begun_once_the_end_was_asked_for() -> None:
    """A pulse that still waits when the process ends is not begun."""
    metal = SimulatedMetal()
    board = SimulatedBoard(metal)
    worker = BoardWorker("main", board, channels=(1,), report=lambda _fact: None)
    worker.post(Pulse(1, 1, 60.0, float("inf")))
    worker.post(Stop())
    worker.start()
    worker.join(PATIENCE_S)

    assert metal.changes == []


def test_off_is_sent_again_until_the_board_agrees() -> None:
    """A board that takes OFF only at the third time gets it three times, and the end is confirmed."""

    class Hard(SimulatedBoard):
        deaf = 0

        def switch(self, channel: int, *, on: bool) -> Acknowledgement:
            if on:
                self.deaf = 2
            elif self.deaf:
                self.deaf -= 1
                return NO_ACKNOWLEDGEMENT
            return super().switch(channel, on=on)

    bench = Bench(Hard(SimulatedMetal()))
    bench.worker.post(Pulse(1, 1, 0.1, float("inf")))
    assert until(lambda: bench.of(OutputOff))
    bench.stop()

    assert [OutputOff("main", 1, 1, confirmed=True)] == bench.of(OutputOff)


def test_a_relay_that_does_not_close_is_told_again() -> None:
    """A board that misses the first ON gets a second, and only one more."""

    class Sleepy(SimulatedBoard):
        asleep = 1

        def switch(self, channel: int, *, on: bool) -> Acknowledgement:
            if on and self.asleep:
                self.asleep -= 1
                return NO_ACKNOWLEDGEMENT
            return super().switch(channel, on=on)

    metal = SimulatedMetal()
    bench = Bench(Sleepy(metal))
    bench.worker.post(Pulse(1, 1, 0.5, float("inf")))
    assert until(lambda: bench.of(OutputOff))
    bench.stop()

    assert [True, False] == [on for _, _, on in metal.changes]


def test_a_silent_board_leaves_the_end_unconfirmed() -> None:
    """A board that does not answer gets OFF, and what became of it is called unknown."""
    metal = SimulatedMetal()
    bench = Bench(SimulatedBoard(metal))
    assert until(lambda: metal.commands)
    metal.silent = True
    bench.worker.post(Pulse(1, 1, 0.1, float("inf")))
    assert until(lambda: bench.of(OutputOff))
    bench.stop()

    assert [OutputOff("main", 1, 1, confirmed=None)] == bench.of(OutputOff)
    assert Contact.UNKNOWN is SimulatedBoard(metal).contact(1)


def test_the_transcript_reads_like_the_wire() -> None:
    """Bytes are shown as hex, text as text, with their direction."""
    transcript = Transcript()
    transcript.sent(b"\xa0\x01\x01\xa2")
    transcript.received(b"CH1: ON \r\n")

    assert ["→ A0 01 01 A2", "← 'CH1: ON \\r\\n'"] == [str(item) for item in transcript.since(0)]


class LossyBoard(SimulatedBoard):
    """Cannot tell its relay, and loses as many of the next OFFs as it was told to."""

    lose = 0

    def __init__(self, metal: SimulatedMetal) -> None:
        super().__init__(metal, reads_back=False)

    def switch(self, channel: int, *, on: bool) -> Acknowledgement:
        if not on and self.lose:
            self.lose -= 1
            return NO_ACKNOWLEDGEMENT
        return super().switch(channel, on=on)


def test_an_off_that_nobody_saw_is_said_again() -> None:
    """A board that cannot tell its relay gets OFF several times: one lost on the wire leaves nothing closed."""
    metal = SimulatedMetal()
    board = LossyBoard(metal)
    bench = Bench(board)
    bench.worker.post(Pulse(1, 1, 0.2, float("inf")))
    assert until(lambda: bench.of(OutputOn))
    board.lose = 2
    assert until(lambda: bench.of(OutputOff))

    assert until(lambda: not metal.levels.get(1, True))
    bench.stop()


def test_off_said_again_does_not_end_the_next_pulse() -> None:
    """The repetitions belong to the pulse that is over: a new one runs its full length."""
    metal = SimulatedMetal()
    bench = Bench(LossyBoard(metal))
    bench.worker.post(Pulse(1, 1, 0.05, float("inf")))
    assert until(lambda: bench.of(OutputOff))
    bench.worker.post(Pulse(1, 2, 0.9, float("inf")))
    assert until(lambda: len(bench.of(OutputOff)) == 2)
    bench.stop()

    _, _, (began, _, _), (ended, _, _) = metal.changes
    assert ended - began >= 0.89


@pytest.mark.parametrize("reads_back", [True, False])
def test_what_somebody_else_closed_is_opened(monkeypatch: pytest.MonkeyPatch, reads_back: bool) -> None:  # noqa: FBT001
    """While idle every contact not known to be open gets OFF, whether or not the board can tell."""
    monkeypatch.setattr("relay.workers.worker.IDLE_CHECK_S", 0.2)
    metal = SimulatedMetal()
    bench = Bench(SimulatedBoard(metal, reads_back=reads_back))
    assert until(lambda: metal.commands)
    time.sleep(1.0)  # the repetitions of the first OFF are over
    metal.drive(1, on=True)

    assert until(lambda: not metal.levels.get(1, True))
    bench.stop()


def test_the_last_off_is_said_again_too() -> None:
    """A board that cannot tell its relay and loses the last OFF gets another before the port is let go."""
    metal = SimulatedMetal()
    board = LossyBoard(metal)
    bench = Bench(board)
    bench.worker.post(Pulse(1, 1, 60.0, float("inf")))
    assert until(lambda: bench.of(OutputOn))
    board.lose = 2
    bench.stop()

    assert not metal.levels[1]
    assert bench.worker.off_sure


class DumbBoard(SimulatedBoard):
    """Eight relays; takes its time to say nothing about any of them."""

    def contact(self, channel: int) -> Contact:
        time.sleep(0.1)
        return Contact.UNKNOWN


def test_every_relay_has_its_last_off_before_any_is_asked() -> None:
    """A board that does not answer holds up the OFF of none of its relays, and the end is not called sure."""
    metal = SimulatedMetal()
    worker = BoardWorker("main", DumbBoard(metal), channels=tuple(range(1, 9)), report=lambda _fact: None)
    worker.post(Stop())
    worker.start()
    worker.join(PATIENCE_S)

    first, last = metal.commands[8], metal.commands[15]  # the first eight are those of `open`
    assert (1, 8) == (first[1], last[1])
    assert last[0] - first[0] < 0.1
    assert not worker.off_sure


class StickyBoard(SimulatedBoard):
    """Hangs while its port is closed."""

    def __init__(self, metal: SimulatedMetal, released: threading.Event) -> None:
        super().__init__(metal)
        self.released = released

    def close(self) -> None:
        self.released.wait(30)


def test_a_port_that_hangs_while_it_closes_is_noticed() -> None:
    """Closing a port counts as a call of the driver: one that does not come back is seen from outside."""
    released = threading.Event()
    metal = SimulatedMetal()
    bench = Bench(StickyBoard(metal, released))
    assert until(lambda: metal.commands)
    metal.lost = True

    assert until(lambda: (since := bench.worker.busy_since) is not None and time.monotonic() - since > 0.2)
    released.set()
    bench.stop()


def test_a_thread_that_died_says_of_what(process_on: Callable[..., RelayClient]) -> None:
    """A driver that raised is not called hung: the requester and the status hear what it was."""
    client = process_on(lambda: BrokenBoard(SimulatedMetal()))
    reply = client.open(lane="entry", reason=Reason.CONSOLE)

    assert (Outcome.FAILED, "broken") == (reply.outcome, reply.why)
    assert "ZeroDivisionError" in reply.detail


class Far(SimulatedBoard):
    """Times its pulses itself, at the end of a bad line: loses the first commands, or what it answers to them."""

    def __init__(self, metal: SimulatedMetal, *, lost_commands: int = 0, lost_answers: int = 0) -> None:
        super().__init__(metal, times_pulses=True)
        self.lost_commands = lost_commands
        self.lost_answers = lost_answers

    def pulse(self, channel: int, *, seconds: float) -> Acknowledgement:
        if self.lost_commands:
            self.lost_commands -= 1
            return Acknowledgement(heard=False, trouble=BoardSilent("не ответила"))
        super().pulse(channel, seconds=seconds)
        if self.lost_answers:
            self.lost_answers -= 1
            return Acknowledgement(heard=False, trouble=BoardSilent("не ответила"))
        return ACKNOWLEDGED


@pytest.mark.parametrize(
    ("board", "moves", "confirmed"),
    [
        (Far(SimulatedMetal(), lost_commands=1), 2, True),
        (Far(SimulatedMetal(), lost_answers=1), 2, True),
        (Far(SimulatedMetal(), lost_commands=5), 0, False),
    ],
    ids=["the command is lost", "the answer is lost", "all is lost"],
)
def test_a_pulse_lost_on_the_wire_is_sent_once_more(board: Far, moves: int, *, confirmed: bool) -> None:
    """Only where the board says that its contact is open is the pulse sent again; told is what the board shows then."""
    bench = Bench(board)
    bench.worker.post(Pulse(1, 1, 0.5, float("inf")))
    assert until(lambda: bench.of(OutputOff))
    bench.stop()

    (began,) = bench.of(OutputOn)
    assert isinstance(began, OutputOn)
    assert began.confirmed is confirmed
    assert moves == len(board.metal.changes)


class Unwilling(SimulatedBoard):
    """Answers, and refuses to close its relay."""

    def switch(self, channel: int, *, on: bool) -> Acknowledgement:
        if on:
            raise BoardRefused("плата отказала")
        return super().switch(channel, on=on)


def test_a_refusal_is_a_failure_and_no_lost_board() -> None:
    """A board that says no is not closed and opened anew: the command has failed, and OFF is said all the same."""
    metal = SimulatedMetal()
    bench = Bench(Unwilling(metal))
    bench.worker.post(Pulse(1, 1, 0.2, float("inf")))
    assert until(lambda: bench.of(CommandFailed))
    assert until(lambda: len(metal.commands) > 2)  # two belong to the start
    bench.stop()

    assert [CommandFailed("main", 1, 1, "nonsense", "плата отказала")] == bench.of(CommandFailed)
    assert [] == [fact for fact in bench.of(BoardHealth) if isinstance(fact, BoardHealth) and fact.health == "lost"]


class Crackling(SimulatedBoard):
    """Tells its inputs through a bad line: an answer is lost wherever `lost` says so."""

    def __init__(self, lost: Callable[[int], bool]) -> None:
        super().__init__()
        self.lost = lost
        self.asked = 0

    def inputs(self, numbers: tuple[int, ...]) -> Mapping[int, bool]:
        self.asked += 1
        if self.lost(self.asked):
            raise BoardSilent("не ответила")
        return super().inputs(numbers)


def listening_to(board: Board) -> tuple[BoardWorker, list[Fact]]:
    facts: list[Fact] = []
    worker = BoardWorker("main", board, channels=(1,), input_numbers=(1,), report=facts.append)
    worker.start()
    return worker, facts


def test_a_lost_answer_is_asked_for_again_at_once() -> None:
    """Single answers lost on the wire make no input deaf and no board silent, and slow nothing down."""
    board = Crackling(lambda asked: asked % 3 != 0)
    worker, facts = listening_to(board)
    assert until(lambda: board.asked > 60)
    worker.post(Stop())
    worker.join(PATIENCE_S)

    seen = [fact for fact in facts if isinstance(fact, InputsSeen)]
    assert len(seen) >= 20
    assert all(fact.closed for fact in seen)
    assert ["ok"] == [fact.health for fact in facts if isinstance(fact, BoardHealth)]


def test_inputs_that_stay_lost_are_told_and_asked_for_rarely() -> None:
    """After several answers in a row that did not come, the inputs are unknown, and commands are not held up for them."""
    board = Crackling(lambda asked: 10 < asked < 30)
    worker, facts = listening_to(board)
    assert until(lambda: any(isinstance(fact, InputsSeen) and not fact.closed for fact in facts))
    deaf_at = board.asked
    time.sleep(0.5)
    assert board.asked <= deaf_at + 1
    assert [fact.health for fact in facts if isinstance(fact, BoardHealth)] == ["ok", "silent"]
    board.asked = 30

    assert until(lambda: isinstance(facts[-1], InputsSeen) and facts[-1].closed)
    worker.post(Stop())
    worker.join(PATIENCE_S)
    assert [fact.health for fact in facts if isinstance(fact, BoardHealth)] == ["ok", "silent", "ok"]
