"""Hours, tables and confidences at their edges."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from core.passes.passcsv import TableInvalid, read_passes
from core.passes.schedule import MOST_SPANS, Schedule, ScheduleInvalid, kept, written
from core.reading.decode import _calibrated
from core.reading.rows import CALIBRATION

MOSCOW = ZoneInfo("Europe/Moscow")


def test_hours_need_a_zone_with_a_name() -> None:
    """An offset is no zone: summer time would come over it unseen."""
    with pytest.raises(ScheduleInvalid):
        written("пн–пт 8–18", timezone(timedelta(hours=3)))


@pytest.mark.parametrize(
    "text",
    [
        "; ".join(["1-5 08:00-18:00"] * (MOST_SPANS + 1)) + " Europe/Moscow",
        "1-3-5 08:00-18:00 Europe/Moscow",
        "1-5 08:00-18:00 Europe/Nowhere",
        "1-5 08:60-18:00 Europe/Moscow",
        "1-5 08:00-08:00 Europe/Moscow",
        "nothing",
    ],
)
def test_kept_hours_that_no_version_wrote_are_refused(text: str) -> None:
    """Too many spans, days that are none, a zone that nobody knows: hours that cannot be read hold never."""
    with pytest.raises(ScheduleInvalid):
        kept(text)


def test_hours_are_said_in_the_words_of_a_page_too() -> None:
    """A page may have words of its own; a schedule without spans says that it was not read."""
    hours = written("пн–пт 8–18", MOSCOW)
    assert hours is not None
    assert hours.words() == hours.words_by(lambda word: word)
    assert Schedule((), "Europe/Moscow").words() == "часы не прочитаны"


def test_a_cell_without_end_is_no_table() -> None:
    """What the reader of CSV refuses is one line that says so, not a traceback."""
    with pytest.raises(TableInvalid, match="CSV"):
        read_passes(('номер\n"' + "x" * 200_000).encode(), MOSCOW)


def test_a_row_with_more_cells_than_columns_is_wrong() -> None:
    """A stray delimiter shifts what follows: the row is named, not guessed."""
    table = read_passes("номер;по\nA123BC77;31.12.2026;газель\n".encode(), MOSCOW)
    assert [2] == [problem.line for problem in table.problems]
    assert () == table.rows


def test_a_period_that_ends_before_it_begins_is_wrong() -> None:
    """Such a pass would hold never and look as if it did."""
    table = read_passes("номер;с;по\nA123BC77;02.01.2026;01.01.2026 10:00\n".encode(), MOSCOW)
    assert [2] == [problem.line for problem in table.problems]


@pytest.mark.parametrize("posterior", [0.0, 1e-12, 0.3, 0.5, 0.97, 1.0])
def test_a_calibrated_confidence_is_a_probability_and_keeps_its_order(posterior: float) -> None:
    """Whatever slope and offset, between 0 and 1, and a surer reading stays the surer one."""
    curve = replace(CALIBRATION, confidence_slope=1.7, confidence_offset=-0.4)
    said = _calibrated(posterior, curve)
    assert 0.0 <= said <= 1.0
    assert said <= _calibrated(min(1.0, posterior + 0.02), curve)
    steep = replace(CALIBRATION, confidence_slope=100.0, confidence_offset=0.0)
    assert _calibrated(0.0, steep) == pytest.approx(0.0, abs=1e-200)


def test_an_hour_of_a_day_is_of_the_sites_zone() -> None:
    """Nine in Moscow is six in UTC."""
    hours = written("8–18", MOSCOW)
    assert hours is not None
    assert hours.holds(datetime(2026, 11, 29, 6, tzinfo=UTC))
    assert not hours.holds(datetime(2026, 11, 29, 16, tzinfo=UTC))
