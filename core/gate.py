"""The gate itself: `step(state, event) -> (state, effects)`. Pure; one thread (the controller) owns the state.

Somebody presses the button at an empty lane:

    >>> from datetime import UTC, datetime
    >>> from core.events import BarrierActed, Instant, Outcome, Reason
    >>> from core.rules.policy import Direction, Lane, Site
    >>> noon = Instant(mono=100.0, wall=datetime(2026, 5, 1, 12, tzinfo=UTC), wall_trusted=True)
    >>> state = start(Site((Lane("entry", Direction.ENTRY, "main"),)), PassList())
    >>> pressed = BarrierActed(noon, "main", "entry", "button-1", Reason.GUARD_BUTTON, Outcome.DONE)
    >>> state, effects = step(state, pressed)
    >>> [(effect.record.decision.value, effect.record.reason.value) for effect in effects]
    [('open', 'guard_button')]

Frames come in as `FrameRead`, time as `Tick`. `OpenBarrier` comes first among the effects of a step, and the relay's
answer to it must come back as a `BarrierActed` with the same id. Every vehicle ends in exactly one `RecordVisit`. At
the end of a video or of the process, call `finish`, so that visits in progress get theirs.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import assert_never

from core.decision.record import VisitRecord
from core.events import (
    BarrierActed,
    CameraChanged,
    CameraPlateRead,
    Effect,
    Event,
    FrameRead,
    PassageSeen,
    PassListChanged,
    PolicyChanged,
    Tick,
    VehiclePresence,
)
from core.instant import Instant
from core.passes.pass_list import PassList
from core.rules.policy import Site
from core.turn.deadlines import end_the_unseen, time_passed
from core.turn.ending import stop
from core.turn.frames import take
from core.turn.recent import recalled
from core.turn.signals import (
    barrier_acted,
    camera_changed,
    camera_read,
    list_changed,
    passage,
    policy_changed,
    presence,
)
from core.turn.state import GateState, LaneState
from core.turn.turn import Turn

__all__ = ["Attention", "GateState", "attention", "finish", "start", "step"]


class Attention(StrEnum):
    """How closely vision should look at a lane."""

    IDLE = "idle"
    """No vehicle: read when something moves."""
    PRESENT = "present"
    """A vehicle that has been judged: about one read per second, because the judgement may still change; more often while
    something moves, because that may be the next car."""
    UNREAD = "unread"
    """A vehicle that has not been judged: read every frame, even if nothing moves."""


def start(site: Site, passes: PassList, *, told: Iterable[VisitRecord] = (), at: Instant | None = None) -> GateState:
    """The state of a gate that has seen nothing yet.

    `told`: earlier records from the journal, oldest first. With them, a car that was opened for before the restart and
    still stands there at `at` is not opened for again.
    """
    recent = recalled(told, at) if at is not None else ()
    return GateState(site, passes, tuple(LaneState(lane) for lane in site.lanes), recent)


def step(state: GateState, event: Event) -> tuple[GateState, tuple[Effect, ...]]:
    """The state after `event`, and the effects in order. An event of an unknown lane does nothing but let time pass."""
    turn = Turn(state)
    end_the_unseen(turn, event.at)
    match event:
        case FrameRead():
            take(turn, event)
        case PassListChanged():
            list_changed(turn, event.passes)
        case CameraChanged():
            camera_changed(turn, event.lane, alive=event.alive)
        case CameraPlateRead():
            camera_read(turn, event)
        case BarrierActed():
            barrier_acted(turn, event)
        case PassageSeen():
            passage(turn, event)
        case VehiclePresence():
            presence(turn, event)
        case PolicyChanged():
            policy_changed(turn, event.policy)
        case Tick():
            pass
        case _ as never:
            assert_never(never)
    time_passed(turn, event.at)
    return turn.answer()


def finish(state: GateState, at: Instant) -> tuple[GateState, tuple[Effect, ...]]:
    """The end of a video or of the process: every visit in progress gets its record."""
    turn = Turn(state)
    stop(turn, at)
    return turn.answer()


def attention(state: GateState, lane: str) -> Attention:
    """What the vision of `lane` should do. An unknown lane is idle."""
    for held in state.lanes:
        if held.lane.name == lane:
            undecided = [visit for visit in held.visits if not visit.through and visit.judgement is None]
            rules = state.site.rules(held.lane.direction)
            if any(not visit.stationary(visit.last.mono, rules) for visit in undecided):
                return Attention.UNREAD
            return Attention.PRESENT if held.visits else Attention.IDLE
    return Attention.IDLE
