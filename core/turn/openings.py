"""Openings: the relay's answers to our requests, and which visit an opening by somebody else belongs to."""

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
from core.words.outcomes import ASKED, Outcome
from core.words.reasons import Reason

OTHERS = frozenset({
    Reason.GUARD_BUTTON, Reason.CONSOLE, Reason.CLOUD_COMMAND, Reason.EXIT_LOOP, Reason.FIRE_INPUT,
})  # fmt: skip
"""Reasons of openings that the gate itself did not ask for."""
TOLD_LATE_S = 5.0
"""How much later than an opening its car may first be seen: the opening may be reported late, or precede the camera's
view."""
ANOTHER_BOOT_S = 60.0
"""If the wall clocks are this far apart while the monotonic clocks agree, the opening is from another boot, or the
clock was set."""


def reported(event: BarrierActed) -> Opening:
    """The opening that the relay process reports, for a record."""
    return Opening(
        event.request_id, event.reason, event.at, event.outcome, event.detail, event.by, event.note, event.confirmed
    )


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
    """The visit that somebody else's opening lets through, as lane number and updated visit. None if there is none.

    Only lanes of that barrier count, and only the named lane if the event names one. A waiting vehicle is preferred to
    one let through already, a visit to a sighting, then the latest seen. A sighting becomes a visit by it: somebody has
    seen the car.
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
    opening = reported(event)
    step = step_of(Rule.OPENED_BY, event.at.mono, reason=event.reason.value)
    let_in = visit.noted(step).with_openings((*visit.openings, opening)).anchored()
    if not visit.through:
        let_in = replace(let_in, overruled=event.reason, decided=event.at)
    return number, let_in


def _before(opening: Instant, first: Instant) -> bool:
    """Whether an opening was made before the vehicle came. Across a reboot only the wall clock can tell."""
    late_s = first.mono - opening.mono
    return late_s > TOLD_LATE_S or (first.wall - opening.wall).total_seconds() - max(0.0, late_s) > ANOTHER_BOOT_S


def expired(visit: Visit, at: Instant, *, after_s: float) -> Visit:
    """The visit after its request has gone unanswered for `after_s` seconds: the request counts as expired."""
    if not visit.openings:
        return visit
    last = visit.openings[-1]
    if last.outcome != ASKED or at.mono - last.at.mono <= after_s:
        return visit
    step = step_of(Rule.ANSWERED, at.mono, outcome=Outcome.EXPIRED, detail="no answer")
    failed = replace(last, outcome=Outcome.EXPIRED, detail="no answer")
    return visit.noted(step).with_openings((*visit.openings[:-1], failed))


def used_up(visit: Visit, judgement: Judgement | None, lane: Lane) -> Pass | None:
    """The one-time pass that let the vehicle in, now or in an earlier visit. None once the vehicle has backed out."""
    if visit.backed_out:
        return None
    let_in = lane.direction is Direction.ENTRY and visit.through and visit.overruled is None
    item = judgement.item if let_in and judgement is not None and judgement.opens else None
    return item if item is not None and item.one_time else visit.owed
