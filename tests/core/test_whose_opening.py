"""Whom an opening is for, and what becomes of one that is never answered: visits made by hand, one fact at its edge at a time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from core.decision.record import Opening
from core.events import BarrierActed, Instant, Reason
from core.rules.policy import Direction, Lane, Policy, Site
from core.turn.openings import ANOTHER_BOOT_S, TOLD_LATE_S, expired, joined
from core.turn.state import LaneState
from core.visit.phase import Phase
from core.visit.visit import Visit

LANES = (
    Lane("entry", Direction.ENTRY, "main"),
    Lane("exit", Direction.EXIT, "main"),
    Lane("yard", Direction.ENTRY, "two"),
)
SITE = Site(LANES, Policy())
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
LATER = 0.001


def at(mono: float, *, wall_s: float | None = None) -> Instant:
    return Instant(mono, NOON + timedelta(seconds=mono if wall_s is None else wall_s), wall_trusted=True)


CAME, SEEN, NOW = at(99.0), at(99.5), at(100.0)


def waiting(name: str, *, first: Instant = CAME, last: Instant = SEEN) -> Visit:
    return Visit(name, first, last, Phase.WAITING)


def let_in(visit: Visit) -> Visit:
    return visit.with_openings((Opening("r", Reason.PASS_VALID, at(99.2), "done"),))


def chosen(
    *visits: tuple[int, Visit], lane: str | None = None, barrier: str = "main", now: Instant = NOW
) -> str | None:
    """The name of the visit, each given with the number of its lane, that the guard's press is for."""
    lanes = [
        replace(LaneState(one), visits=tuple(v for n, v in visits if n == number)) for number, one in enumerate(LANES)
    ]
    found = joined(lanes, BarrierActed(now, barrier, lane, "press", Reason.GUARD_BUTTON, "done"), SITE)
    if found is None:
        return None
    number, visit = found
    assert Reason.GUARD_BUTTON is visit.openings[-1].reason
    assert number in {n for n, v in visits if v.id == visit.id}
    return visit.id


def test_an_opening_is_for_whoever_waits() -> None:
    """Before one that was let through already, however late that one was seen; among those who wait for the latest seen."""
    through = let_in(waiting("through", last=at(99.9)))
    assert "waits" == chosen((0, through), (0, waiting("waits")))
    assert "waits" == chosen((0, waiting("waits")), (0, through))
    assert "late" == chosen((0, waiting("early", last=at(99.4))), (0, waiting("late", last=at(99.6))))
    assert "through" == chosen((0, through))


def test_whoever_opens_for_a_waiting_car_has_decided_and_for_one_let_through_has_not() -> None:
    """The reason of a record is the guard's only where the gate had not opened by itself."""
    press = BarrierActed(NOW, "main", "entry", "press", Reason.GUARD_BUTTON, "done")
    for visit, overruled, decided in (
        (waiting("waits"), Reason.GUARD_BUTTON, NOW),
        (let_in(waiting("through")), None, None),
    ):
        found = joined([replace(LaneState(LANES[0]), visits=(visit,))], press, SITE)
        assert found is not None
        assert (overruled, decided) == (found[1].overruled, found[1].decided)


def test_an_opening_is_for_a_visit_before_a_sighting_and_makes_one_of_it() -> None:
    """Somebody has seen the car: what was a mere sighting is a visit by it."""
    sighting = Visit("seen", at(99.0), at(99.9))
    assert "waits" == chosen((0, sighting), (0, waiting("waits")))
    assert "seen" == chosen((0, sighting))


def test_an_opening_is_for_its_own_barrier_and_lane() -> None:
    """One that names no lane is for any lane of the barrier; of two alike the visit of the later lane, the same each time."""
    here, there, elsewhere = waiting("here"), waiting("there"), waiting("elsewhere")
    all_of_them = ((0, here), (1, there), (2, elsewhere))
    assert "here" == chosen(*all_of_them, lane="entry")
    assert "there" == chosen(*all_of_them, lane="exit")
    assert "elsewhere" == chosen(*all_of_them, barrier="two")
    assert "there" == chosen(*all_of_them)
    assert chosen((2, elsewhere)) is None
    assert chosen((0, here), lane="exit") is None
    twins = ((0, here), (0, waiting("twin")))
    assert chosen(*twins) in {"here", "twin"}  # nothing tells them apart, and nothing breaks


@pytest.mark.parametrize(
    ("first", "whose"),
    [
        (at(100.0 + TOLD_LATE_S), True),
        (at(100.0 + TOLD_LATE_S + LATER), False),
        (at(99.0, wall_s=100.0 + ANOTHER_BOOT_S), True),
        (at(99.0, wall_s=100.0 + ANOTHER_BOOT_S + LATER), False),
        (at(100.5, wall_s=100.5 + ANOTHER_BOOT_S), True),
        (at(100.5, wall_s=100.5 + ANOTHER_BOOT_S + LATER), False),
        (at(40.0), True),
    ],
)
def test_an_opening_is_for_no_car_that_came_long_after_it(first: Instant, whose: bool) -> None:  # noqa: FBT001
    """A camera may see a car some seconds late; monotonic clocks of two boots say nothing of each other, wall clocks do."""
    visit = waiting("v", first=first, last=first)
    assert ("v" if whose else None) == chosen((0, visit))


@pytest.mark.parametrize(("waited_s", "failed"), [(3.0, False), (3.0 + LATER, True)])
def test_a_request_that_nobody_answers_fails_and_no_other(waited_s: float, failed: bool) -> None:  # noqa: FBT001
    """It alone is taken back, and may be made again: those before it stay as they were answered."""
    before = (Opening("1", Reason.PASS_VALID, at(90.0), "failed"), Opening("2", Reason.PASS_VALID, at(92.0), "refused"))
    asked = Opening("3", Reason.PASS_VALID, at(100.0), "asked")
    visit = expired(waiting("v").with_openings((*before, asked)), at(100.0 + waited_s), after_s=3.0)
    assert before == visit.openings[:2]
    assert ("expired" if failed else "asked") == visit.openings[2].outcome
    assert (Phase.WAITING if failed else Phase.ASKED) is visit.phase
    done = let_in(waiting("v"))
    assert done == expired(done, at(1e6), after_s=3.0)
    assert waiting("v") == expired(waiting("v"), at(1e6), after_s=3.0)
