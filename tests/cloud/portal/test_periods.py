"""Periods: days of the territory's calendar become moments, and back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.domain.errors import Invalid
from cloud.domain.periods import Period, PeriodFields, Preset, days_of, period_fields, preset_fields, read_period

MOSCOW = ZoneInfo("Europe/Moscow")
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("preset", "last", "once"),
    [
        (Preset.TODAY, "2026-01-31", False),
        (Preset.THREE_DAYS, "2026-02-02", False),
        (Preset.MONTH, "2026-02-28", False),
        (Preset.ALWAYS, "", False),
        (Preset.ONCE, "2026-01-31", True),
    ],
)
def test_presets(preset, last, once):
    """Each preset starts today; a month that has no such day ends with its last."""
    fields = preset_fields(preset, datetime(2026, 1, 31, 12, tzinfo=UTC))

    assert ("2026-01-31", last, once) == (fields.start, fields.end, fields.one_time)


def test_a_day_is_whole():
    """A pass for today begins at midnight of the territory and ends at the next midnight."""
    period = read_period(PeriodFields("2026-11-22", "2026-11-22"), MOSCOW, now=NOW)

    assert datetime(2026, 11, 21, 21, tzinfo=UTC) == period.start
    assert datetime(2026, 11, 22, 21, tzinfo=UTC) == period.end
    assert 1 == days_of(period, MOSCOW, now=NOW)


def test_a_day_of_changing_clocks_is_whole():
    """Where clocks change, the last day has its 23 or 25 hours."""
    berlin = ZoneInfo("Europe/Berlin")

    period = read_period(PeriodFields("2027-03-28", "2027-03-28"), berlin, now=NOW)

    assert timedelta(hours=23) == period.end - period.start


@given(st.dates(date(2026, 11, 22), date(2100, 1, 1)), st.integers(0, 400), st.sampled_from(["Europe/Moscow", "Asia/Kamchatka", "Europe/Berlin"]))  # fmt: skip
def test_the_form_shows_what_was_filed(first, length, zone_name):
    """A period filed by days is shown as the same days when it is edited."""
    zone = ZoneInfo(zone_name)
    fields = PeriodFields(first.isoformat(), (first + timedelta(days=length)).isoformat())

    assert fields == period_fields(read_period(fields, zone, now=NOW), zone, one_time=False)


def test_a_time_may_be_given():
    """With a time the period ends at that minute, and the form shows it again."""
    fields = PeriodFields("2026-11-22", "2026-11-22", "14:00", "16:30")

    period = read_period(fields, MOSCOW, now=NOW)

    assert datetime(2026, 11, 22, 13, 30, tzinfo=UTC) == period.end
    assert fields == period_fields(period, MOSCOW, one_time=False)


@pytest.mark.parametrize(
    ("start", "end"),
    [("2026-11-25", "2026-11-24"), ("", "2026-11-21"), ("31.02.2027", ""), ("завтра", ""), ("0001-01-01", ""), ("", "9999-12-31")],
)  # fmt: skip
def test_impossible_periods_are_refused(start, end):
    """A period that ends before it begins, is over, or has no such date is refused with words."""
    with pytest.raises(Invalid):
        read_period(PeriodFields(start, end), MOSCOW, now=NOW)


@pytest.mark.parametrize(
    "fields", [PeriodFields("2026-11-22", "", "", "18:00"), PeriodFields("", "2026-11-22", "9:00")]
)
def test_a_time_without_its_day_is_refused(fields):
    """A time whose date was left out is asked for the date: without its end a pass would hold for ever."""
    with pytest.raises(Invalid, match="дату"):
        read_period(fields, MOSCOW, now=NOW)


def test_an_open_period_has_no_days():
    """Without an end there is no number of days."""
    assert days_of(Period(None, None), MOSCOW, now=NOW) is None


def test_a_period_until_23_59_includes_that_minute():
    """Whoever writes 23:59 means the end of the day; the form shows it again as the day."""
    zone, now = MOSCOW, NOW
    whole = read_period(PeriodFields("2026-12-31", "2026-12-31"), zone, now=now)
    period = read_period(PeriodFields("2026-12-31", "2026-12-31", end_time="23:59"), zone, now=now)

    assert whole == period
    shown = period_fields(period, zone, one_time=False)
    assert ("2026-12-31", "") == (shown.end, shown.end_time)
