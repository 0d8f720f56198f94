"""One moment on both clocks: how time enters the core."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Instant:
    """One moment on both clocks. `wall` is aware, UTC, and never behind the floor time; see `core.wallclock`."""

    mono: float
    wall: datetime
    wall_trusted: bool
    system: datetime | None = None
    """What the system's own clock showed, where that was another time: records keep both."""
