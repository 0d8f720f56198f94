"""A strict, bounded JSON codec for frozen dataclasses, and the JSON Schema of the same declarations.

A field's annotation is the only source: msgspec derives the reader on one end, the writer on the other and the
published schema from it, so they cannot disagree. Types are never coerced (`"1"` is no number, `1` is no boolean),
unknown keys are ignored (a newer peer may send more), and every text and list is bounded. No state.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

import msgspec

T = TypeVar("T")

OLDEST = datetime(1990, 1, 1, tzinfo=UTC)
NEWEST = datetime(2300, 1, 1, tzinfo=UTC)
"""Moments outside this range are mistakes, and would overflow somewhere later."""
# Control characters, lone surrogates and the two non-characters cause trouble in databases and terminals.
_END = r"\Z"
"""The end of the whole text: `$` would allow a line feed after it. JSON Schema only has `$`, with this meaning."""
_PRINTABLE = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]*" + _END
# The same rules for JSON Schema, whose patterns cannot express a lone surrogate.
PRINTABLE_PATTERN = r"^[^\u0000-\u001f\u007f-\u009f\u2028\u2029\ufffe\uffff]*$"
MOMENT_PATTERN = (
    r"^(199\d|2[012]\d\d)-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?"
    r"(Z|[+-](0\d|1[0-3]):[0-5]\d)$"
)
_EXACT = 2**53
"""Beyond this, a float cannot represent every integer."""
_AT = re.compile(r"^(?P<what>.*?)(?: - at `\$(?P<path>.*)`)?$", re.DOTALL)
_MISSING = re.compile(r"^Object missing required field `(?P<name>\w+)`$")


class WireError(ValueError):
    """A body that violates the contract. The message starts with the path of the value."""


def text(low: int = 0, high: int = 200, pattern: str = "") -> msgspec.Meta:
    """Bounds of a printable string, in characters. `pattern` (of printable characters) must match all of it."""
    return msgspec.Meta(min_length=low, max_length=high, pattern=rf"^(?:{pattern}){_END}" if pattern else _PRINTABLE)


def number(low: float, high: float) -> msgspec.Meta:
    """Inclusive bounds of a number."""
    return msgspec.Meta(ge=low, le=high)


def many(high: int) -> msgspec.Meta:
    """The maximum number of elements of a list."""
    return msgspec.Meta(max_length=high)


Moment = Annotated[
    datetime, msgspec.Meta(tz=True, extra_json_schema={"format": "date-time", "pattern": MOMENT_PATTERN})
]
"""A moment with its offset. A body that has one calls `in_utc` when it is created."""


def in_utc(body: object, *names: str) -> None:
    """Converts the moments `names` of a frozen `body` to UTC and checks their range; for its `__post_init__`."""
    for name in names:
        moment: datetime | None = getattr(body, name)
        if moment is None:
            continue
        try:
            utc = moment.astimezone(UTC) if moment.tzinfo else None
        except OverflowError:
            utc = None
        if utc is None or not OLDEST <= utc < NEWEST:
            raise ValueError(f".{name}: a moment with its offset is wanted, 1990 to 2300")
        if utc is not moment:
            object.__setattr__(body, name, utc)


def decode(kind: type[T], body: bytes) -> T:
    """The value of dataclass `kind` in JSON `body`. Raises `WireError` if it is invalid."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError:
        return read(kind, parse(body))  # the slow path accepts 1.0 for 1, and explains what is wrong
    # RecursionError: a body of nested brackets.
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise WireError(f"body: not JSON ({type(error).__name__})") from None


def parse(body: bytes) -> object:
    """Parses JSON for `read`. Raises `WireError` if it is invalid."""
    try:
        document: object = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise WireError(f"body: not JSON ({type(error).__name__})") from None
    return document


def read(kind: type[T], document: object, *, path: str = "body") -> T:
    """Like `decode`, for JSON that is already parsed. `path` names it in error messages."""
    try:
        return msgspec.convert(_whole(document), kind)
    except (msgspec.ValidationError, RecursionError) as error:
        raise WireError(_located(error, path)) from None


def encode(value: Any) -> bytes:
    """A dataclass as JSON, as `decode` reads it."""
    return msgspec.json.encode(value)


def schema(kind: Any) -> dict[str, Any]:
    """The JSON Schema (OpenAPI 3.1) of what `decode` accepts, with nested types inlined."""
    (whole,), parts = msgspec.json.schema_components([kind], ref_template="{name}")
    placed: dict[str, Any] = _in_place(whole, parts)
    return placed


def instant_text(moment: datetime) -> str:
    """RFC 3339 in UTC, as the contract writes moments."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _whole(document: Any) -> Any:
    """Turns whole floats into ints: JSON has one kind of number, msgspec two."""
    if isinstance(document, float):
        return int(document) if document.is_integer() and abs(document) <= _EXACT else document
    if isinstance(document, dict):
        return {key: _whole(value) for key, value in document.items()}
    return [_whole(value) for value in document] if isinstance(document, list) else document


def _located(error: Exception, path: str) -> str:
    """Msgspec's message with the path in front, in the contract's notation: `body.items.plate: …`."""
    found = _AT.match(str(error))
    assert found is not None, "the pattern matches any text"
    what, place = found["what"], (found["path"] or "").replace("[...]", "")
    if missing := _MISSING.match(what):
        return f"{path}{place}.{missing['name']}: missing"
    if what.startswith("."):  # an error of `in_utc`, which names its field itself
        return f"{path}{place}{what}"
    return f"{path}{place}: {what}"


def _in_place(part: Any, parts: dict[str, Any]) -> Any:
    if isinstance(part, dict):
        if "$ref" in part:
            return _in_place(parts[part["$ref"]], parts)
        placed = {key: _in_place(value, parts) for key, value in part.items()}
        if str(pattern := placed.get("pattern", "")).endswith(_END):
            placed["pattern"] = PRINTABLE_PATTERN if pattern == _PRINTABLE else pattern.removesuffix(_END) + "$"
        return placed
    return [_in_place(value, parts) for value in part] if isinstance(part, list | tuple) else part
