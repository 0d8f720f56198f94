"""A pass as one line of text, as a list of a million keeps it, and back without loss. Pure functions.

Tab-separated fields: marks, beginning, end, hours, id, note. A moment is its seconds in hexadecimal if it is a whole
second in UTC, else ISO 8601. An id in the usual form of a UUID takes 22 characters instead of 36.
"""

from __future__ import annotations

import re
from binascii import a2b_base64, b2a_base64
from datetime import UTC, datetime, timedelta

from core.passes.line_table import Line
from core.passes.permission import Pass, PassSource
from core.passes.schedule import NEVER, Schedule, ScheduleInvalid, kept

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_MARKS = 64
"""Marks are one printable character: this value plus one bit for each mark."""
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PACKED = "~"
_PLAIN = "="


def line_of(item: Pass) -> Line:
    """The plate as the key, and the rest of the pass."""
    marks = (
        _MARKS
        | item.one_time
        | item.blocked << 1
        | item.revoked << 2
        | item.used << 3
        | (item.source is PassSource.LOCAL) << 4
    )
    hours = "" if item.hours is None else item.hours.text()
    period = f"{_moment_text(item.valid_from)}\t{_moment_text(item.valid_until)}"
    return item.plate, f"{chr(marks)}\t{period}\t{hours}\t{id_text(item.id)}\t{_escaped(item.note)}"


def pass_of(plate: str, rest: str) -> Pass:
    """The pass that `line_of` wrote."""
    marks, begins, ends, hours, name, note = rest.split("\t")
    bits = ord(marks)
    return Pass(
        id=_id(name),
        plate=plate,
        valid_from=_moment(begins),
        valid_until=_moment(ends),
        one_time=bool(bits & 1),
        blocked=bool(bits & 2),
        revoked=bool(bits & 4),
        used=bool(bits & 8),
        source=PassSource.LOCAL if bits & 16 else PassSource.CLOUD,
        note=_unescaped(note),
        hours=_hours(hours) if hours else None,
    )


def _moment_text(at: datetime | None) -> str:
    if at is None:
        return ""
    if at.tzinfo is UTC and not at.microsecond:
        return f"{(at - _EPOCH) // _SECOND:x}"
    return at.isoformat()


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    return datetime.fromisoformat(text) if "T" in text else _EPOCH + int(text, 16) * _SECOND


def _hours(text: str) -> Schedule:
    """The schedule; `NEVER` if the text is not valid. `NEVER` has no spans, and so no stored form of its own."""
    try:
        return kept(text)
    except ScheduleInvalid:
        return NEVER


def id_text(name: str) -> str:
    if _UUID.fullmatch(name):
        return _PACKED + b2a_base64(bytes.fromhex(name.replace("-", "")), newline=False).decode()[:22]
    return _PLAIN + _escaped(name)


def _id(text: str) -> str:
    if not text.startswith(_PACKED):
        return _unescaped(text[1:])
    digits = a2b_base64(text[1:] + "==").hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _escaped(text: str) -> str:
    if "\\" in text or "\n" in text or "\t" in text:
        return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")
    return text


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    parts = text.split("\\\\")
    return "\\".join(part.replace("\\n", "\n").replace("\\t", "\t") for part in parts)
