"""One moment on both clocks. Time enters the core only as this value."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Instant:
    """One moment on both clocks. `wall` is timezone-aware UTC, never behind the floor time; see `core.wallclock`."""

    mono: float
    wall: datetime
    wall_trusted: bool
    system: datetime | None = None
    """What the system's own clock showed, if it differed: records keep both times."""
