"""The period of a pass, as people and spreadsheets write it, turned into instants.

Accepts `2026-12-31`, `31.12.2026`, either with a time (`18:00`, `9:05:30`), and ISO 8601 with an offset; empty means
open. A day without a time is the whole day in the site's zone, whatever its length. `23:59` as an end is how people
write the end of the day: the period includes that minute. A moment with an offset is taken literally.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, tzinfo

from core.passes.pass_list import day_end, day_start, local_instant
from core.words.language import say

_WRITTEN = re.compile(
    r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})(?:[ T,]+(?P<clock>\d{1,2}:\d\d(?::\d\d)?))?"
)
_END_OF_DAY = frozenset({time(23, 59), time(23, 59, 59)})
_MIDNIGHT = re.compile(r"[ T]24:00(:00)?$")


NOT_A_MOMENT = "«{text}» — не дата; можно: {allowed}"
ALLOWED = "2026-12-31, 31.12.2026, 2026-12-31T18:00, 31.12.2026 18:00, 2026-12-31T18:00+03:00"


class MomentInvalid(ValueError):
    """A text that is not a moment. The message lists what is allowed."""

    def __init__(self, text: str) -> None:
        self.text = text[:40]
        super().__init__(text)

    def __str__(self) -> str:
        return say(NOT_A_MOMENT, text=self.text, allowed=ALLOWED)


def beginning(text: str, zone: tzinfo) -> datetime | None:
    """The instant (UTC) from which a pass holds; None = it always has. Raises MomentInvalid."""
    return _instant(text, zone, at_end=False)


def end(text: str, zone: tzinfo) -> datetime | None:
    """The instant (UTC) from which a pass no longer holds; None = never. Raises MomentInvalid."""
    return _instant(text, zone, at_end=True)


def _instant(text: str, zone: tzinfo, *, at_end: bool) -> datetime | None:
    text = " ".join(text.split())
    if not text:
        return None
    whole = _MIDNIGHT.sub("", text)
    moment = _parse(whole, text)
    try:
        if not isinstance(moment, datetime):
            return day_end(moment, zone) if at_end or whole != text else day_start(moment, zone)
        if at_end and moment.tzinfo is None and moment.time() in _END_OF_DAY:
            return day_end(moment.date(), zone)
        return local_instant(moment, zone)
    except OverflowError:  # some people write "open" as the last day there is (9999-12-31), or the first
        return None


def _parse(text: str, typed: str) -> date | datetime:
    found = _WRITTEN.fullmatch(text)
    if found is not None:
        clock = f"T{found['clock']:0>{5 if found['clock'].count(':') == 1 else 8}}" if found["clock"] else ""
        text = f"{found['year']}-{int(found['month']):02}-{int(found['day']):02}{clock}"
    for read in (date.fromisoformat, datetime.fromisoformat):
        try:
            return read(text)
        except ValueError:
            continue
    raise MomentInvalid(typed)
