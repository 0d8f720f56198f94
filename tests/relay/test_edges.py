"""The edges of the relay: the rarer side of each of its choices, part by part, where a barrier could stay open or a word be lost."""

from __future__ import annotations

import http.client
import io
import logging
import selectors
import socket
import threading
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from core.words.outcomes import Outcome
from core.words.reasons import Reason
from relay.barrier import holds, position
from relay.barrier.events import Failed, FireTurned, Order
from relay.barrier.interlock import RETRY_S
from relay.barrier.state import Doing
from relay.barrier.unit import STUCK_AFTER_S, barriers_of
from relay.boards import modbus
from relay.boards.http import MAX_ANSWER_BYTES, MOST_BYTES, _Bounded, _read
from relay.boards.numato import NumatoBoard
from relay.boards.seam import Acknowledgement, Contact, Transcript
from relay.boards.serial_link import SerialLink
from relay.boards.simulated import SimulatedBoard, SimulatedMetal
from relay.codec import encode, encode_request
from relay.errors import BoardLost, BoardNonsense, BoardRefused, RelayBusy
from relay.input_settings import InputKind, InputSettings
from relay.process import main as mains
from relay.process.barrier_controller import BarrierController
from relay.process.lock import StateLock
from relay.process.main import EXIT_DEADMAN, RelayProcess
from relay.process.outbox import FILE_NAME, EventOutbox
from relay.process.outlets import News, Outlets
from relay.protocol import Do, EventKind, RelayEvent, Reply, Request, Status
from relay.settings import BarrierSettings, LaneRoute, RelayPlan
from relay.socket.connection import Client
from relay.socket.server import SocketServer
from relay.workers.jobs import (
    CommandFailed,
    ContactSeen,
    Fact,
    InputsSeen,
    Job,
    Keep,
    Off,
    OutputOff,
    OutputOn,
    Pulse,
    Stop,
)
from relay.workers.output import KEEP_AGAIN_S, Output
from relay.workers.pool import BoardWorkers
from relay.workers.port import About, Port
from relay.workers.worker import BoardWorker
from tests.patience import PATIENCE_S, until
from tests.relay.test_boards import on_wave
from tests.relay.test_interlock import LIMITS, Bench
from tests.relay.test_odd_answers import relay_that_says

PLAN = RelayPlan(
    state_dir="",
    barriers=(BarrierSettings(name="main"), BarrierSettings(name="other")),
    lanes=(LaneRoute("entry", "entry", "main"), LaneRoute("side", "entry", "other")),
)


class TestHolds:
    def test_whoever_lets_go_while_there_is_fire_is_told_of_the_fire(self) -> None:
        """His hold ends, and the barrier stays open: that is no «released and shut»."""
        bench = Bench()
        bench.order("mine", Do.HOLD, hold_s=60)
        bench.run(1)
        bench.tell(FireTurned(True, id="fire"))
        bench.order("free", Do.RELEASE)
        bench.run(1)
        assert ("free", Outcome.DONE, "fire") == bench.outcomes()[-1]
        assert ["mine"] == [one.order.id for one in bench.ended if one.order]
        assert bench.closed
        assert () == bench.state.holds

    def test_a_hold_let_go_while_it_is_tried_again_is_told_to_be_unknown(self) -> None:
        """The board has failed, the contact may be closed or not: the end of that hold is told then, once, and as not known."""
        bench = Bench()
        bench.order("mine", Do.HOLD, hold_s=60)
        bench.run(1)
        bench.slow = True
        bench.tell(Failed(bench.token, "lost", "нет связи"))  # the board is lost in the hold
        bench.spans[-1][1] = bench.now
        bench.run(RETRY_S + LIMITS.min_gap_s)
        assert Doing.STARTING is bench.state.doing
        assert [("mine", "unknown")] == [(one.order.id, one.outcome) for one in bench.ended if one.order]
        bench.order("free", Do.RELEASE)
        bench.tell(Failed(bench.state.token, "lost", "нет связи"))
        bench.run(10)
        assert 1 == len(bench.ended)
        assert Doing.IDLE is bench.state.doing

    def test_only_those_who_were_answered_are_taken_for_told(self) -> None:
        """A hold that nobody was told of yet is tried, and told; one that was is not told twice."""
        mine, other = (
            holds.Hold(9.0, Order(name, Do.HOLD, reason))
            for name, reason in (("a", Reason.CONSOLE), ("b", Reason.CLOUD_COMMAND))
        )
        assert (True, False) == tuple(hold.answered for hold in holds.marked_answered((mine, other), (mine.order,)))

    def test_how_long_it_lasts_is_told_in_minutes(self) -> None:
        """To a tenth; what is over lasts no negative time."""
        hold = holds.Hold(190.0, Order("a", Do.HOLD, Reason.GUARD_BUTTON))
        assert "1.5 мин" in holds.lasting((hold,), 100.0)
        assert "0.0 мин" in holds.lasting((hold,), 400.0)
        assert "10.0 мин" in holds.lasting((replace(hold, until=700.0),), 100.0)


def test_an_opening_for_nobody_in_particular_lets_any_lane_pass() -> None:
    """The guard's press names no lane; one that does lets the car of that lane pass, and no other."""
    lanes = (LaneRoute("entry", "entry", "main"), LaneRoute("exit", "exit", "main"))
    for lane, opened in ((None, ["entry", "exit"]), ("exit", ["exit"])):
        unit = barriers_of(replace(PLAN, lanes=lanes))["main"]
        unit.opened(lane, 100.0)
        assert opened == sorted(str(name) for name, passage in unit.passages.items() if passage.opened_at is not None)


def test_a_contact_that_stays_closed_is_seen_after_a_while() -> None:
    """Not in the while itself, nor while it is closed on purpose; it counts from when it was first seen closed."""
    unit = barriers_of(PLAN)["main"]
    unit.contact = Contact.ON
    assert not unit.stays_closed(100.0)
    assert not unit.stays_closed(100.0 + STUCK_AFTER_S)
    assert unit.stays_closed(100.0 + STUCK_AFTER_S + 0.001)
    unit.interlock = replace(unit.interlock, doing=Doing.HOLD)
    assert not unit.stays_closed(200.0)
    unit.interlock = replace(unit.interlock, doing=Doing.IDLE)
    assert not unit.stays_closed(201.0)


def test_limits_that_say_what_was_known_are_no_news() -> None:
    """Only a boom that has changed its place is told."""
    unit = barriers_of(PLAN)["main"]
    assert unit.limits(at_open=False, at_closed=True, now=100.0)
    assert not unit.limits(at_open=False, at_closed=True, now=101.0)


def test_an_opening_for_a_lane_of_another_barrier_lets_nobody_pass_here() -> None:
    """The boom has moved; which passage is waited for is that of a lane of this barrier or none."""
    unit = barriers_of(PLAN)["main"]
    before = dict(unit.passages)
    unit.opened("side", 100.0)
    assert before == unit.passages
    assert position.commanded(barriers_of(PLAN)["main"].boom, 100.0) == unit.boom


class Trickle(io.RawIOBase):
    """Bytes without an end."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        buffer[:] = b"x" * len(buffer)
        return len(buffer)


def test_an_answer_over_http_is_bounded_in_time_and_length(monkeypatch: pytest.MonkeyPatch) -> None:
    """Head and body: a relay on the network that trickles for ever holds no barrier up."""
    bounded = _Bounded(Trickle(), time.monotonic() + 1e6)
    assert MOST_BYTES == sum(bounded.readinto(bytearray(MOST_BYTES // 4)) or 0 for _ in range(4))
    with pytest.raises(http.client.LineTooLong):
        bounded.readinto(bytearray(1))
    with pytest.raises(TimeoutError):
        _Bounded(Trickle(), time.monotonic() - 1).readinto(bytearray(1))
    endless: Any = SimpleNamespace(read1=lambda count: b"x" * count)
    waits: list[float] = []
    connection: Any = SimpleNamespace(sock=SimpleNamespace(settimeout=waits.append))
    assert MAX_ANSWER_BYTES == len(_read(connection, endless, time.monotonic() + 9))
    assert all(0 < wait <= 9 for wait in waits)
    connection.sock = None
    with pytest.raises(TimeoutError):
        _read(connection, endless, time.monotonic() - 1)


def test_a_modbus_answer_of_another_length_is_no_answer() -> None:
    """Neither one that says another count of bytes, nor one that carries more than it says."""
    wire, board = on_wave("waveshare", 1)
    wire.echoes = False
    for body in (b"\x01\x01\x02\x00", b"\x01\x01\x01\x00\x00\x00"):
        wire.answers.append(body + modbus.crc(body))
        with pytest.raises(BoardNonsense):
            board._bits(1, 0, 8, within_s=0.1)


def test_a_numato_input_that_says_neither_is_told_as_nonsense() -> None:
    """An input is closed or open where the board says 0 or 1, and not known else: it lets nobody out."""
    board = NumatoBoard.__new__(NumatoBoard)
    board._ask = lambda _command: "7"  # type: ignore[method-assign]
    with pytest.raises(BoardNonsense, match="7"):
        board.inputs((1,))


def test_a_port_whose_name_may_change_is_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    """After the next start another board may answer under it."""
    link = SerialLink("/dev/ttyUSB977", baud=9600, transcript=Transcript(), wanted=lambda: False)
    with caplog.at_level(logging.WARNING), pytest.raises(BoardLost):
        link.open()
    assert "by-path" in caplog.text
    caplog.clear()
    link = SerialLink("/dev/serial/by-path/none", baud=9600, transcript=Transcript(), wanted=lambda: False)
    with caplog.at_level(logging.WARNING), pytest.raises(BoardLost):
        link.open()
    assert "by-path/…" not in caplog.text


EVENT = RelayEvent(
    seq=7, event_id="e", kind=EventKind.ALARM, at_mono=1.0, at_wall=1.0, boot_id="b", barrier="main", outcome="board"
)


def test_news_before_an_answer_are_no_answer(tmp_path: Path) -> None:
    """A requester passes over events; a subscriber passes over what is neither event nor refusal."""
    reply = Reply("x", Outcome.DONE, barrier="main")
    with relay_that_says(tmp_path, encode(EVENT) + encode(reply)) as client:
        assert Outcome.DONE is client.open(lane="entry", reason=Reason.CONSOLE, request_id="x").outcome
    status = Status(id="s", pid=1, up_s=1.0, barriers=(), inputs=(), unheard=0, lost=0, clients=1)
    with relay_that_says(tmp_path, encode(status) + encode(EVENT)) as client, client.subscribe(after=0) as events:
        assert EVENT == events.next(30)


class Worker:
    """A controller of `PLAN` with what it wanted."""

    def __init__(self, plan: RelayPlan = PLAN) -> None:
        self.jobs: list[tuple[str, Job]] = []
        self.news: list[News] = []
        self.replies: list[Reply] = []
        self.controller = BarrierController(
            plan,
            Outlets(
                post=lambda board, job: self.jobs.append((board, job)),
                reply=lambda _, reply: self.replies.append(reply),
                publish=self.news.append,
                said_since=lambda _board, _moment: (),
            ),
        )

    def told(self, *kinds: EventKind) -> list[tuple[str, str]]:
        return [(str(one.barrier), one.outcome) for one in self.news if one.kind in kinds]


def with_inputs(*inputs: InputSettings) -> RelayPlan:
    return replace(PLAN, inputs=inputs)


def test_a_limit_switch_speaks_for_its_own_barrier() -> None:
    """Another barrier's boom is where its own switches say."""
    kinds = (InputKind.OPEN_LIMIT, InputKind.CLOSED_LIMIT)
    site = Worker(
        with_inputs(
            *(
                InputSettings(name=f"{barrier}-{kind}", kind=kind, pin=number, barrier=barrier, debounce_s=0.01)
                for number, (barrier, kind) in enumerate(((b, k) for b in ("main", "other") for k in kinds), start=2)
            )
        )
    )
    now = 100.0
    for name in ("main-open_limit", "main-closed_limit", "other-open_limit", "other-closed_limit"):
        for _ in range(3):
            now += 0.1
            site.controller.contact_seen(name, name == "main-closed_limit", now)
    booms = {name: barrier.boom.position for name, barrier in site.controller.barriers.items()}
    assert {"main": position.Position.CLOSED, "other": position.Position.BETWEEN} == booms


def test_what_a_board_sees_turns_its_own_inputs_alone() -> None:
    """Two boards have an input of the same number: each turns its own, and a pin is turned by no board."""
    button = {"kind": InputKind.GUARD_BUTTON, "debounce_s": 0.01}
    site = Worker(
        with_inputs(
            InputSettings(name="here", board="main", board_input=1, barrier="main", **button),
            InputSettings(name="there", board="other", board_input=1, barrier="other", **button),
            InputSettings(name="pin", pin=4, barrier="main", **button),
        )
    )
    for number, closed in enumerate((False, False, False, True, True, True)):
        at = 100.0 + number / 5
        for name in ("here", "there", "pin"):
            if number < 3:
                site.controller.contact_seen(name, closed, at)
        site.controller.hear(InputsSeen("other", at, ((1, closed),)), at)
    assert {"other"} == {board for board, job in site.jobs if isinstance(job, Pulse)}


def board_fails(site: Worker, now: float) -> int:
    """The board of `site` fails at all it was told; how much that was."""
    told = [(board, job) for board, job in site.jobs if isinstance(job, Keep | Pulse)]
    site.jobs.clear()
    for board, job in told:
        site.controller.hear(CommandFailed(board, job.channel, job.token, "lost", "нет связи"), now)
    return len(told)


def test_a_fire_that_cannot_be_obeyed_is_tried_on_and_told_once() -> None:
    """The journal of a dead board is one line, not one a second; an order of somebody else has a line of its own."""
    site = Worker(with_inputs(InputSettings(name="fire", kind=InputKind.FIRE, pin=4, barrier="main", debounce_s=0.01)))
    now, tries = 100.0, 0
    for turn in range(40):
        now += 0.5
        site.controller.contact_seen("fire", turn > 1, now)
        site.controller.tick(now)
        tries += board_fails(site, now)
    assert tries > 5
    assert [("main", "failed")] == site.told(EventKind.ACTED)
    site.controller.ask(1, Request("b", Do.OPEN, lane="side", reason=Reason.CONSOLE, expires=1e6), now)
    board_fails(site, now)
    assert [("main", "failed"), ("other", "failed")] == site.told(EventKind.ACTED)


def test_a_pulse_that_only_keeps_a_hold_alive_ends_as_nobodys() -> None:
    """Where a hold is pulses again and again, the end of one is no news for the journal: the hold goes on."""
    plan = replace(PLAN, barriers=(BarrierSettings(name="main", hold_mode="repeat", hold_repeat_s=5.0),))
    site = Worker(replace(plan, lanes=PLAN.lanes[:1]))
    site.controller.ask(1, Request("a", Do.HOLD, lane="entry", reason=Reason.CONSOLE, hold_s=60.0, expires=1e6), 100.0)
    now, pulses = 100.0, 0
    for _ in range(30):
        now += 0.5
        site.controller.tick(now)
        jobs = [job for _, job in site.jobs if isinstance(job, Pulse)]
        site.jobs.clear()
        for job in jobs:
            pulses += 1
            site.controller.hear(OutputOn("main", 1, job.token, confirmed=True, detail=""), now)
            site.controller.hear(OutputOff("main", 1, job.token, confirmed=True), now + 0.1)
    ended = [(one.request_id, one.outcome, one.kept) for one in site.news if one.kind is EventKind.ENDED]
    assert [("a", "off", False), ("", "off", False), ("", "off", False)] == ended[:3]
    assert pulses == len(ended)
    assert [("main", "done")] == site.told(EventKind.ACTED)


def test_whoever_asks_again_meanwhile_gets_the_same_answer() -> None:
    """One opening, two who asked for it under one id: nothing is done twice, and both are told once it is done."""
    site = Worker()
    request = Request("a", Do.OPEN, lane="entry", reason=Reason.CONSOLE, expires=1e6)
    site.controller.ask(1, request, 100.0)
    site.controller.ask(2, request, 100.1)
    (job,) = [job for _, job in site.jobs if isinstance(job, Pulse)]
    assert [] == site.replies
    site.controller.hear(OutputOn("main", 1, job.token, confirmed=True, detail=""), 100.2)
    assert [Outcome.DONE] * 2 == [reply.outcome for reply in site.replies]
    site.controller.ask(3, request, 100.3)
    assert (Outcome.DONE, True) == (site.replies[-1].outcome, site.replies[-1].repeated)
    assert 1 == len([job for _, job in site.jobs if isinstance(job, Pulse)])


def test_a_test_is_told_with_what_was_said_on_the_wire_and_an_opening_is_not() -> None:
    """Only `gate relay-test` waits for the end of its pulse."""
    site = Worker()
    site.controller.ask(1, Request("open", Do.OPEN, lane="entry", reason=Reason.CONSOLE, expires=1e6), 100.0)
    site.controller.ask(2, Request("test", Do.TEST, barrier="other", reason=Reason.CONSOLE, expires=1e6), 100.0)
    for board, job in list(site.jobs):
        assert isinstance(job, Pulse)
        site.controller.hear(OutputOn(board, job.channel, job.token, confirmed=True, detail=""), 100.1)
    assert ["open"] == [reply.id for reply in site.replies]
    for board, job in list(site.jobs):
        assert isinstance(job, Pulse)
        site.controller.hear(OutputOff(board, job.channel, job.token, confirmed=True), 101.0)
    assert ["open", "test"] == [reply.id for reply in site.replies]


def test_a_contact_that_closes_by_itself_and_opens_is_cleared() -> None:
    """What a board sees of a contact is told of the barrier that hangs on it, and a look that tells nothing clears nothing."""
    site = Worker()
    site.controller.hear(ContactSeen("main", 1, Contact.ON), 100.0)
    for now in range(100, 130):
        site.controller.tick(float(now))
    assert [("main", "contact_stuck")] == site.told(EventKind.ALARM)
    site.controller.hear(ContactSeen("main", 1, Contact.UNKNOWN), 131.0)
    assert [] == site.told(EventKind.CLEARED)
    site.controller.hear(ContactSeen("main", 1, Contact.OFF), 132.0)
    assert [("main", "contact_stuck")] == site.told(EventKind.CLEARED)


def test_a_lock_is_let_go_once(tmp_path: Path) -> None:
    """Closing it twice is no harm to whoever has it then."""
    lock = StateLock(tmp_path)
    lock.close()
    with StateLock(tmp_path):
        lock.close()
        with pytest.raises(RelayBusy):
            StateLock(tmp_path)


class Gone(BaseException):
    """The process is over."""


@pytest.mark.parametrize("stopping", [False, True])
def test_a_main_loop_that_hangs_is_ended_with_off(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    stopping: bool,  # noqa: FBT001
) -> None:
    """The boards get their OFF first, and the process ends with a code of its own; one that is stopping is given its time."""
    process = RelayProcess(replace(PLAN, state_dir=str(tmp_path)))
    said: list[object] = []

    def gone(code: int) -> None:
        said.append(code)
        raise Gone

    monkeypatch.setattr(mains.os, "_exit", gone)
    monkeypatch.setattr(mains.time, "sleep", lambda _: None)
    monkeypatch.setattr(process._workers, "stop", lambda: said.append("off"))
    monkeypatch.setattr(mains, "STOP_AT_MOST_S", 0.0)
    if stopping:
        process.stop()
    loop: Any = SimpleNamespace(turns=7)
    with pytest.raises(Gone):
        process._deadman(loop)
    assert ([EXIT_DEADMAN] if stopping else ["off", EXIT_DEADMAN]) == said
    process._over.set()
    process.stop()
    process._deadman(loop)  # it has ended by itself: nothing is to be done
    process._messages.close()
    assert 1 == said.count(EXIT_DEADMAN)


def written(folder: Path, *lines: bytes) -> EventOutbox:
    (folder / FILE_NAME).write_bytes(b"".join(lines))
    return EventOutbox(folder, capacity=1000, wall_clock=lambda: 0.0)


def test_a_queue_with_lines_of_others_is_read_past_them(tmp_path: Path) -> None:
    """What is no event costs itself; what came twice, or before what was there, is kept once."""
    reply = encode(Reply("x", Outcome.DONE))
    outbox = written(
        tmp_path, encode(EVENT), reply, encode(EVENT), encode(replace(EVENT, seq=3)), encode(replace(EVENT, seq=9))
    )
    assert [7, 9] == [event.seq for event in outbox.after(0)]
    assert (tmp_path / FILE_NAME).with_suffix(".bad").exists()
    outbox.close(timeout_s=PATIENCE_S)


def test_a_queue_that_fills_at_once_is_written_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More lines than one write takes, while a disk hangs, and the end behind them: all are there when it is closed."""
    freed, real = threading.Event(), EventOutbox._rewrite

    def slow(outbox: EventOutbox) -> int:
        freed.wait(PATIENCE_S)
        return real(outbox)

    monkeypatch.setattr(EventOutbox, "_rewrite", slow)
    outbox = EventOutbox(tmp_path, capacity=3000, wall_clock=lambda: 0.0)
    for _ in range(1700):
        outbox.append(replace(EVENT, seq=outbox.take_seq()))
    freed.set()
    outbox.close(timeout_s=PATIENCE_S)
    again = EventOutbox(tmp_path, capacity=3000, wall_clock=lambda: 0.0)
    assert list(range(1, 1701)) == [event.seq for event in again.after(0)]
    again.close(timeout_s=PATIENCE_S)


def test_what_a_closing_client_still_sends_is_thrown_away() -> None:
    """It has had its answer; memory is not for it to fill."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        client = Client(1, ours, closing=True)
        theirs.send(b"x" * 100)
        assert client.read(1.0)
        assert 0 == len(client.inbox)
        theirs.close()
        assert not client.read(2.0)


def test_workers_that_were_never_started_are_asked_for_nothing() -> None:
    """A process that ends before its boards were opened waits for nobody, and opened nothing."""
    workers = BoardWorkers(PLAN, report=lambda _fact: None)
    workers.first_off(timeout_s=60)
    workers.post("main", Pulse(1, 1, 1.0, float("inf")))
    assert not workers.times_pulses("main")
    assert workers.stop()


class Bench1:
    """One output over a board on a clock that only the test moves."""

    def __init__(self, board: SimulatedBoard) -> None:
        self.now = 100.0
        self.facts: list[Fact] = []
        self.port = Port(
            "main", board, channels=(1,), report=self.facts.append, now=lambda: self.now, wanted=lambda: False
        )
        self.port.open()
        self.output = Output(1, self.port)


def test_a_renewal_that_comes_after_the_end_closes_nothing() -> None:
    """The lease of a hold ran out, OFF was said: the same hold is not closed again without a command of its own."""
    metal = SimulatedMetal()
    bench = Bench1(SimulatedBoard(metal))
    bench.output.keep(Keep(1, 5, bench.now + 3))
    assert metal.levels[1]
    bench.now += 4
    bench.output.switch_off()
    assert not metal.levels[1]
    bench.output.keep(Keep(1, 5, bench.now + 3))
    assert not metal.levels[1]
    assert bench.output.off_at is None


def test_a_hold_says_on_again_only_now_and_then() -> None:
    """A renewal moves the end at once; the wire hears of it often enough for a board that lost its power, no oftener."""
    metal = SimulatedMetal()
    bench = Bench1(SimulatedBoard(metal))
    for _ in range(10):
        bench.output.keep(Keep(1, 5, bench.now + 3))
        assert bench.now + 3 == bench.output.off_at
        bench.now += 0.01
    assert 1 == [word for _, _, word in metal.commands].count("on")
    bench.now += KEEP_AGAIN_S
    bench.output.keep(Keep(1, 5, bench.now + 3))
    assert 2 == [word for _, _, word in metal.commands].count("on")
    assert 1 == len([fact for fact in bench.facts if isinstance(fact, OutputOn)])


def test_off_once_more_does_not_cut_a_pulse_short() -> None:
    """It is due where the contact should be open already; one that is closed on purpose has its own end."""
    bench = Bench1(SimulatedBoard())
    bench.output.pulse(Pulse(1, 1, 5.0, float("inf")))
    bench.output.off_again()
    assert bench.now + 5.0 == bench.output.off_at
    bench.output.off(Off(1, 1))
    bench.output.switch_off()
    assert bench.output.off_at is None
    bench.output.off_again()
    assert bench.now == bench.output.off_at


class Stubborn(SimulatedBoard):
    """Does not close at the first command, and refuses the second."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    def switch(self, channel: int, *, on: bool) -> Acknowledgement:
        if on:
            self.asked += 1
            if self.asked == 2:
                raise BoardRefused("нет")
            return super().switch(channel, on=False)
        return super().switch(channel, on=on)


def test_a_contact_that_does_not_close_is_told_and_still_ends() -> None:
    """Closed once more, and refused: it is told as not confirmed, and OFF is due at the end of the pulse all the same."""
    board = Stubborn()
    bench = Bench1(board)
    bench.output.pulse(Pulse(1, 1, 5.0, float("inf")))
    assert 2 == board.asked
    assert bench.now + 5.0 == bench.output.off_at
    (began,) = [fact for fact in bench.facts if isinstance(fact, OutputOn)]
    assert began.confirmed is not True


def test_health_is_not_told_before_the_board_has_spoken_of_its_relay() -> None:
    """An answer about inputs says nothing of the contact: the board is «starting» until it is known."""
    bench = Bench1(SimulatedBoard())
    assert "starting" == bench.port.health
    bench.port.answered(About.INPUTS)
    assert "starting" == bench.port.health
    bench.port.answered(About.RELAY)
    assert "ok" == bench.port.health


def test_a_client_that_was_dropped_in_this_turn_is_not_served() -> None:
    """What the selector still says of it is about nobody; it is let go once."""
    asked: list[Request] = []
    with selectors.DefaultSelector() as selector:
        server = SocketServer(
            PLAN.relay, selector=selector, asked=lambda _, request: asked.append(request), now=time.monotonic
        )
        ours, theirs = socket.socketpair()
        with ours, theirs:
            server._welcome(ours)
            (client,) = server._clients.values()
            theirs.send(encode_request(Request("a", Do.OPEN, lane="entry", reason=Reason.CONSOLE)))
            server._drop(client)
            server._drop(client)
            server._ready(client, selectors.EVENT_READ)
            assert ([], 0) == (asked, server.client_count)


def test_a_board_that_is_away_refuses_what_begins_and_says_that_its_inputs_are_not_known() -> None:
    """Who asks hears at once; a renewal or an end of what it was told before needs no answer; no input is taken for open or closed."""
    metal = SimulatedMetal(lost=True)
    facts: list[Fact] = []
    worker = BoardWorker("main", SimulatedBoard(metal), channels=(1,), input_numbers=(1,), report=facts.append)
    worker.start()
    try:
        until(lambda: any(isinstance(fact, InputsSeen) for fact in facts))
        assert () == next(fact for fact in facts if isinstance(fact, InputsSeen)).closed
        worker.post(Off(1, 0))
        worker.post(Keep(1, 0, 1e9))
        worker.post(Keep(1, 4, 1e9))
        worker.post(Pulse(1, 5, 1.0, 1e9))
        until(lambda: len([fact for fact in facts if isinstance(fact, CommandFailed)]) == 2)
        assert [4, 5] == [fact.token for fact in facts if isinstance(fact, CommandFailed)]
        assert "on" not in [word for _, _, word in metal.commands]
    finally:
        worker.post(Stop())
        worker.join(PATIENCE_S)
