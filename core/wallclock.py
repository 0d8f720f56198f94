"""Wall time on a machine without a battery clock (a Pi 4 has none): which time source is believed, and when.

From the strongest to the weakest: a synchronised system clock; the cloud's clock, heard over an authenticated
connection; a system clock on a battery; the floor, which is the newest moment known to have passed. Each advances with
the monotonic clock. No single date moves the clock far: a jump of more than a day needs a second date that agrees. A
source that contradicts a better one only raises a doubt. The floor itself may have been poisoned by a wrong clock in
the past, so a better source lowers it again. Only the build time is a floor that nothing lowers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum

from core.instant import Instant

SLACK = timedelta(seconds=5)
"""A good clock may be this far behind the floor: servers round, and clocks are slewed."""
FAR = timedelta(days=1)
"""A date further away than this is not believed the first time."""
CONFIRM_S = 10.0
"""The confirming date must be heard at least this many seconds later."""
RECOVER_S = 60.0
"""A synchronised clock must stay behind the floor for this many seconds before the floor is taken to be wrong."""
MOST_UNCHECKED = timedelta(days=3 * 365)
"""The most by which a date heard over an unauthenticated connection may raise the floor."""
LIFETIME = timedelta(days=20 * 365)
"""No gate of this version runs for longer than this."""


class Source(Enum):
    """What keeps the system's clock."""

    NONE = "none"
    BATTERY = "battery"
    """A clock that runs on when the power is off, or a machine known to have one."""
    SYNCHRONISED = "synchronised"


@dataclass(frozen=True, slots=True)
class FloorClock:
    """It was `floor` or later (aware, UTC) when the monotonic clock showed `mono` seconds."""

    floor: datetime
    mono: float

    def at(self, mono: float) -> datetime:
        """The floor at a later monotonic time."""
        return self.floor + timedelta(seconds=max(0.0, mono - self.mono))

    def raised(self, seen: datetime, *, mono: float) -> FloorClock:
        """The floor after learning that at `mono` it was `seen` or later. Never lower than before."""
        return FloorClock(max(self.at(mono), seen), max(mono, self.mono))


@dataclass(frozen=True, slots=True)
class System:
    """The system's clock at one moment."""

    time: datetime
    source: Source


@dataclass(frozen=True, slots=True)
class WallClock:
    """All that is known about the time. Immutable: every change makes a new value."""

    built: datetime
    """Build time of the program: no machine can be in a time before it."""
    floor: FloorClock
    server: FloorClock | None = None
    """The cloud's clock, once believed."""
    pending: FloorClock | None = None
    """A date that was too far away to be believed at once, waiting for a second one."""
    behind_since: float | None = None
    lived: bool = False
    """This process has itself seen the floor pass; it was not only found on a disk."""
    doubt: str = ""
    """The date from the cloud that was not believed; empty while there is none."""

    @classmethod
    def start(cls, *, built: datetime, known: datetime | None, mono: float) -> WallClock:
        """`known`: the newest moment stored on disk. One that is impossible is ignored."""
        believable = known if known is not None and known <= built + LIFETIME else built
        return cls(built, FloorClock(max(built, believable), mono))

    def look(self, *, mono: float, system: System) -> tuple[WallClock, Instant]:
        """The present moment, and the clock after it."""
        floor = self.floor.at(mono)
        if system.source is Source.SYNCHRONISED and self.built - SLACK <= system.time:
            return _by_synchronised(self, floor, mono, system)
        if system.source is Source.BATTERY and system.time >= floor - SLACK:
            return _by_battery(self, floor, mono, system)
        if self.server is not None:
            return _moment(self, max(self.server.at(mono), floor), mono, system, trusted=True)
        return _moment(self, floor, mono, system, trusted=False)

    def heard(self, date: datetime, *, mono: float, authenticated: bool, system: System) -> WallClock:
        """The clock after the cloud's clock said `date` at `mono`."""
        after, now = self.look(mono=mono, system=system)
        if not self.built - FAR <= date <= self.built + LIFETIME:
            return replace(after, doubt=f"{date:%Y-%m-%d %H:%M}")
        far = abs(date - now.wall) > FAR
        if system.source is Source.SYNCHRONISED and now.wall_trusted:
            return replace(after, doubt=f"{date:%Y-%m-%d %H:%M}" if far else "")
        if not authenticated:
            if now.wall_trusted or date - now.wall > MOST_UNCHECKED:
                return after
            return replace(after, floor=after.floor.raised(date, mono=mono))
        if not far:
            return replace(_with_server_time(after, date, mono), doubt="")
        contradicted = system.source is Source.BATTERY and system.time >= self.floor.at(mono) - SLACK
        return _far_date(after, date, mono, contradicted=contradicted)


def _by_synchronised(clock: WallClock, floor: datetime, mono: float, system: System) -> tuple[WallClock, Instant]:
    if system.time >= floor - SLACK:
        return _moment(replace(clock, behind_since=None), max(system.time, floor), mono, system, trusted=True)
    since = mono if clock.behind_since is None else clock.behind_since
    if clock.lived and mono - since < RECOVER_S:
        return _moment(replace(clock, behind_since=since), floor, mono, system, trusted=False)
    lowered = replace(clock, floor=FloorClock(system.time, mono), server=None, behind_since=None)
    return _moment(lowered, system.time, mono, system, trusted=True)


def _by_battery(clock: WallClock, floor: datetime, mono: float, system: System) -> tuple[WallClock, Instant]:
    if clock.server is None:
        return _moment(clock, max(system.time, floor), mono, system, trusted=True)
    server = clock.server.at(mono)
    if abs(server - system.time) <= FAR:  # both are plausible; the cloud's clock is the better kept
        return _moment(clock, max(server, floor), mono, system, trusted=True)
    return _moment(clock, max(system.time, floor), mono, system, trusted=False)


def _moment(
    clock: WallClock, wall: datetime, mono: float, system: System, *, trusted: bool
) -> tuple[WallClock, Instant]:
    shown = system.time if abs(system.time - wall) > SLACK else None
    after = replace(clock, floor=clock.floor.raised(wall, mono=mono), lived=True)
    return after, Instant(mono, wall, trusted, shown)


def _far_date(clock: WallClock, date: datetime, mono: float, *, contradicted: bool) -> WallClock:
    """A date too far away to be believed at once: it needs a second one, and no battery clock that contradicts it."""
    pending, doubt = clock.pending, f"{date:%Y-%m-%d %H:%M}"
    if pending is None or abs(pending.at(mono) - date) > SLACK:
        return replace(clock, pending=FloorClock(date, mono), doubt=doubt)
    if mono - pending.mono < CONFIRM_S:
        return replace(clock, doubt=doubt)
    if contradicted:  # there is no telling which of the two is right
        return replace(clock, server=FloorClock(date, mono), doubt=doubt)
    return replace(_with_server_time(clock, date, mono), floor=FloorClock(date, mono), doubt="")


def _with_server_time(clock: WallClock, date: datetime, mono: float) -> WallClock:
    return replace(clock, server=FloorClock(date, mono), pending=None, floor=clock.floor.raised(date, mono=mono))
