"""Periods of passes: days in the territory's zone, converted to moments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from zoneinfo import ZoneInfo

from cloud.domain.errors import Invalid
from core.passes.periods import MomentInvalid, beginning, end

FIRST_YEAR, LAST_YEAR = 2000, 2199
CALLED_FOR = timedelta(hours=3)
"""How long a called taxi or delivery may take to arrive."""


class Preset(StrEnum):
    """The preset buttons beside the period."""

    TODAY = "today"
    THREE_DAYS = "three_days"
    MONTH = "month"
    ALWAYS = "always"
    ONCE = "once"
    CALLED = "called"
    """A taxi or delivery called just now: once, within the next hours."""


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` until just before `end`; None = unbounded. UTC."""

    start: datetime | None
    end: datetime | None


@dataclass(frozen=True, slots=True)
class PeriodFields:
    """The contents of the form's fields."""

    start: str
    end: str
    start_time: str = ""
    end_time: str = ""
    one_time: bool = False


def preset_fields(preset: Preset, now: datetime) -> PeriodFields:
    """The field values of a preset at `now`, which is in the territory's zone."""
    today = now.date()
    if preset is Preset.CALLED:
        until = now + CALLED_FOR
        return PeriodFields(
            today.isoformat(), until.date().isoformat(), f"{now:%H:%M}", f"{until:%H:%M}", one_time=True
        )
    last = {
        Preset.TODAY: today,
        Preset.THREE_DAYS: today + timedelta(days=2),
        Preset.MONTH: _month_later(today),
        Preset.ONCE: today,
    }.get(preset)
    return PeriodFields(
        start=today.isoformat(), end="" if last is None else last.isoformat(), one_time=preset is Preset.ONCE
    )


def fits(preset: Preset, longest_days: int | None, now: datetime) -> bool:
    """Whether a preset respects the longest period that a territory allows (None = any)."""
    if longest_days is None:
        return True
    end = preset_fields(preset, now).end
    return bool(end) and (date.fromisoformat(end) - now.date()).days < longest_days


def period_fields(period: Period, zone: ZoneInfo, *, one_time: bool) -> PeriodFields:
    """The fields for an existing period; a time appears only if it is not the edge of a day."""
    start = None if period.start is None else period.start.astimezone(zone)
    end, end_time = None, ""
    if period.end is not None:
        end = last_day(period.end, zone)
        local = period.end.astimezone(zone)
        end_time = "" if local.time() == time() else f"{local:%H:%M}"
    return PeriodFields(
        start="" if start is None else start.date().isoformat(),
        end="" if end is None else end.isoformat(),
        start_time="" if start is None or start.time() == time() else f"{start:%H:%M}",
        end_time=end_time,
        one_time=one_time,
    )


def read_period(fields: PeriodFields, zone: ZoneInfo, *, now: datetime) -> Period:
    """The moments that the fields mean in `zone`; a day without a time means the whole day."""
    period = Period(
        _moment("valid_from", fields.start, fields.start_time, zone, read=beginning),
        _moment("valid_until", fields.end, fields.end_time, zone, read=end),
    )
    check_period(period, now=now)
    return period


def check_period(period: Period, *, now: datetime) -> None:
    """Reject a period that ends before it begins, is already over, or lies in an implausible year."""
    for field, moment in (("valid_from", period.start), ("valid_until", period.end)):
        if moment is not None and not FIRST_YEAR - 1 <= moment.year <= LAST_YEAR + 1:  # in UTC: up to a day off
            raise Invalid(field, "Введите дату, например 31.12.2026.")
    if period.end is not None and period.start is not None and period.end <= period.start:
        raise Invalid("valid_until", "Дата «По» раньше даты «С».")
    if period.end is not None and period.end <= now:
        raise Invalid("valid_until", "Этот период уже закончился.")


def last_day(end: datetime, zone: ZoneInfo) -> date:
    """The last day of a period: one that ends at midnight ends with the previous day."""
    return (end - timedelta(microseconds=1)).astimezone(zone).date()


def days_of(period: Period, zone: ZoneInfo, *, now: datetime) -> int | None:
    """Number of calendar days in a period, from its start or now; None = unlimited."""
    if period.end is None:
        return None
    first = (period.start or now).astimezone(zone).date()
    return (last_day(period.end, zone) - first).days + 1


def _moment(
    field: str, day: str, clock: str, zone: ZoneInfo, *, read: Callable[[str, tzinfo], datetime | None]
) -> datetime | None:
    day, clock = day.strip(), clock.strip()
    if clock and not day:  # a period meant to end at six o'clock must not become unlimited
        raise Invalid(field, "Введите дату, например 31.12.2026.")
    try:
        found = read(f"{day} {clock}", zone)
    except MomentInvalid:
        raise Invalid(field, "Введите дату, например 31.12.2026.") from None
    if found is None and day:
        raise Invalid(field, "Введите дату, например 31.12.2026.")
    return found


def _month_later(day: date) -> date:
    year, month = (day.year + 1, 1) if day.month == 12 else (day.year, day.month + 1)
    following = date(year + month // 12, month % 12 + 1, 1)
    return min(date(year, month, 1) + timedelta(days=day.day - 1), following - timedelta(days=1))
