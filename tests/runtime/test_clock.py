"""The clock of a box that may have none: it never runs backwards, and says when it is not to be believed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from core.wallclock import Source
from edge.runtime.clock import RELEASED, Clock

START = datetime(2027, 1, 1, tzinfo=UTC)


class World:
    """The clocks that can be wrong, and the one that cannot."""

    def __init__(self, system: datetime = START, *, source: Source = Source.NONE) -> None:
        self.mono = 50.0
        self.system = system
        self.source = source
        self.doubts: list[str] = []

    def clock(self, floor: datetime | None = None) -> Clock:
        return Clock(
            floor=floor,
            mono=lambda: self.mono,
            system=lambda: self.system,
            source=lambda: self.source,
            doubted=self.doubts.append,
        )


def test_a_synchronised_clock_is_the_time() -> None:
    """Where somebody disciplines the clock, it is believed."""
    now = World(source=Source.SYNCHRONISED).clock().now()
    assert (START, True) == (now.wall, now.wall_trusted)


def test_an_unsynchronised_clock_is_not_used() -> None:
    """Neither 1970 nor ten years ahead: the floor holds and says so."""
    for wrong in (datetime(1970, 1, 1, tzinfo=UTC), datetime(2037, 1, 1, tzinfo=UTC)):
        now = World(wrong).clock(floor=START).now()
        assert (START, False) == (now.wall, now.wall_trusted)
    assert RELEASED == World().clock().now().wall


def test_wall_time_never_runs_backwards() -> None:
    """A clock set back by an hour is behind what has passed already, so it is no longer believed."""
    world = World(source=Source.SYNCHRONISED)
    clock = world.clock()
    clock.now()
    world.mono += 10
    world.system = START - timedelta(hours=1)
    now = clock.now()
    assert (START + timedelta(seconds=10), False) == (now.wall, now.wall_trusted)


def test_the_clouds_date_raises_the_floor_and_may_be_trusted() -> None:
    """Any `Date` raises the floor; only one heard over a checked connection makes the clock trusted."""
    world = World()
    clock = world.clock()
    clock.heard(START, mono=world.mono, authenticated=False)
    assert (START, False) == (clock.now().wall, clock.now().wall_trusted)
    world.mono += 60
    clock.heard(START + timedelta(minutes=1), mono=world.mono, authenticated=True)
    assert (START + timedelta(minutes=1), True) == (clock.now().wall, clock.now().wall_trusted)


def test_synchronisation_is_noticed_later() -> None:
    """The network comes after start: the clock becomes trusted without a restart."""
    world = World()
    clock = world.clock()
    assert not clock.now().wall_trusted
    world.mono += 2
    world.source = Source.SYNCHRONISED
    assert clock.now().wall_trusted
