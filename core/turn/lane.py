"""Takes one frame into a lane: which visit each plate and the vehicle belong to, and what is new."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from core.events import FrameRead
from core.reading.decode import decode
from core.rules.visit import ExitRules, Rules
from core.turn.state import LaneState
from core.visit.tracking import Seen, assign, edit_distance
from core.visit.visit import Visit

MOST_VISITS = 16
"""Vehicles and signs followed at once in a lane, twice what a frame can show. When there are more, the sighting with the
least evidence that the frame does not show is dropped, signs before cars."""


def observe(
    lane: LaneState, frame: FrameRead, new_id: Callable[[], str], rules: Rules
) -> tuple[LaneState, tuple[str, ...]]:
    """The lane after a frame, and the ids of the visits that the frame showed, those with a plate first.

    A frozen picture keeps a vehicle present, but is no evidence of anything.
    """
    lane = _foreground(lane, frame, rules)
    visits = list(lane.visits)
    touched = _show_plates(visits, frame, lambda: _begun(new_id, frame, trailing=lane.vehicle_claimed), rules)
    staying = isinstance(rules, ExitRules) and frame.at.mono - lane.vehicle_since >= rules.staying_s
    owned = any(visit.id in touched and not visit.apart_from(frame, rules, staying=staying) for visit in visits)
    if not owned and (frame.vehicle is not None or (frame.frozen and visits)):
        index = _vehicle_of(visits, frame, rules, staying=staying)
        if index is None:
            visits.append(_begun(new_id, frame, trailing=lane.vehicle_claimed))
            index = len(visits) - 1
        visits[index] = visits[index].with_vehicle(frame, rules)
        touched.append(visits[index].id)
    if frame.light is not None:
        visits = [_lit(visit, frame) for visit in visits]
    if frame.light is not None and frame.vehicle is None and not frame.frozen and not visits:
        visits.append(_begun(new_id, frame, trailing=False).with_light(frame))
        touched.append(visits[-1].id)
    claimed = lane.vehicle_claimed or any(
        visit.motion.plate_last == frame.at.mono and not visit.apart_from(frame, rules, staying=staying)
        for visit in visits
    )
    return replace(lane, visits=_bounded(visits, frame, rules), vehicle_claimed=claimed), tuple(touched)


def _show_plates(visits: list[Visit], frame: FrameRead, begun: Callable[[], Visit], rules: Rules) -> list[str]:
    """Gives each plate of the frame to its visit, or starts a new one. Returns the ids of the visits shown."""
    seen = [] if frame.frozen else [Seen(read, decode(read)) for read in frame.plates]
    owners = assign(seen, [visit.known(frame.at.mono, rules) for visit in visits], rules)
    shown: list[str] = []
    for plate, owner in zip(seen, owners, strict=True):
        if owner is not None:
            visits[owner] = visits[owner].with_plate(plate, frame, rules)
            shown.append(visits[owner].id)
    # Start new visits only after all known plates are placed: a plate that repeats one of those gets no visit.
    for plate, owner in zip(seen, owners, strict=True):
        if owner is None and plate.own.text and not _shown_twice(plate, visits):
            visits.append(begun().with_plate(plate, frame, rules))
            shown.append(visits[-1].id)
    return shown


def _begun(new_id: Callable[[], str], frame: FrameRead, *, trailing: bool) -> Visit:
    """A new sighting that begins with this frame."""
    return Visit(new_id(), frame.at, frame.at, trailing=trailing)


def _lit(visit: Visit, frame: FrameRead) -> Visit:
    """Adds the light to a sighting that was only light so far, if the frame shows no vehicle."""
    return visit.with_light(frame) if visit.only_light and frame.vehicle is None else visit


def _foreground(lane: LaneState, frame: FrameRead, rules: Rules) -> LaneState:
    """The lane after what the frame shows of vehicles.

    A gap longer than `apart_s` between two vehicles ends the claim.
    """
    apart = frame.at.mono - lane.vehicle_seen > rules.apart_s
    if frame.vehicle is None:
        return replace(lane, vehicle_claimed=lane.vehicle_claimed and not apart)
    return replace(
        lane,
        vehicle_seen=frame.at.mono,
        vehicle_since=frame.at.mono if apart else lane.vehicle_since,
        vehicle_claimed=lane.vehicle_claimed and not apart,
    )


def _shown_twice(plate: Seen, visits: list[Visit]) -> bool:
    """Whether the plate repeats the text of another one in view: painted on the body, or a reflection."""
    return bool(plate.own.text) and any(
        visit.motion.plate_last == visit.last.mono and edit_distance(plate.own.text, visit.evidence.reading.text) <= 1
        for visit in visits
    )


def _vehicle_of(visits: list[Visit], frame: FrameRead, rules: Rules, *, staying: bool) -> int | None:
    """The visit that a vehicle without a plate belongs to: the one seen last.

    None if that visit's plate has been out of view for `driving_on_s` and the vehicle does not stand where it stood.
    """
    here = [index for index, visit in enumerate(visits) if not visit.apart_from(frame, rules, staying=staying)]
    if not here:
        return None
    index = max(here, key=lambda i: (visits[i].last.mono, i))
    visit = visits[index]
    if visit.motion.plate_last is None or frame.vehicle is None:
        return index
    driving_on = frame.at.mono - visit.motion.plate_last <= rules.driving_on_s
    return index if driving_on or visit.motion.stands_in(frame, rules) else None


def _bounded(visits: list[Visit], frame: FrameRead, rules: Rules) -> tuple[Visit, ...]:
    now = frame.at.mono
    # Never drop one that is owed a record, nor one in view: at the exit it may be the car that waits.
    spare = [visit for visit in visits if not visit.confirmed and visit.last.mono != now]
    spare.sort(key=lambda visit: (not visit.stationary(now, rules), visit.evidence.hits, visit.last.mono))
    lost = {visit.id for visit in spare[: max(0, len(visits) - MOST_VISITS)]}
    return tuple(visit for visit in visits if visit.id not in lost)
