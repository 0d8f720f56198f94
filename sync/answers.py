"""Reads answers: bounds the body, and maps a status to an error. Pure, apart from the bytes fed in."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

from core.words.language import say
from sync import wire
from sync.errors import AnswerInvalid, CloudBusy, CloudError, CloudRefused, EnrolmentLost, ListExpired, TerritoryMoved

T = TypeVar("T")
BUSY = frozenset({408, 425, 429})
GZIP_WINDOW = 31
"""zlib's window bits for exactly one gzip member."""


def bounded_body(chunks: Iterable[bytes], *, encoding: str, most: int) -> bytes:
    """The decompressed body. Raises `AnswerInvalid` as soon as it exceeds `most` bytes.

    A gzip bomb never unfolds: the decompressor is never asked for more than may still come.
    """
    if encoding not in {"", "identity", "gzip"}:
        raise AnswerInvalid(say("облако прислало ответ в неизвестном сжатии"))
    unzip = zlib.decompressobj(GZIP_WINDOW) if encoding == "gzip" else None
    body = bytearray()
    for chunk in chunks:
        try:
            body += chunk if unzip is None else unzip.decompress(chunk, most + 1 - len(body))
        except zlib.error:
            raise AnswerInvalid(say("сжатый ответ облака испорчен")) from None
        if len(body) > most:
            raise AnswerInvalid(say("ответ облака больше {most} байт", most=most))
    if unzip is not None and (not unzip.eof or unzip.unused_data):
        raise AnswerInvalid(say("сжатый ответ облака оборван"))
    return bytes(body)


def error_of(status: int, headers: Mapping[str, str], body: bytes, *, now: datetime) -> CloudError | None:
    """The error that a status stands for; None for 2xx."""
    if 200 <= status < 300:
        return None
    if status in BUSY or status >= 500:
        return CloudBusy(status, retry_after_s=retry_after_s(headers.get("retry-after", ""), now=now))
    if 300 <= status < 400:
        return AnswerInvalid(
            say("облако перенаправляет ({status}): гейт не следует за перенаправлениями", status=status)
        )
    if status == 401:
        return EnrolmentLost(status)
    if "json" not in headers.get("content-type", ""):
        # A captive portal or another server: what it forbids or cannot find says nothing about us.
        return AnswerInvalid(say("ответило не облако ОКтер ({status})", status=status))
    if status == 403:
        return EnrolmentLost(status)
    if status == wire.MOVED_STATUS:
        return _moved(body)
    if status == 410:
        return ListExpired(say("курсор списка устарел"))
    return CloudRefused(status, problem_text(body))


def decoded(kind: type[T], body: bytes) -> T:
    """The body as a value of `kind`. Raises `AnswerInvalid` if it violates the contract."""
    try:
        return wire.decode(kind, body)
    except wire.WireError as error:
        raise AnswerInvalid(say("ответ облака не по договору: {error}", error=error)) from None


def _moved(body: bytes) -> CloudError:
    try:
        return TerritoryMoved(decoded(wire.Moved, body))
    except AnswerInvalid as error:
        return error


def retry_after_s(value: str, *, now: datetime) -> float | None:
    """The seconds of a Retry-After, given as a number or a date; None if missing or unreadable."""
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
        return max(0.0, (moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds())
    except (ValueError, OverflowError):  # a year of eleven digits
        return None


def server_date(value: str) -> datetime | None:
    """The moment of a Date header in UTC; None if missing or unreadable."""
    try:
        moment = parsedate_to_datetime(value)
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def problem_text(body: bytes) -> str:
    """The cloud's explanation, if it follows the contract; bounded and printable."""
    try:
        return wire.decode(wire.Problem, body).error
    except wire.WireError:
        return ""
