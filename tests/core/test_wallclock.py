"""Which witness of the time is believed, and when. Pure: the world is told to the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.wallclock import CONFIRM_S, RECOVER_S, Source, System, WallClock

BUILT = datetime(2026, 11, 22, tzinfo=UTC)
NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
WRONG = datetime(2099, 1, 1, tzinfo=UTC)
YEAR = timedelta(days=365)


class Life:
    """A clock and the world it lives in; `NOW` is the true time at second 0."""

    def __init__(self, source: Source = Source.NONE, *, system: datetime = NOW, known: datetime | None = None) -> None:
        self.mono = 0.0
        self.source, self.system = source, system
        self.clock = WallClock.start(built=BUILT, known=known, mono=0.0)

    def after(self, seconds: float) -> Life:
        self.mono += seconds
        return self

    def heard(self, date: datetime, *, authenticated: bool = True) -> None:
        """A date, told as of the world's beginning: it has moved on since."""
        date += timedelta(seconds=int(self.mono))
        self.clock = self.clock.heard(date, mono=self.mono, authenticated=authenticated, system=self._shown())

    def now(self) -> tuple[datetime, bool]:
        """As of the world's beginning, and whether it is trusted."""
        self.clock, instant = self.clock.look(mono=self.mono, system=self._shown())
        return instant.wall - timedelta(seconds=self.mono), instant.wall_trusted

    def _shown(self) -> System:
        return System(self.system + timedelta(seconds=self.mono), self.source)


@pytest.mark.parametrize("wrong", [WRONG, NOW + 3 * YEAR])
@pytest.mark.parametrize("source", list(Source))
def test_one_date_of_2099_changes_nothing(source: Source, wrong: datetime) -> None:
    """A single absurd date from the cloud is not believed, is told, and the next good one clears the doubt."""
    life = Life(source, known=NOW)
    life.heard(NOW)
    before = life.now()
    life.after(30).heard(wrong)
    assert before == life.now()
    assert str(wrong.year) in life.clock.doubt
    life.after(30).heard(NOW)
    assert ("", before) == (life.clock.doubt, life.now())


@pytest.mark.parametrize("far", [NOW + 3 * YEAR, NOW - timedelta(days=60)])
@pytest.mark.parametrize("source", [Source.BATTERY, Source.SYNCHRONISED])
def test_no_cloud_overrules_a_clock_of_ones_own(source: Source, far: datetime) -> None:
    """However often a cloud says another day: a synchronised clock stays trusted, one on a battery becomes doubtful."""
    life = Life(source, known=NOW - timedelta(days=90))
    for _ in range(20):
        life.after(CONFIRM_S + 1).heard(far)
        wall, trusted = life.now()
        assert abs(wall - NOW) < timedelta(seconds=5)
    assert trusted is (source is Source.SYNCHRONISED)
    assert life.clock.doubt


def test_a_box_that_lay_in_a_drawer_learns_the_time() -> None:
    """Without a clock of its own, two dates that agree are believed, though they are a year ahead of the floor."""
    life = Life(known=NOW - YEAR)
    life.heard(NOW)
    assert not life.now()[1]
    life.after(CONFIRM_S + 1).heard(NOW)
    assert (NOW, True) == life.now()


@pytest.mark.parametrize("source", list(Source))
def test_a_poisoned_floor_is_recovered_from(source: Source) -> None:
    """A journal full of another year's records does not hold for ever: a better witness lowers the floor."""
    life = Life(source, known=NOW + 3 * YEAR)
    if source is not Source.SYNCHRONISED:
        assert (NOW + 3 * YEAR, False) == life.now()
        life.heard(NOW)
        life.after(CONFIRM_S + 1).heard(NOW)
    assert (NOW, True) == life.now()


def test_a_floor_that_cannot_be_is_passed_over() -> None:
    """No record of 2099 makes this version's gate live then."""
    assert (BUILT, False) == Life(known=WRONG).now()


def test_a_synchronised_clock_set_back_is_believed_in_time() -> None:
    """Wall time stays above what has passed for a minute; a clock that stays behind is right, and the floor is wrong."""
    life = Life(Source.SYNCHRONISED)
    life.now()
    life.system -= timedelta(hours=2)
    assert (NOW, False) == life.after(10).now()
    wall, trusted = life.after(RECOVER_S).now()
    assert (NOW - timedelta(hours=2), True) == (wall, trusted)


def test_an_unchecked_date_is_a_floor_and_no_more() -> None:
    """It makes no clock trusted, and raises the floor by three years at the most."""
    life = Life(known=NOW - YEAR)
    life.heard(NOW, authenticated=False)
    assert (NOW, False) == life.now()
    life.heard(NOW + 4 * YEAR, authenticated=False)
    assert (NOW, False) == life.now()


def test_what_the_system_showed_is_kept_where_it_differs() -> None:
    """A record has both times."""
    life = Life(system=NOW - YEAR, known=NOW)
    _, instant = life.clock.look(mono=0.0, system=System(NOW - YEAR, Source.NONE))
    assert (NOW, NOW - YEAR) == (instant.wall, instant.system)


@given(
    st.lists(
        st.tuples(st.floats(0, 1e6), st.integers(-(10**9), 3 * 10**9), st.booleans(), st.sampled_from(list(Source))),
        max_size=30,
    )
)
def test_no_word_puts_the_clock_where_it_cannot_be(words: list[tuple[float, int, bool, Source]]) -> None:
    """Whatever is heard, in whatever order: never before the build, and trusted only with a witness."""
    life = Life()
    for seconds, offset_s, authenticated, source in words:
        life.source = source
        life.after(seconds).heard(NOW + timedelta(seconds=offset_s), authenticated=authenticated)
        _, trusted = life.now()
        assert life.clock.floor.floor >= BUILT - timedelta(seconds=5)
        assert not trusted or life.clock.server is not None or source is not Source.NONE
