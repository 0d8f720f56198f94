"""One reading as a camera's event tells it, and the moment at which it was made, on our clock. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core.events import CameraPlateRead
from core.instant import Instant
from core.plates.canonical import PlateInvalid, canonical

NOBODY_KNOWS_S = 3600.0
"""A clock that is an hour off is not off: it was never set."""


@dataclass(frozen=True, slots=True)
class Said:
    """A plate that the camera has read."""

    plate: str
    """As the camera writes it."""
    at: datetime | None
    """By the camera's clock, with its offset from UTC; None where the event does not tell both."""
    live: bool = True
    """False: the camera itself says that it tells of the past (kept while the network was away)."""


def to_core(said: Said, lane: str, now: Instant) -> CameraPlateRead | None:
    """What the core is told; None where no plate was read. The age is known only by two clocks that can be trusted."""
    try:
        plate = canonical(said.plate)
    except PlateInvalid:
        return None
    age_s = behind_s(said, now)
    return CameraPlateRead(lane, now, plate, None if age_s is None else now.mono - age_s)


def behind_s(said: Said, now: Instant) -> float | None:
    """How long ago the camera looked, below zero where its clock is ahead; None where nobody knows."""
    if said.at is None or not said.live or not now.wall_trusted:
        return None
    age_s = (now.wall - said.at).total_seconds()
    return age_s if abs(age_s) < NOBODY_KNOWS_S else None
