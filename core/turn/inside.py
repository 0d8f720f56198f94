"""Who has come in and was not seen to leave: the basis of anti-passback (ADR 118). Pure functions.

Only what is known leads to a refusal. A plate is inside if its car was opened for at an entry and left the picture
going forward, and nothing since may have been its leaving: no similar plate at the exit, no exit that nobody could
read, no loss of an exit's camera, no opening without a vehicle in view, no restart of the gate. After `anti_passback_h`
it is forgotten.
"""

from __future__ import annotations

from collections.abc import Sequence

from core.decision.decide import Judgement
from core.decision.trace import Rule, step_of
from core.instant import Instant
from core.rules.policy import Policy
from core.rules.visit import Rules
from core.turn.state import Inside, LaneState
from core.visit.tracking import edit_distance
from core.visit.visit import Visit
from core.words.reasons import Reason

MOST_INSIDE = 2000
"""Plates remembered. The oldest are forgotten first; they may come in again."""
LEGIBLE = 5
"""Readings shorter than this may be of any car."""
MOST_EDITS, MOST_EDITS_IF_SURE = 3, 1
"""The edit distance at which a plate read at the exit may still be the one read at the entry: if the exit reading is in
doubt, and if it is sure."""


def entered(
    inside: Sequence[Inside], visit: Visit, lane: LaneState, at: Instant, policy: Policy, rules: Rules
) -> tuple[Inside, ...]:
    """After a vehicle at an entry that was opened for has gone from view."""
    reading = visit.evidence.reading
    sure = reading.accepted and reading.confidence >= policy.open_confidence
    if not sure or visit.backed_out or _turned_back(visit, lane, rules):
        return tuple(inside)
    others = tuple(one for one in inside if one.plate != reading.text)
    return (*others, Inside(reading.text, at))[-MOST_INSIDE:]


def after_leaving(
    inside: Sequence[Inside], visit: Visit, lane: LaneState, policy: Policy, rules: Rules
) -> tuple[Inside, ...]:
    """After a vehicle at an exit has gone from view: every plate that it may have been is no longer known to be inside.

    A sighting that made no visit (the echo of a car just let in that turned round and leaves at once) counts only by
    its plate, and only if it came towards the barrier: a car that drives in may show in the exit's picture too.
    """
    reading = visit.evidence.reading
    if not visit.confirmed and _turned_back(visit, lane, rules):
        return tuple(inside)
    if len(reading.text) < LEGIBLE:
        return () if visit.confirmed else tuple(inside)
    sure = reading.accepted and reading.confidence >= policy.open_confidence
    most = MOST_EDITS_IF_SURE if sure else MOST_EDITS
    return tuple(one for one in inside if edit_distance(one.plate, reading.text) > most)


def still_known(inside: Sequence[Inside], at: Instant, policy: Policy) -> tuple[Inside, ...]:
    """Without those that came in more than `anti_passback_h` ago."""
    return tuple(one for one in inside if at.mono - one.since.mono <= policy.anti_passback_h * 3600.0)


def refused_inside(judgement: Judgement, inside: Sequence[Inside], at: Instant, policy: Policy) -> Judgement:
    """The judgement for a vehicle at an entry: refused if its plate is known to be inside."""
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
    """Whether it was last seen moving away from the barrier."""
    return visit.motion.plate_track.came is lane.way_back(rules)
