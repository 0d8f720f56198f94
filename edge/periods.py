"""When a pass holds, as people write it: ISO 8601, a date covers the whole day in the site's zone, empty is open."""

from __future__ import annotations

from datetime import date, datetime, tzinfo

from core.passes import day_end, day_start, local_instant
from edge.language import say


class MomentInvalid(ValueError):
    """A text that is no moment; the message says what would be."""


def _parse(text: str) -> date | datetime:
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        allowed = "2026-12-31, 2026-12-31T18:00, 2026-12-31T18:00+03:00"
        raise MomentInvalid(
            say('"{words}" не дата по ISO 8601; можно: {allowed}', words=text[:40], allowed=allowed)
        ) from None


def beginning(text: str, zone: tzinfo) -> datetime | None:
    """The instant from which a pass holds; None = always has. Raises MomentInvalid."""
    return _instant(text, zone, at_end=False)


def end(text: str, zone: tzinfo) -> datetime | None:
    """The instant at which a pass no longer holds; None = never. Raises MomentInvalid."""
    return _instant(text, zone, at_end=True)


def _instant(text: str, zone: tzinfo, *, at_end: bool) -> datetime | None:
    text = text.strip()
    if not text:
        return None
    moment = _parse(text)
    try:
        if isinstance(moment, datetime):
            return local_instant(moment, zone)
        return day_end(moment, zone) if at_end else day_start(moment, zone)
    except OverflowError:  # the first and the last day there is (9999-12-31) are how some write "open"
        return None
