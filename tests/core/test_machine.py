"""Random histories at a gate, as hypothesis makes them up: what holds after every single event."""

from __future__ import annotations

import os
from collections import Counter
from functools import cache

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from core.events import (
    BarrierActed,
    CameraChanged,
    CameraPlateRead,
    Event,
    ForgetEvidence,
    FrameRead,
    OpenBarrier,
    PassageSeen,
    PassListChanged,
    Reason,
    RecordVisit,
    Tick,
    VehiclePresence,
)
from core.gate import finish, start, step
from core.geometry import Box
from core.passes.pass_list import Pass, PassList
from core.rules.policy import Direction, Lane, Policy, Site
from core.visit.phase import TRANSITIONS, Phase
from tests.core.conftest import make_instant, make_read

LISTED, STRANGER, BLOCKED = "A123BC77", "B555BB77", "K001KK50"
PASSES = PassList([Pass("1", LISTED), Pass("2", BLOCKED, blocked=True)])
SITE = Site((Lane("entry", Direction.ENTRY, "main"), Lane("exit", Direction.EXIT, "main")), Policy(), "machine")
LONG = int(os.environ.get("GATE_HISTORIES", "0"))
"""So many histories instead of a handful: `GATE_HISTORIES=2000 pytest tests/core/test_machine.py` plays a million events."""

read = cache(make_read)
lanes = st.sampled_from(["entry", "exit"])
texts = st.sampled_from([LISTED, STRANGER, BLOCKED])


class Gate(RuleBasedStateMachine):
    """A gate with a relay that does as it is told, and a listed car parked at the entry from the beginning."""

    @initialize()
    def begin(self) -> None:
        self.state = start(SITE, PASSES)
        self.mono, self.frame_id, self.number = 100.0, 0, 0
        self.phases: dict[str, Phase] = {}
        self.recorded: Counter[str] = Counter()
        self.dropped: set[str] = set()
        self.asked: list[tuple[float, OpenBarrier]] = []
        self.parked_openings = 0
        self.parked = True
        """The parked car has not moved, and nothing has told that it did not pass."""

    def send(self, event: Event) -> None:
        self.state, effects = step(self.state, event)
        for effect in effects:
            if isinstance(effect, RecordVisit):
                self.recorded[effect.record.visit_id] += 1
            elif isinstance(effect, ForgetEvidence):
                self.dropped.add(effect.visit_id)
            elif isinstance(effect, OpenBarrier):
                assert isinstance(event, FrameRead)
                assert event.lane == effect.lane
                assert not event.frozen
                assert event.at.mono - event.captured <= Policy().max_frame_age_s
                self.asked.append((self.mono, effect))
                if effect.lane == "entry":
                    assert effect.reason is Reason.PASS_VALID
                    self.parked_openings += 1
        self.follow()
        for effect in effects:
            if isinstance(effect, OpenBarrier):
                asked = (effect.barrier, effect.lane, effect.request_id, effect.reason)
                self.send(BarrierActed(make_instant(self.mono), *asked, outcome="done"))

    def follow(self) -> None:
        """Every change of phase is one that the table allows."""
        now = {visit.id: visit.phase for lane in self.state.lanes for visit in lane.visits}
        for visit_id, phase in now.items():
            before = self.phases.get(visit_id)
            assert before is None or phase is before or phase in TRANSITIONS[before], (before, phase)
        for visit_id in self.phases.keys() - now.keys():
            assert self.recorded[visit_id] == 1 or visit_id in self.dropped
        self.phases = now

    def frame(self, lane: str, *plates: tuple[str, float, float, float], vehicle=None, age=0.1, frozen=False) -> None:
        self.frame_id += 1
        reads = tuple(read(text, x=x, y=y, w=w, look=self.frame_id % 4) for text, x, y, w in plates)
        if lane == "entry" and not vehicle:
            reads += (read(LISTED, x=300.0, y=400.0, w=110.0, look=self.frame_id % 3),)
        at = make_instant(self.mono)
        self.send(FrameRead(lane, at, self.mono - age, self.frame_id, (1280, 720), reads, vehicle, frozen))
        self.mono += 0.2

    @rule(lane=lanes, text=st.sampled_from([STRANGER, BLOCKED]), away=st.booleans())
    def car_drives(self, lane: str, text: str, away: bool) -> None:  # noqa: FBT001 - hypothesis gives it by name
        """A car comes or goes; at the entry it covers the parked one."""
        for i in range(12):
            near = 1 - i / 12 if away else i / 12
            box = Box(200 - 60 * near, 200 - 60 * near, 500 + 120 * near, 350 + 120 * near)
            self.frame(lane, (text, 500.0, 300 + 200 * near, 60 + 80 * near), vehicle=box)

    @rule(lane=lanes, text=texts, age=st.sampled_from([None, 0.0, 1.0, 60.0]))
    def camera_says(self, lane: str, text: str, age: float | None) -> None:
        """A camera's own recogniser speaks, true or not."""
        seen = None if age is None else self.mono - age
        self.send(CameraPlateRead(lane, make_instant(self.mono), text, seen))

    @rule(seconds=st.integers(1, 30))
    def time_passes(self, seconds: int) -> None:
        """The parked car is seen, once a second."""
        for _ in range(seconds):
            self.mono += 0.8
            self.frame("entry")
            self.send(Tick(make_instant(self.mono)))

    @rule()
    def a_stranger_stands_before_it(self) -> None:
        """Long after its opening the parked car is covered for longer than a visit lasts, and shows again."""
        self.time_passes(25)
        for i in range(20):
            self.frame("entry", (STRANGER, 500.0, 460.0, 150.0 + i), vehicle=Box(200, 100, 700, 560))
        self.time_passes(4)

    @rule(lane=lanes, frozen=st.booleans())
    def old_frames(self, lane: str, frozen: bool) -> None:  # noqa: FBT001
        """A stranger in pictures of some time ago; were it the parked car elsewhere, that would be seen to have moved."""
        for i in range(5):
            car = (STRANGER, 500.0, 300.0 + 20 * i, 90.0 + 8 * i)
            self.frame(lane, car, vehicle=Box(200, 100, 500, 450), age=0.1 if frozen else 5.0, frozen=frozen)

    @rule(lane=lanes, alive=st.booleans())
    def camera(self, lane: str, alive: bool) -> None:  # noqa: FBT001
        self.send(CameraChanged(lane, make_instant(self.mono), alive))

    @rule(lane=lanes, present=st.booleans())
    def exit_loop(self, lane: str, present: bool) -> None:  # noqa: FBT001
        if lane == "exit":
            self.send(VehiclePresence(lane, make_instant(self.mono), "exit_loop", present))

    @rule(full=st.booleans())
    def list_comes(self, full: bool) -> None:  # noqa: FBT001
        self.send(PassListChanged(make_instant(self.mono), PASSES if full else PassList()))

    @rule(lane=lanes)
    def guard_presses(self, lane: str) -> None:
        self.number += 1
        self.send(BarrierActed(make_instant(self.mono), "main", lane, f"b{self.number}", Reason.GUARD_BUTTON, "done"))

    @rule()
    def passage(self) -> None:
        self.send(PassageSeen(make_instant(self.mono), "main", "exit", "passed"))

    @rule()
    def somebody_leaves(self) -> None:
        """Whatever else has happened: a car that comes to a live exit is asked an opening for within two seconds."""
        self.number += 1
        self.send(CameraChanged("exit", make_instant(self.mono), alive=True))
        self.mono += 30.0
        self.send(Tick(make_instant(self.mono)))
        self.send(VehiclePresence("exit", make_instant(self.mono), "exit_loop", present=False))
        self.mono += 5.0
        self.send(Tick(make_instant(self.mono)))
        came, text = self.mono, f"C{self.number % 900 + 100}XX{self.number % 90 + 10}"
        for i in range(10):
            box = Box(500 - 10 * i, 200 - 5 * i, 250 + 20 * i, 200 + 15 * i)
            self.frame("exit", (text, 560.0, 300 + 14.0 * i, 60 + 7.0 * i), vehicle=box)
        assert any(effect.lane == "exit" and at >= came for at, effect in self.asked)

    @invariant()
    def one_record_each(self) -> None:
        """No visit is recorded twice, nor recorded and dropped."""
        if hasattr(self, "recorded"):
            assert set(self.recorded.values()) <= {1}
            assert not self.dropped & self.recorded.keys()

    @invariant()
    def one_opening_an_arrival(self) -> None:
        """The car that has stood at the entry all along is opened for once at the most."""
        if hasattr(self, "parked_openings"):
            assert self.parked_openings <= 1

    def teardown(self) -> None:
        if not hasattr(self, "state"):
            return
        confirmed = [
            visit.id for lane in self.state.lanes for visit in lane.visits if visit.confirmed and not visit.standing
        ]
        self.state, effects = finish(self.state, make_instant(self.mono))
        ended = [effect.record.visit_id for effect in effects if isinstance(effect, RecordVisit)]
        assert set(confirmed) <= set(ended)
        assert len(ended) == len(set(ended))


TestGate = Gate.TestCase
TestGate.settings = settings(
    max_examples=LONG or 8, stateful_step_count=50 if LONG else 15, deadline=None, print_blob=True
)
