"""Days and hours in which a pass holds, within its period: as people write them, and as wire and disk keep them.

People write "пн–пт 8–18", "будни 9:00-18:00, сб 10–14", "mon-fri 8-18", "22–6" (past midnight, every day). The stored
and sent form is ASCII and ends with the zone: `1-5 08:00-18:00; 6 10:00-14:00 Europe/Moscow`, Monday being 1. Hours are
half-open. A typed end of 23:59 includes that minute, and hours past midnight belong to the day they begin on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from functools import lru_cache
from types import MappingProxyType
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.words.language import Language, say, translate

DAY = 24 * 60
MOST_SPANS = 14
LONGEST = 200
"""Longest stored form, in characters."""
UNREAD, DAILY, ROUND_THE_CLOCK = "часы не прочитаны", "ежедневно", "круглосуточно"
_ALL = frozenset(range(7))
_WEEK = (("пн", "mon", "mo"), ("вт", "tue", "tu"), ("ср", "wed", "we"), ("чт", "thu", "th"), ("пт", "fri", "fr"), ("сб", "sat", "sa"), ("вс", "sun", "su"))  # fmt: skip
_FULL = ("понедельник", "вторник", "среда", "четверг", "пятница", "суббота", "воскресенье")
_FULL_EN = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAYS = MappingProxyType({name: day for day in range(7) for name in (*_WEEK[day], _FULL[day], _FULL_EN[day])})
WORDS = (*(names[0] for names in _WEEK), UNREAD, DAILY, ROUND_THE_CLOCK)
"""Keys of the catalogue used by this module."""
_GROUPS = MappingProxyType(
    {
        **dict.fromkeys(("будни", "будние", "рабочие", "weekdays"), frozenset(range(5))),
        **dict.fromkeys(("выходные", "weekend", "weekends"), frozenset({5, 6})),
        **dict.fromkeys(("ежедневно", "daily", "всегда"), _ALL),
    }
)
_CLOCK = r"(\d{1,2})(?:[:.](\d\d))?"
_HOURS = re.compile(rf"{_CLOCK}-{_CLOCK}")
_WHOLE_DAY = frozenset({ROUND_THE_CLOCK, "24/7"})
_KEPT_SPAN = re.compile(r"([1-7](?:[-,][1-7])*) (\d\d):(\d\d)-(\d\d):(\d\d)")

NOT_HOURS = "«{typed}» — не дни и часы; можно: пн–пт 8–18, сб 10:00–14:00, будни 9–18, 22–6"


class ScheduleInvalid(ValueError):
    """A text that is not a schedule. The message shows what is allowed."""

    def __init__(self, text: str) -> None:
        self.text = text[:60]
        super().__init__(text)

    def __str__(self) -> str:
        return say(NOT_HOURS, typed=self.text)


@dataclass(frozen=True, slots=True)
class Span:
    """On each of `days` (0 = Monday) from `start` until just before `end`, in minutes of the day.

    `end` <= `start` reaches into the next day; 24:00 is 1440.
    """

    days: frozenset[int]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a pass holds, by local time in `zone`. Without spans (`NEVER`) it never holds."""

    spans: tuple[Span, ...]
    zone: str
    """IANA name."""

    def __post_init__(self) -> None:
        if self.spans:
            _zone(self.zone)

    def holds(self, at: datetime) -> bool:
        """Whether the aware moment `at` lies within the schedule."""
        local = at.astimezone(_zone(self.zone))
        today, minute = local.weekday(), local.hour * 60 + local.minute
        for span in self.spans:
            over = span.end <= span.start
            if today in span.days and span.start <= minute and (over or minute < span.end):
                return True
            if over and (today - 1) % 7 in span.days and minute < span.end:
                return True
        return False

    def next_begin(self, at: datetime) -> datetime | None:
        """The next beginning after `at`, in the zone of `at`; None for never. For display, not for decisions."""
        zone = _zone(self.zone)
        local = at.astimezone(zone)
        begins = (
            datetime(day.year, day.month, day.day, tzinfo=zone) + timedelta(minutes=span.start)
            for day in (local + timedelta(days=days) for days in range(8))
            for span in self.spans
            if day.weekday() in span.days
        )
        found = min((begin for begin in begins if begin > local), default=None)
        return None if found is None else found.astimezone(at.tzinfo)

    def text(self) -> str:
        """The stored form; `kept` reads it back."""
        spans = "; ".join(f"{_numbers(span.days)} {_clock(span.start)}-{_clock(span.end)}" for span in self.spans)
        return f"{spans} {self.zone}"

    def words(self) -> str:
        """As people read it, in the language spoken: `пн–пт 08:00–18:00`."""
        return _words(self, say)

    def words_in(self, language: Language) -> str:
        return _words(self, lambda key: translate(language, key))

    def words_by(self, told: Callable[[str], str]) -> str:
        """Like `words`, with the translation function `told` of a page."""
        return _words(self, told)


NEVER = Schedule((), "UTC")
"""Hours that came in a form this version cannot read. They never hold: what is not understood must not open."""


def written(text: str, zone: tzinfo) -> Schedule | None:
    """The schedule that a person means by `text` in `zone` (a ZoneInfo); None if empty. Raises ScheduleInvalid."""
    if not text.strip():
        return None
    name = getattr(zone, "key", None)
    if not isinstance(name, str):
        raise ScheduleInvalid(text)
    try:
        spans = tuple(_spans(text))
    except (ValueError, KeyError):
        raise ScheduleInvalid(text) from None
    schedule = Schedule(spans, name)
    if not spans or len(spans) > MOST_SPANS or len(schedule.text()) > LONGEST:
        raise ScheduleInvalid(text)
    return schedule


@lru_cache(maxsize=1024)
def kept(text: str) -> Schedule:
    """The schedule of a stored form. Raises ScheduleInvalid, also for a zone that this machine does not know."""
    body, _, zone = text.rpartition(" ")
    spans = []
    for part in body.split("; "):
        found = _KEPT_SPAN.fullmatch(part)
        if found is None:
            raise ScheduleInvalid(text)
        hours = [int(found[number]) for number in range(2, 6)]
        start, end = hours[0] * 60 + hours[1], hours[2] * 60 + hours[3]
        if start >= DAY or end > DAY or start == end or hours[1] > 59 or hours[3] > 59:
            raise ScheduleInvalid(text)
        spans.append(Span(_from_numbers(found[1]), start, end))
    if len(spans) > MOST_SPANS:
        raise ScheduleInvalid(text)
    try:
        _zone(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ScheduleInvalid(text) from None
    return Schedule(tuple(spans), zone)


def hours_in_words(text: str, language: Language) -> str:
    """A stored form as people read it; unchanged if this version cannot read it."""
    try:
        return kept(text).words_in(language)
    except ScheduleInvalid:
        return text


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _spans(text: str) -> Iterator[Span]:
    """Days, then hours, repeated as needed.

    Hours without days mean every day; days without hours mean the whole day.
    """
    days: set[int] = set()
    hours: list[tuple[int, int]] = []

    def taken() -> Iterator[Span]:
        if days or hours:
            for start, end in hours or [(0, DAY)]:
                yield Span(frozenset(days) or _ALL, start, end)

    for token in _tokens(text):
        if token == ";":
            yield from taken()
            days, hours = set(), []
        elif token in _WHOLE_DAY:
            hours.append((0, DAY))
        elif found := _HOURS.fullmatch(token):
            hours.append(_minutes(found))
        else:
            if hours:
                yield from taken()
                days, hours = set(), []
            days |= _days(token)
    yield from taken()


def _tokens(text: str) -> Iterator[str]:
    plain = text.lower().replace("ё", "е")
    plain = re.sub(r"\s*[-–—−…]\s*|\s+(?:до|по|to)\s+", "-", plain)
    plain = plain.replace(";", " ; ").replace("\n", " ; ").replace(",", " ")
    for token in plain.split():
        if token not in {"и", "and", "с", "from", "on", "at"}:
            yield token


def _days(token: str) -> frozenset[int]:
    if token in _GROUPS:
        return _GROUPS[token]
    first, dash, last = (part.strip(".") for part in token.partition("-"))
    start = _DAYS[first]
    if not dash:
        return frozenset({start})
    return frozenset((start + step) % 7 for step in range((_DAYS[last] - start) % 7 + 1))


def _minutes(found: re.Match[str]) -> tuple[int, int]:
    parts = [int(part or 0) for part in found.groups()]
    start, end = parts[0] * 60 + parts[1], parts[2] * 60 + parts[3]
    if parts[1] > 59 or parts[3] > 59 or start >= DAY or end > DAY or start == end:
        raise ValueError(found[0])
    if end == DAY - 1:
        end = DAY
    return (start, DAY) if end == 0 else (start, end)


def _numbers(days: frozenset[int]) -> str:
    return ",".join(str(first + 1) if first == last else f"{first + 1}-{last + 1}" for first, last in _runs(days))


def _from_numbers(text: str) -> frozenset[int]:
    found: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        if "-" in last:
            raise ScheduleInvalid(text)
        found |= set(range(int(first) - 1, int(last or first)))
    if not found:
        raise ScheduleInvalid(text)
    return frozenset(found)


def _runs(days: frozenset[int]) -> Iterator[tuple[int, int]]:
    for day in sorted(days):
        if day - 1 not in days:
            last = day
            while last + 1 in days:
                last += 1
            yield day, last


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _words(schedule: Schedule, told: Callable[[str], str]) -> str:
    if not schedule.spans:
        return told(UNREAD)
    names = [told(names[0]) for names in _WEEK]
    parts = []
    for span in schedule.spans:
        days = ", ".join(names[a] if a == b else f"{names[a]}–{names[b]}" for a, b in _runs(span.days))
        days = told(DAILY) if span.days == _ALL else days
        hours = (
            told(ROUND_THE_CLOCK) if (span.start, span.end) == (0, DAY) else f"{_clock(span.start)}–{_clock(span.end)}"
        )
        parts.append(f"{days} {hours}")
    return "; ".join(parts)
