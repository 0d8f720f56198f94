"""One reading in a camera's event, and the moment it was made, on our clock. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core.events import CameraPlateRead
from core.instant import Instant
from core.plates.canonical import PlateInvalid, canonical

NOBODY_KNOWS_S = 3600.0
"""A clock that is an hour or more off was never set, so its times are unknown."""


@dataclass(frozen=True, slots=True)
class Said:
    """A plate read by the camera."""

    plate: str
    """As the camera writes it."""
    at: datetime | None
    """By the camera's clock, with its UTC offset; None if the event lacks either."""
    live: bool = True
    """False: the camera says that it is an old reading (kept while the network was down)."""


def to_core(said: Said, lane: str, now: Instant) -> CameraPlateRead | None:
    """The core's event; None if no plate was read. The age is known only if both clocks can be trusted."""
    try:
        plate = canonical(said.plate)
    except PlateInvalid:
        return None
    age_s = behind_s(said, now)
    return CameraPlateRead(lane, now, plate, None if age_s is None else now.mono - age_s)


def behind_s(said: Said, now: Instant) -> float | None:
    """Seconds since the camera's reading, negative if its clock is ahead; None if unknown."""
    if said.at is None or not said.live or not now.wall_trusted:
        return None
    age_s = (now.wall - said.at).total_seconds()
    return age_s if abs(age_s) < NOBODY_KNOWS_S else None
