"""Openings: what the relay answered to ours, and whose visit an opening by another belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.decision.decide import Judgement
from core.decision.record import Opening
from core.decision.trace import Rule, step_of
from core.events import BarrierActed
from core.instant import Instant
from core.passes.pass_list import Pass
from core.rules.policy import Direction, Lane, Site
from core.turn.state import LaneState
from core.visit.visit import Visit
from core.words.reasons import Reason

OTHERS = frozenset({
    Reason.GUARD_BUTTON, Reason.CONSOLE, Reason.CLOUD_COMMAND, Reason.EXIT_LOOP, Reason.FIRE_INPUT,
})  # fmt: skip
"""Openings that the gate did not ask for."""
TOLD_LATE_S = 5.0
"""An opening may be told so long after the fact, or made for a car that the camera sees so much later."""
ANOTHER_BOOT_S = 60.0
"""Wall clocks so far apart, where the monotonic ones agree, are of two boots, or the clock was set."""


def answered(visit: Visit, event: BarrierActed) -> Visit:
    """The visit after the relay's answer to one of its requests."""
    openings = tuple(
        replace(opening, outcome=event.outcome, detail=event.detail, confirmed=event.confirmed)
        if opening.request_id == event.request_id
        else opening
        for opening in visit.openings
    )
    step = step_of(Rule.ANSWERED, event.at.mono, outcome=event.outcome, detail=event.detail)
    return visit.noted(step).with_openings(openings)


def joined(lanes: Sequence[LaneState], event: BarrierActed, site: Site) -> tuple[int, Visit] | None:
    """The visit that another's opening lets through (lane number and the visit after it); None on an empty lane.

    A waiting vehicle before one already let through, the lane named by the event before others, the latest seen
    before earlier ones. A sighting becomes a visit by it: somebody has seen the car.
    """
    found = [
        (not visit.through, visit.confirmed, visit.last.mono, number, visit)
        for number, lane in enumerate(lanes)
        if lane.lane.barrier == event.barrier and event.lane in {None, lane.lane.name}
        for visit in lane.visits
        if not visit.stationary(event.at.mono, site.rules(lane.lane.direction)) and not _before(event.at, visit.first)
    ]
    if not found:
        return None
    *_, number, visit = max(found, key=lambda entry: entry[:4])
    opening = Opening(
        event.request_id, event.reason, event.at, event.outcome, event.detail, event.by, event.note, event.confirmed
    )
    step = step_of(Rule.OPENED_BY, event.at.mono, reason=event.reason.value)
    let_in = visit.noted(step).with_openings((*visit.openings, opening)).anchored()
    if not visit.through:
        let_in = replace(let_in, overruled=event.reason, decided=event.at)
    return number, let_in


def _before(opening: Instant, first: Instant) -> bool:
    """Whether an opening is from before the vehicle came; of another boot only the wall clock tells."""
    late_s = first.mono - opening.mono
    return late_s > TOLD_LATE_S or (first.wall - opening.wall).total_seconds() - max(0.0, late_s) > ANOTHER_BOOT_S


def expired(visit: Visit, at: Instant, *, after_s: float) -> Visit:
    """The visit with a request unanswered for `after_s` taken as failed."""
    if not visit.openings:
        return visit
    last = visit.openings[-1]
    if last.outcome != "asked" or at.mono - last.at.mono <= after_s:
        return visit
    step = step_of(Rule.ANSWERED, at.mono, outcome="expired", detail="no answer")
    failed = replace(last, outcome="expired", detail="no answer")
    return visit.noted(step).with_openings((*visit.openings[:-1], failed))


def used_up(visit: Visit, judgement: Judgement | None, lane: Lane) -> Pass | None:
    """The one-time pass by which the vehicle was let in, in this visit or an earlier one; None once it was seen to back out."""
    if visit.backed_out:
        return None
    let_in = lane.direction is Direction.ENTRY and visit.through and visit.overruled is None
    item = judgement.item if let_in and judgement is not None and judgement.opens else None
    return item if item is not None and item.one_time else visit.owed
