"""Every opening that the relay told ends in exactly one visit, whenever the gate is killed: simulated step by step."""

from __future__ import annotations

import tempfile
import time
from collections import Counter, deque
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import gate
from core.decision.record import VisitRecord
from core.events import Event, FrameRead, Instant, OpenBarrier, Reason, RecordVisit
from core.geometry import Box
from core.passes.pass_list import PassList
from core.rules.policy import Direction, Lane, Site
from edge.runtime import journal as journal_module
from edge.runtime.barrier import BarrierHand
from edge.runtime.inbox import Inbox
from edge.runtime.journal import JournalWriter
from edge.runtime.recall import openings_before
from edge.runtime.relay_events import RelayListener
from edge.store.journal import FILE_NAME, Journal
from edge.store.settings import StoreSettings
from relay.fake import FakeRelay

CAR = Box(200, 100, 500, 450)
LANES = (Lane("entry", Direction.ENTRY, "main"), Lane("exit", Direction.EXIT, "main"))
FRAME_S = 0.2
FRAMES = 25
STEPS = ("press", "car", "comer", "ask", "hear", "think", "write", "ack", "gone", "kill", "kill in a write")


class Killed(Exception):
    """The process is gone in the middle of a step."""


class Process:
    """One `gate run`: its real parts, each of which does one thing when it is told to."""

    def __init__(self, folder: Path, relay: FakeRelay, mono: float) -> None:
        self.mono = mono
        self.dies = False
        self.inbox, self.frames = Inbox(), 0
        self.writer = JournalWriter(
            folder, StoreSettings(ballast_mb=0, free_floor_mb=1), now=self.now, outgoing=self._before_a_visit
        )
        self.hand = BarrierHand(relay, inbox=self.inbox, now=self.now)
        self.asks: deque[OpenBarrier] = deque()
        self.listener = RelayListener(
            relay,
            inbox=self.inbox,
            notes=self.writer,
            now=self.now,
            answered=self.hand.answers,
            ours=self.hand.ours,
            input_kinds={},
            before=openings_before(folder / FILE_NAME),
        )
        self.stream = relay.subscribe(after=0)
        self.state = gate.start(Site(LANES, run_id=str(uuid4())), PassList())

    def now(self) -> Instant:
        wall = datetime.now(UTC) + timedelta(seconds=self.mono - time.monotonic())
        return Instant(self.mono, wall, wall_trusted=True)

    def _before_a_visit(self, _record: VisitRecord) -> None:
        if self.dies:
            raise Killed

    def does(self, step: str) -> None:
        match step:
            case "car":
                self.look("exit", CAR)
            case "comer":
                self.look("entry", CAR)
            case "gone":
                self.look("exit", None)
                self.look("entry", None)
            case "ask":
                self.ask()
            case "hear":
                self.hear()
            case "think":
                self.think()
            case "ack":
                self.ack()
            case "kill":
                raise Killed
            case _:
                self.write()

    def hear(self) -> bool:
        event = self.stream.next(0)
        if event is not None:
            self.listener._take(event)
        return event is not None

    def think(self) -> bool:
        item = self.inbox.take(0)
        if item is not None:
            self._step(item.event)
        return item is not None

    def look(self, lane: str, vehicle: Box | None) -> None:
        """Five seconds of a camera; at the exit the gate opens for whatever leaves, at the entry it waits for a plate."""
        for _ in range(FRAMES):
            self.mono += FRAME_S
            self.frames += 1
            self._step(FrameRead(lane, self.now(), self.mono, self.frames, (1000, 600), (), vehicle, frozen=False))

    def ask(self) -> None:
        if self.asks:
            self.hand._request(self.asks.popleft())

    def write(self) -> bool:
        self.writer._take()
        if not self.writer._waiting:
            return False
        self.writer._write(self.writer._waiting[0])
        self.writer._waiting.popleft()
        return True

    def ack(self) -> None:
        self.stream.ack(self.writer.journalled)

    def end(self) -> None:
        """What a process that is told to stop still does."""
        self.writer._forget(self.now())
        while self.hear() or self.think():
            pass
        _, effects = gate.finish(self.state, self.now())
        self._perform(effects)
        while self.write():
            pass
        self.ack()

    def close(self) -> None:
        if self.writer._journal is not None:
            self.writer._journal.close()

    def _step(self, event: Event) -> None:
        self.state, effects = gate.step(self.state, event)
        self._perform(effects)

    def _perform(self, effects: tuple[gate.Effect, ...]) -> None:
        for effect in effects:
            if isinstance(effect, OpenBarrier):
                self.hand.open_barrier(effect)
                self.asks.append(self.hand._wanted.get_nowait())
            elif isinstance(effect, RecordVisit):
                self.writer.record(effect.record, None)


def played(folder: Path, steps: tuple[str, ...]) -> tuple[FakeRelay, tuple[VisitRecord, ...], int]:
    """The relay, every visit of the journal, and how many notices of openings it has, after those steps and a last start."""
    relay = FakeRelay()
    process = Process(folder, relay, time.monotonic())
    for step in steps:
        process.dies = step == "kill in a write"
        try:
            if step == "press":
                relay.open(lane="entry", barrier="main", reason=Reason.CONSOLE, expires=time.monotonic() + 60)
            else:
                process.does(step)
        except Killed:
            process.close()
            process = Process(folder, relay, process.mono + 5)
        process.dies = False
    process.end()
    process.close()
    with Journal(folder / FILE_NAME) as journal:
        notices = len(journal.notices(kind="relay_acted"))
        assert () == journal.openings.unrecorded()
        return relay, tuple(visit.record for visit in journal.visits()), notices


def each_is_in_one_visit(steps: tuple[str, ...]) -> tuple[VisitRecord, ...]:
    with tempfile.TemporaryDirectory() as folder:
        relay, visits, notices = played(Path(folder), steps)
    told = [event.request_id for event in relay._events if event.outcome == "done"]
    found = Counter(one.request_id for visit in visits for one in visit.openings)
    assert dict.fromkeys(told, 1) == {request_id: found[request_id] for request_id in told}
    assert len(relay._events) == notices == relay.acked
    return visits


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "WAIT_S", 0)


PRESSED = ("press", "hear", "think", "write", "ack", "write", "ack")
LET_OUT = ("car", "ask", "hear", "think", "write", "ack", "gone", "write", "ack")
THEN_A_CAR = ("press", "hear", "write", "think", "write", "comer", "hear", "think", "gone", "write", "ack")
WITH_A_CAR = ("car", "ask", "think", "press", *("hear", "think") * 2, *("write", "ack") * 2, "gone", "write")


@pytest.mark.parametrize("way", [PRESSED, LET_OUT, THEN_A_CAR, WITH_A_CAR])
def test_a_kill_after_any_step_leaves_each_opening_in_one_visit(way: tuple[str, ...]) -> None:
    """Killed once after each step, and again on the way up: never two visits, never none; the event told again or not."""
    for place, again in product(range(len(way) + 1), ((), ("hear", "kill"), ("hear", "write", "kill in a write"))):
        each_is_in_one_visit((*way[:place], "kill", *again, *way[place:]))


def test_an_opening_that_lost_its_visit_says_so() -> None:
    """Its record has the time, the reason and who asked, no plate, and the step that names what happened."""
    (pressed,) = each_is_in_one_visit(("press", "hear", "write", "kill"))
    (let_out,) = each_is_in_one_visit(("car", "ask", "kill"))
    assert (Reason.CONSOLE, ["opened_by", "cut_off"]) == (pressed.reason, [step.rule for step in pressed.trace])
    assert (Reason.EXIT_FREE, ["asked", "answered", "cut_off"]) == (
        let_out.reason,
        [step.rule for step in let_out.trace],
    )
    assert (None, None, 0) == (let_out.plate, let_out.masked, let_out.frames)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(STEPS), max_size=40))
def test_whatever_happens_in_whatever_order_each_opening_is_in_one_visit(steps: list[str]) -> None:
    """Presses, cars, steps of every part and kills at random."""
    each_is_in_one_visit(tuple(steps))
