"""Who has come in and was not seen to leave: what anti-passback is decided on (ADR 118). Pure functions.

Only what is known refuses. A plate is inside where its car was opened for at an entry, left the picture forward, and
nothing since may have been its leaving: no plate at the exit like it, no exit that nobody could read, no exit whose
camera was away, no opening for which no vehicle was in view, no restart of the gate. After `anti_passback_h` it is forgotten.
"""

from __future__ import annotations

from collections.abc import Sequence

from core.decision.decide import Judgement
from core.decision.trace import Rule, step_of
from core.instant import Instant
from core.rules.policy import Approach, Policy
from core.rules.visit import Rules
from core.turn.state import Inside, LaneState
from core.visit.track import Way
from core.visit.tracking import edit_distance
from core.visit.visit import Visit
from core.words.reasons import Reason

MOST = 2000
"""Cars remembered; the oldest are forgotten first, and come in again."""
LEGIBLE = 5
"""A reading of fewer characters may be of any car."""
SLIPS, SURE_SLIPS = 3, 1
"""So many characters a plate at the exit may differ from the one at the entry and be the same car, in doubt or sure."""


def entered(
    inside: Sequence[Inside], visit: Visit, lane: LaneState, at: Instant, policy: Policy, rules: Rules
) -> tuple[Inside, ...]:
    """After a vehicle at an entry has gone from view, the barrier open for it."""
    reading = visit.evidence.reading
    sure = reading.accepted and reading.confidence >= policy.open_confidence
    if not sure or visit.backed_out or _turned_back(visit, lane, rules):
        return tuple(inside)
    others = tuple(one for one in inside if one.plate != reading.text)
    return (*others, Inside(reading.text, at))[-MOST:]


def after_leaving(
    inside: Sequence[Inside], visit: Visit, lane: LaneState, policy: Policy, rules: Rules
) -> tuple[Inside, ...]:
    """After a vehicle at an exit has gone from view: whoever it may have been is not known to be inside.

    A sighting that made no visit (the echo of a car just let in, which turned round and leaves at once) says so only by
    its plate, and where it came to the barrier: one that drives in may show at the exit too.
    """
    reading = visit.evidence.reading
    if not visit.confirmed and _turned_back(visit, lane, rules):
        return tuple(inside)
    if len(reading.text) < LEGIBLE:
        return () if visit.confirmed else tuple(inside)
    sure = reading.accepted and reading.confidence >= policy.open_confidence
    slips = SURE_SLIPS if sure else SLIPS
    return tuple(one for one in inside if edit_distance(one.plate, reading.text) > slips)


def still_known(inside: Sequence[Inside], at: Instant, policy: Policy) -> tuple[Inside, ...]:
    """Without those that came in too long ago to say anything."""
    return tuple(one for one in inside if at.mono - one.since.mono <= policy.anti_passback_h * 3600.0)


def refused_inside(judgement: Judgement, inside: Sequence[Inside], at: Instant, policy: Policy) -> Judgement:
    """The judgement for a vehicle at an entry, refused where its plate is known to be inside."""
    if not judgement.opens or not inside or not policy.anti_passback_h:
        return judgement
    known = next((one for one in still_known(inside, at, policy) if one.plate == judgement.plate), None)
    if known is None:
        return judgement
    since = known.since.wall.isoformat(timespec="minutes")
    step = step_of(Rule.ALREADY_INSIDE, at.mono, plate=known.plate, since=since)
    return Judgement(
        False, Reason.ALREADY_INSIDE, judgement.plate, judgement.confidence, judgement.item, (*judgement.trace, step)
    )


def _turned_back(visit: Visit, lane: LaneState, rules: Rules) -> bool:
    """Whether it was last seen to go away from the barrier."""
    return visit.motion.plate_track.came is _ways(lane, rules)[1]


def _ways(lane: LaneState, rules: Rules) -> tuple[Way, Way]:
    """How what comes to the barrier moves in the picture, and how what goes away from it."""
    return (Way.FURTHER, Way.NEARER) if lane.leads(rules) is Approach.AWAY else (Way.NEARER, Way.FURTHER)
