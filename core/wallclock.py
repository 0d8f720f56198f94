"""Wall time on a box without a clock of its own (a Pi 4 has none): a floor that never runs backwards.

The floor is the newest moment known to have passed: build time, the last record, the last `Date` of the server; it
moves on with the monotonic clock. Trusted is only what the system says it has synchronised, and only while it is not
behind the floor.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from core.instant import Instant

SLACK = timedelta(seconds=5)
"""A synchronised clock may be this much behind the floor: servers round, clocks are slewed."""


@dataclass(frozen=True, slots=True)
class FloorClock:
    """It was `floor` or later (aware, UTC) when the monotonic clock showed `mono` seconds."""

    floor: datetime
    mono: float

    def at(self, mono: float) -> datetime:
        """The floor at a later monotonic time."""
        return self.floor + timedelta(seconds=max(0.0, mono - self.mono))

    def raised(self, seen: datetime, *, mono: float) -> FloorClock:
        """The floor after learning that it was `seen` or later at `mono`; never lower than before."""
        return FloorClock(max(self.at(mono), seen), max(mono, self.mono))

    def instant(self, *, mono: float, system: datetime, synchronised: bool) -> Instant:
        """This moment. Wall time is the system's when it can be trusted, else the floor.

        A system clock that is not synchronised may be years ahead as well as behind, so it is not used at all.
        """
        floor = self.at(mono)
        if synchronised and system >= floor - SLACK:
            return Instant(mono, max(system, floor), wall_trusted=True)
        return Instant(mono, floor, wall_trusted=False)
