"""Whatever happens at the gate: what always holds, by random days of events."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from core.decision.record import Verdict
from core.decision.why import sentences
from core.events import (
    BarrierActed,
    CameraChanged,
    ConsumePass,
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

PASSES = [
    Pass("1", "A123BC77"),
    Pass("2", "X777XX99", one_time=True),
    Pass("3", "K001KK50", blocked=True),
    Pass("4", "KHN991", revoked=True),
]
PLATES = ["A123BC77", "A128BC77", "X777XX99", "K001KK50", "KHN991", ""]
LANES = ["entry", "exit", "nowhere"]
SITE = Site((Lane("entry", Direction.ENTRY, "main"), Lane("exit", Direction.EXIT, "main")), Policy(), "day")

plates = st.tuples(
    st.sampled_from(PLATES), st.sampled_from([100.0, 300.0, 900.0]), st.sampled_from([60.0, 100.0, 180.0]),
    st.sampled_from([0.4, 0.8, 0.999]), st.integers(0, 3),
)  # fmt: skip
frames = st.tuples(
    st.just("frame"), st.sampled_from(LANES), st.lists(plates, max_size=2), st.booleans(),
    st.sampled_from([0.1, 0.1, 0.1, 5.0, -1.0]), st.sampled_from([False, False, False, True]),
)  # fmt: skip
others = st.one_of(
    st.tuples(st.just("tick")),
    st.tuples(st.just("list"), st.booleans()),
    st.tuples(st.just("camera"), st.sampled_from(LANES), st.booleans()),
    st.tuples(st.just("acted"), st.sampled_from([*LANES, None]), st.sampled_from(list(Reason)), st.sampled_from(["done", "failed"])),
    st.tuples(st.just("passage"), st.sampled_from(["passed", "backed_out", "followed"])),
    st.tuples(st.just("loop"), st.sampled_from(LANES), st.booleans()),
)  # fmt: skip
runs = st.tuples(
    st.one_of(frames, frames, frames, others), st.sampled_from([0.1, 0.1, 0.5, 3.0, -1.0]), st.integers(1, 4)
)
days = st.lists(runs, max_size=25)
outcomes = st.sampled_from(["done", "done", "failed", None])


def event_of(entry, gate, read, instant):
    """The event that an entry of a generated day stands for, at the day's present moment."""
    at = instant(gate["mono"])
    match entry:
        case ("frame", lane, shown, vehicle, age, frozen):
            gate["frame"] += 1
            reads = tuple(read(text, x=x, w=w, sure=sure, look=look) for text, x, w, sure, look in shown)
            box = Box(80, 80, 900, 500) if vehicle else None
            return FrameRead(lane, at, at.mono - age, gate["frame"], (1280, 720), reads, box, frozen)
        case ("tick",):
            return Tick(at)
        case ("list", full):
            return PassListChanged(at, PassList(PASSES if full else []))
        case ("camera", lane, alive):
            return CameraChanged(lane, at, alive)
        case ("acted", lane, reason, outcome):
            gate["frame"] += 1
            return BarrierActed(at, "main", lane, f"other-{gate['frame']}", reason, outcome)
        case ("passage", outcome):
            return PassageSeen(at, "main", None, outcome)
        case ("loop", lane, present):
            return VehiclePresence(lane, at, f"{lane}_loop", present)


def live(day, relay, read, instant, *, passes=PASSES):
    """Plays a day; answers every event with the effects it caused, and the finish."""
    gate = {"mono": 100.0, "frame": 0}
    state = start(SITE, PassList(passes))
    history = []
    for entry, pause, times in day:
        for _ in range(times):
            event = event_of(entry, gate, read, instant)
            state, effects = step(state, event)
            history.append((event, effects))
            for effect in effects:
                if isinstance(effect, OpenBarrier) and relay is not None:
                    answer = BarrierActed(event.at, "main", effect.lane, effect.request_id, effect.reason, relay)
                    state, more = step(state, answer)
                    history.append((answer, more))
            gate["mono"] += pause
    state, effects = finish(state, instant(gate["mono"]))
    history.append((Tick(instant(gate["mono"])), effects))
    return state, history


@settings(max_examples=60, deadline=None)
@given(day=days, relay=outcomes)
def test_no_day_breaks_the_gate(read, instant, day, relay):
    """No sequence of events crashes it; each visit is recorded once or forgotten once; every trace can be told."""
    state, history = live(day, relay, read, instant)
    effects = [effect for _, effects in history for effect in effects]
    recorded = Counter(effect.record.visit_id for effect in effects if isinstance(effect, RecordVisit))
    forgotten = {effect.visit_id for effect in effects if isinstance(effect, ForgetEvidence)}

    assert set(recorded.values()) <= {1}
    assert not forgotten & set(recorded)
    assert all(not lane.visits for lane in state.lanes)
    for effect in effects:
        if isinstance(effect, RecordVisit):
            assert all(russian and english for russian, english in sentences(effect.record))


@settings(max_examples=40, deadline=None)
@given(day=days)
def test_at_most_one_opening_a_visit(read, instant, day):
    """With a relay that works, no visit asks twice, and only on a fresh, moving picture of its lane."""
    _, history = live(day, "done", read, instant)
    for event, effects in history:
        for effect in effects:
            if isinstance(effect, OpenBarrier):
                assert isinstance(event, FrameRead)
                assert event.lane == effect.lane
                assert not event.frozen
                assert event.at.mono - event.captured <= Policy().max_frame_age_s
            if isinstance(effect, RecordVisit):
                ours = [opening for opening in effect.record.openings if not opening.request_id.startswith("other")]
                assert len(ours) <= 1


@settings(max_examples=40, deadline=None)
@given(day=days)
def test_entry_opens_only_for_a_pass_that_holds(read, instant, day):
    """Nobody but the two plates whose passes hold is ever let in by the gate itself."""
    _, history = live(day, "done", read, instant)
    effects = [effect for _, effects in history for effect in effects]
    opened = [
        effect.record
        for effect in effects
        if isinstance(effect, RecordVisit) and effect.record.reason is Reason.PASS_VALID
    ]

    assert {record.plate for record in opened} <= {"A123BC77", "X777XX99"}
    assert all(effect.pass_id == "2" for effect in effects if isinstance(effect, ConsumePass))


@settings(max_examples=25, deadline=None)
@given(
    text=st.sampled_from(PLATES), sure=st.floats(0.05, 1.0), vehicle=st.booleans(), passes=st.sampled_from([PASSES, []])
)
def test_exit_is_never_refused(read, instant, text, sure, vehicle, passes):
    """Whatever drives up to the exit is let out, while the picture is live: a vehicle, or a plate that reads without one."""
    vehicle = vehicle or not text or sure < 0.5  # scraps that hardly read, and no vehicle around them, are no car
    day = [
        (("frame", "exit", [(text, 300.0 + 15 * i, 120.0, sure, i)], vehicle, 0.1, False), 0.2, 1) for i in range(12)
    ]
    _, history = live(day, "done", read, instant, passes=passes)
    records = [effect.record for _, effects in history for effect in effects if isinstance(effect, RecordVisit)]

    assert [(record.decision, record.reason) for record in records] == [(Verdict.OPEN, Reason.EXIT_FREE)]


@settings(max_examples=15, deadline=None)
@given(day=days, order=st.permutations(PASSES))
def test_same_events_same_effects(read, instant, day, order):
    """The gate is deterministic, and the order of its list does not matter."""
    once = [effects for _, effects in live(day, "done", read, instant)[1]]
    again = [effects for _, effects in live(day, "done", read, instant, passes=order)[1]]

    assert once == again
