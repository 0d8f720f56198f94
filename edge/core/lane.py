"""One frame taken into a lane: whose plate it shows, whose vehicle, and what is new in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from edge.core.decode import decode
from edge.core.events import FrameRead
from edge.core.policy import Policy
from edge.core.state import LaneState
from edge.core.tracking import Seen, assign, edit_distance
from edge.core.visit import Visit

MOST_VISITS = 8
"""Vehicles followed at once in a lane; the least founded sighting makes room."""


def observe(
    lane: LaneState, frame: FrameRead, policy: Policy, new_id: Callable[[], str]
) -> tuple[LaneState, tuple[str, ...]]:
    """The lane after a frame, and the ids of the visits that the frame showed, those with a plate first.

    A frozen picture keeps a vehicle in view present, but is no evidence of anything.
    """
    seen = [] if frame.frozen else [Seen(read, decode(read)) for read in frame.plates]
    visits = list(lane.visits)
    owners = assign(seen, [visit.known(frame.at.mono) for visit in visits])
    touched: list[str] = []
    for plate, owner in zip(seen, owners, strict=True):
        if owner is not None:
            visits[owner] = visits[owner].with_plate(plate, frame)
            touched.append(visits[owner].id)
    for plate, owner in zip(seen, owners, strict=True):
        if owner is None and not _shown_twice(plate, visits):
            visits.append(Visit(new_id(), frame.at, frame.at).with_plate(plate, frame))
            touched.append(visits[-1].id)
    if not touched and (frame.vehicle is not None or (frame.frozen and visits)):
        index = _vehicle_of(visits, frame, policy)
        if index is None:
            visits.append(Visit(new_id(), frame.at, frame.at))
            index = len(visits) - 1
        visits[index] = visits[index].with_vehicle(frame)
        touched.append(visits[index].id)
    return replace(lane, visits=_bounded(visits)), tuple(touched)


def _shown_twice(plate: Seen, visits: list[Visit]) -> bool:
    """Whether the plate says what another in view says already: painted on the body, or a reflection."""
    return bool(plate.own.text) and any(
        visit.plate_last == visit.last.mono and edit_distance(plate.own.text, visit.reading.text) <= 1
        for visit in visits
    )


def _vehicle_of(visits: list[Visit], frame: FrameRead, policy: Policy) -> int | None:
    """Whose the vehicle without a plate is: the latest seen, unless its plate left long ago and it has moved on."""
    if not visits:
        return None
    index = max(range(len(visits)), key=lambda i: (visits[i].last.mono, i))
    visit = visits[index]
    if visit.plate_last is None or frame.vehicle is None:
        return index
    recent = frame.at.mono - visit.plate_last <= policy.same_car_patience_s
    return index if recent or visit.stands(frame.vehicle) else None


def _bounded(visits: list[Visit]) -> tuple[Visit, ...]:
    while len(visits) > MOST_VISITS:
        weakest = min(range(len(visits)), key=lambda i: (visits[i].confirmed, visits[i].hits, visits[i].last.mono))
        if visits[weakest].confirmed:
            break  # never lose a visit that owes a record
        del visits[weakest]
    return tuple(visits)
