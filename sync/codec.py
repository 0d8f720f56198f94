"""A strict, bounded JSON codec for frozen dataclasses, and the JSON Schema of the same declarations.

A field's annotation says everything: the reader on one end, the writer on the other and the published OpenAPI are all
made from it, so that they cannot disagree. Types are never coerced (`"1"` is no number, `1` is no boolean), unknown
keys are passed over (a newer peer may say more), and every text and list has a bound. Stdlib only; no state.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import math
import re
import types
import typing
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, TypeVar, cast

T = TypeVar("T")
Reader = Callable[[object, str], Any]

OLDEST = datetime(1990, 1, 1, tzinfo=UTC)
NEWEST = datetime(2300, 1, 1, tzinfo=UTC)
"""Moments outside are mistakes, and would overflow somewhere down the line."""
# Control characters, lone surrogates and the two non-characters: databases and terminals choke on them.
UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")
# The same two rules in JSON Schema's words; a lone surrogate cannot be written in its patterns.
PRINTABLE_PATTERN = r"^[^\u0000-\u001f\u007f-\u009f\u2028\u2029\ufffe\uffff]*$"
MOMENT_PATTERN = (
    r"^(199\d|2[012]\d\d)-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?"
    r"(Z|[+-](0\d|1[0-3]):[0-5]\d)$"
)


class WireError(ValueError):
    """A body that is not what the contract says; the message starts with the path of the value."""


@dataclass(frozen=True, slots=True)
class Text:
    """Bounds of a string, in characters; `pattern` must match the whole of it."""

    low: int = 0
    high: int = 200
    pattern: str = ""


@dataclass(frozen=True, slots=True)
class Number:
    """Inclusive bounds of a number."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Many:
    """The most elements a list may have."""

    high: int


def decode(kind: type[T], body: bytes) -> T:
    """The value of dataclass `kind` that JSON `body` states; `WireError` when it states none."""
    return read(kind, parse(body))


def parse(body: bytes) -> object:
    """JSON as it stands, for `read`; `WireError` when it is none."""
    try:
        document: object = json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:  # RecursionError: a body of brackets
        raise WireError(f"body: not JSON ({type(error).__name__})") from None
    return document


def read(kind: type[T], document: object, *, path: str = "body") -> T:
    """As `decode`, for JSON that is already parsed; `path` is how messages call it."""
    value: T = _reader_of(cast("Hashable", kind))(document, path)
    return value


def encode(value: Any) -> bytes:
    """JSON of a dataclass, as `decode` reads it."""
    return json.dumps(value, default=_plain, ensure_ascii=False, separators=(",", ":")).encode()


def schema(kind: Any) -> dict[str, Any]:
    """JSON Schema (OpenAPI 3.1) of what `decode` takes, nested types in place."""
    if typing.get_origin(kind) is Annotated:
        base, *marks = typing.get_args(kind)
        return schema(base) | {key: value for mark in marks for key, value in _marked(mark).items()}
    if dataclasses.is_dataclass(kind):
        hints = _hints(cast("Hashable", kind))
        fields = dataclasses.fields(kind)
        required = [field.name for field in fields if field.default is dataclasses.MISSING]
        properties = {field.name: schema(hints[field.name]) for field in fields}
        return {"type": "object", "properties": properties, "required": required}
    if typing.get_origin(kind) is tuple:
        return {"type": "array", "items": schema(typing.get_args(kind)[0])}
    if typing.get_origin(kind) is Literal:
        return {"type": "string", "enum": list(typing.get_args(kind))}
    if isinstance(kind, types.UnionType) or typing.get_origin(kind) is typing.Union:
        (inner,) = (arm for arm in typing.get_args(kind) if arm is not type(None))
        return {"anyOf": [schema(inner), {"type": "null"}]}
    if kind is datetime:
        return {"type": "string", "format": "date-time", "pattern": MOMENT_PATTERN}
    if kind is str:
        return {"type": "string", "pattern": PRINTABLE_PATTERN}
    return {"type": {int: "integer", float: "number", bool: "boolean"}[kind]}


def instant_text(moment: datetime) -> str:
    """RFC 3339 in UTC, as the contract writes moments."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


# -- reading ---------------------------------------------------------------------------------------------------


@functools.cache
def _hints(kind: Any) -> dict[str, Any]:
    return typing.get_type_hints(kind, include_extras=True)


@functools.cache
def _reader_of(kind: Any) -> Reader:
    """The reader of one annotation; compiled once, since a first sync reads a hundred thousand items."""
    if typing.get_origin(kind) is Annotated:
        base, *marks = typing.get_args(kind)
        return functools.partial(_read_marked, _reader_of(base), tuple(_check_of(mark) for mark in marks))
    if dataclasses.is_dataclass(kind):
        hints = _hints(cast("Hashable", kind))
        fields = tuple((field.name, _reader_of(hints[field.name]), field.default) for field in dataclasses.fields(kind))
        return functools.partial(_read_object, kind, fields)
    if typing.get_origin(kind) is tuple:
        return functools.partial(_read_list, _reader_of(typing.get_args(kind)[0]))
    if typing.get_origin(kind) is Literal:
        return functools.partial(_read_choice, typing.get_args(kind))
    if isinstance(kind, types.UnionType) or typing.get_origin(kind) is typing.Union:
        (inner,) = (arm for arm in typing.get_args(kind) if arm is not type(None))
        return functools.partial(_read_optional, _reader_of(inner))
    return {str: _read_text, int: _read_int, float: _read_float, bool: _read_bool, datetime: _read_moment}[kind]


def _read_object(kind: Any, fields: tuple[tuple[str, Reader, Any], ...], value: object, path: str) -> Any:
    if not isinstance(value, dict):
        raise WireError(f"{path}: an object is wanted")
    found = {}
    for name, reader, default in fields:
        if name in value:
            found[name] = reader(value[name], f"{path}.{name}")
        elif default is dataclasses.MISSING:
            raise WireError(f"{path}.{name}: missing")
    return kind(**found)


def _read_list(reader: Reader, value: object, path: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise WireError(f"{path}: a list is wanted")
    return tuple([reader(element, path) for element in value])


def _read_optional(reader: Reader, value: object, path: str) -> Any:
    return None if value is None else reader(value, path)


def _read_choice(choices: tuple[str, ...], value: object, path: str) -> str:
    if not isinstance(value, str) or value not in choices:
        raise WireError(f"{path}: one of {', '.join(choices)} is wanted")
    return value


def _read_text(value: object, path: str) -> str:
    if not isinstance(value, str) or UNPRINTABLE.search(value):
        raise WireError(f"{path}: printable text is wanted")
    return value


def _read_int(value: object, path: str) -> int:
    if isinstance(value, float) and value.is_integer():  # JSON knows one kind of number: 1.0 is 1
        return int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise WireError(f"{path}: a whole number is wanted")
    return value


def _read_float(value: object, path: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise WireError(f"{path}: a number is wanted")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise WireError(f"{path}: a finite number is wanted")
    return number


def _read_bool(value: object, path: str) -> bool:
    if not isinstance(value, bool):
        raise WireError(f"{path}: true or false is wanted")
    return value


def _read_moment(value: object, path: str) -> datetime:
    try:
        moment = datetime.fromisoformat(value if isinstance(value, str) else "")
        utc = moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        utc = None
    if utc is None or not OLDEST <= utc < NEWEST:
        raise WireError(f"{path}: a moment with its offset is wanted, 1990 to 2300")
    return utc


def _read_marked(reader: Reader, checks: tuple[Callable[[Any, str], None], ...], value: object, path: str) -> Any:
    found = reader(value, path)
    for check in checks:
        check(found, path)
    return found


# -- bounds ----------------------------------------------------------------------------------------------------


def _check_of(mark: object) -> Callable[[Any, str], None]:
    if isinstance(mark, Text):
        return functools.partial(_check_text, mark, re.compile(mark.pattern or r"(?s:.*)"))
    if isinstance(mark, Number):
        return functools.partial(_check_number, mark)
    assert isinstance(mark, Many)
    return functools.partial(_check_many, mark)


def _check_text(mark: Text, pattern: re.Pattern[str], value: str, path: str) -> None:
    if not mark.low <= len(value) <= mark.high:
        raise WireError(f"{path}: {mark.low} to {mark.high} characters are wanted")
    if not pattern.fullmatch(value):
        raise WireError(f"{path}: must match {mark.pattern}")


def _check_number(mark: Number, value: float, path: str) -> None:
    if not mark.low <= value <= mark.high:
        raise WireError(f"{path}: {mark.low:g} to {mark.high:g} is wanted")


def _check_many(mark: Many, value: tuple[Any, ...], path: str) -> None:
    if len(value) > mark.high:
        raise WireError(f"{path}: at most {mark.high} elements are wanted")


def _marked(mark: object) -> dict[str, Any]:
    if isinstance(mark, Text):
        bounds: dict[str, Any] = {"minLength": mark.low, "maxLength": mark.high}
        return bounds | ({"pattern": f"^(?:{mark.pattern})$"} if mark.pattern else {})
    if isinstance(mark, Number):
        return {"minimum": mark.low, "maximum": mark.high}
    assert isinstance(mark, Many)
    return {"maxItems": mark.high}


# -- writing ---------------------------------------------------------------------------------------------------


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return instant_text(value)
    return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")
