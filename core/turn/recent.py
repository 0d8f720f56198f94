"""Recent openings, kept so that the same car is not taken for a new arrival. Pure functions.

They answer two questions. Is it the car driving on? For `Policy.same_car_s` the same plate is the car let through, in
every lane of the barrier. Does it still stand there? A plate with the same text in the place where it was last seen has
not moved, however long it was out of view, so it is no new arrival (ADR 51).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from core.decision.record import VisitRecord
from core.geometry import Box
from core.instant import Instant
from core.reading.reading import Reading
from core.rules.policy import Lane, Policy
from core.rules.visit import Rules
from core.visit.track import elsewhere
from core.visit.tracking import edit_distance
from core.visit.visit import Visit

MOST_RECENT = 64
"""Openings remembered; the oldest are dropped first."""


@dataclass(frozen=True, slots=True)
class RecentOpening:
    """A plate for which a barrier was opened."""

    barrier: str
    lane: str
    visit_id: str
    text: str
    confidence: float
    """Of the reading `text`."""
    until: float
    """Until then the same plate, anywhere at the barrier, is taken for that car driving on; monotonic seconds."""
    place: Box | None
    """Where the plate was last seen; None once it is known to have moved."""
    seen: float
    """When that was; monotonic seconds."""
    frames_away: int = 0
    """Consecutive frames in which it was seen elsewhere."""


def remembered(
    recent: Sequence[RecentOpening], visit: Visit, lane: Lane, mono: float, policy: Policy, rules: Rules
) -> tuple[RecentOpening, ...]:
    """With the opening of a visit let through at `mono`, if its plate was read at all."""
    reading, motion = visit.evidence.reading, visit.motion
    others = forgotten(recent, visit)
    if not reading.text:
        return others
    opening = RecentOpening(
        lane.barrier, lane.name, visit.id, reading.text, reading.confidence, mono + policy.same_car_s,
        motion.plate, motion.plate_last if motion.plate_last is not None else mono,
    )  # fmt: skip
    # A car opened for again has arrived anew: its earlier opening no longer says anything.
    others = tuple(one for one in others if not (one.lane == lane.name and _same_car(one, reading, rules)))
    return (*others, opening)[-MOST_RECENT:]


def forgotten(recent: Sequence[RecentOpening], visit: Visit) -> tuple[RecentOpening, ...]:
    """Without the visit's opening: a car that was not let through is not driving on, and may be opened for."""
    return tuple(opening for opening in recent if opening.visit_id != visit.id)


def seen_again(
    recent: Sequence[RecentOpening], lane: Lane, visits: Iterable[Visit], mono: float, rules: Rules
) -> tuple[RecentOpening, ...]:
    """After a frame of `lane` at `mono`: updates where each plate is, or notes that it has moved.

    The plate of the visit that was let through is followed wherever it goes: its last place is where it may stand
    still. Any other sighting of the same text elsewhere means that it has moved.
    """
    shown = [visit for visit in visits if visit.motion.plate_last == mono]
    if not shown or not recent:
        return tuple(recent)
    return tuple(_after(opening, lane, shown, mono, rules) for opening in recent)


def _after(opening: RecentOpening, lane: Lane, shown: Sequence[Visit], mono: float, rules: Rules) -> RecentOpening:
    for visit in shown:
        reading, plate = visit.evidence.reading, visit.motion.plate
        if visit.id == opening.visit_id and not visit.standing:
            return replace(opening, place=plate, seen=mono)
        same_text = reading.confidence >= rules.told_confidence and _same_car(opening, reading, rules)
        if opening.place is None or not (same_text or visit.id == opening.visit_id):
            continue
        if lane.name != opening.lane:
            return replace(opening, place=None)
        if not elsewhere(plate or opening.place, opening.place, rules):
            return replace(opening, seen=mono, frames_away=0)
        away = opening.frames_away + 1
        return replace(opening, place=None if away >= rules.arrived_frames else opening.place, frames_away=away)
    return opening


def may_arrive(recent: Sequence[RecentOpening], visit: Visit) -> tuple[RecentOpening, ...]:
    """After the visit's car has moved, or is known not to have passed: its old place no longer blocks an opening."""
    return tuple(replace(opening, place=None) if opening.visit_id == visit.id else opening for opening in recent)


def not_passed(recent: Sequence[RecentOpening], barrier: str, lane: str | None) -> tuple[RecentOpening, ...]:
    """After a loop or the boom reports that the car opened for last has not passed: it may be opened for again."""
    newest = max(
        (one for one in recent if one.barrier == barrier and lane in {None, one.lane}),
        key=lambda one: one.until,
        default=None,
    )
    return tuple(one for one in recent if one is not newest)


def still_relevant(
    recent: Sequence[RecentOpening], mono: float, *, unseen_s: dict[str, float]
) -> tuple[RecentOpening, ...]:
    """The openings that still say something about a car at `mono`.

    `unseen_s`, by lane: for how many seconds a plate that is out of view is taken to stand where it was.
    """
    return tuple(
        one
        for one in recent
        if one.until > mono or (one.place is not None and mono - one.seen <= unseen_s.get(one.lane, 0.0))
    )


def recalled(records: Iterable[VisitRecord], at: Instant) -> tuple[RecentOpening, ...]:
    """The openings to remember at the start of a gate, from journal records, oldest first: the newest of each plate."""
    newest: dict[str, RecentOpening] = {}
    for record in records:
        if record.plate is None:
            continue
        newest.pop(record.plate, None)  # a later refusal, or a record in another lane, means that it has moved
        if record.opened and record.place is not None:
            age_s = max(0.0, (at.wall - record.last.wall).total_seconds())
            newest[record.plate] = RecentOpening(
                record.barrier, record.lane, record.visit_id, record.plate, record.confidence,
                until=at.mono, place=record.place, seen=at.mono - age_s,
            )  # fmt: skip
    return tuple(newest.values())[-MOST_RECENT:]


def drives_on(lane: Lane, visit: Visit, recent: Sequence[RecentOpening], mono: float, rules: Rules) -> str | None:
    """The lane at this barrier in which the car that this reads as was just opened for; None if there is none."""
    if visit.evidence.reading.confidence < rules.told_confidence:
        return None
    lanes = (
        one.lane
        for one in reversed(recent)
        if one.barrier == lane.barrier
        and one.until > mono
        and one.visit_id != visit.id
        and _same_car(one, visit.evidence.reading, rules)
    )
    return next(lanes, None)


def still_stands(lane: Lane, visit: Visit, recent: Sequence[RecentOpening], rules: Rules) -> bool:
    """Whether its plate was opened for and is still where it was last seen: the car has not moved, so not arrived."""
    box = visit.motion.plate
    return box is not None and any(
        one.place is not None and not elsewhere(box, one.place, rules)
        for one in _openings_of_plate(lane, visit, recent, rules)
    )


def hardly_moved(lane: Lane, visit: Visit, recent: Sequence[RecentOpening], rules: Rules) -> bool:
    """Whether its plate was opened for and has been seen elsewhere, but in too few frames to count as a new arrival."""
    return any(one.place is not None and one.frames_away > 0 for one in _openings_of_plate(lane, visit, recent, rules))


def _openings_of_plate(
    lane: Lane, visit: Visit, recent: Sequence[RecentOpening], rules: Rules
) -> Iterator[RecentOpening]:
    """The openings in this lane, made for other visits, that may have been for its plate."""
    return (
        one
        for one in recent
        if one.lane == lane.name and one.visit_id != visit.id and _same_car(one, visit.evidence.reading, rules)
    )


def _same_car(opening: RecentOpening, reading: Reading, rules: Rules) -> bool:
    """Whether the two may be one plate.

    If both are read beyond doubt, one different character makes two cars of a fleet.
    """
    certain = min(opening.confidence, reading.confidence) >= rules.certain_text
    return edit_distance(opening.text, reading.text) <= (0 if certain else 1)
