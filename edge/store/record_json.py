"""Frozen dataclasses to JSON and back, by their annotations: how the journal keeps a visit's record whole.

Handles what `core.record` is made of: nested dataclasses, tuples, enums, optional values, aware datetimes. Fields
that a newer version added are filled by their defaults when an old row is read; a row that lacks a field without
default raises ValueError.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import types
import typing
from datetime import datetime
from enum import Enum
from typing import Any, TypeVar

T = TypeVar("T")


def to_json(value: Any) -> str:
    """JSON of a dataclass instance."""
    return json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"))


def from_json(kind: type[T], text: str) -> T:
    """The instance of dataclass `kind` written by `to_json`. Raises ValueError when it is none."""
    try:
        value: T = _build(kind, json.loads(text))
    except (TypeError, KeyError, ValueError) as error:
        raise ValueError(f"{kind.__name__}: {error}") from error
    return value


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    return value


@functools.cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _build(kind: Any, value: Any) -> Any:
    origin = typing.get_origin(kind)
    if origin in {types.UnionType, typing.Union}:
        (inner,) = (arm for arm in typing.get_args(kind) if arm is not type(None))
        return None if value is None else _build(inner, value)
    if origin is tuple:
        arms = typing.get_args(kind)
        if arms[-1] is Ellipsis:
            return tuple(_build(arms[0], item) for item in value)
        return tuple(_build(arm, item) for arm, item in zip(arms, value, strict=True))
    if dataclasses.is_dataclass(kind):
        hints = _hints(typing.cast("type", kind))
        known = {field.name for field in dataclasses.fields(kind)} & value.keys()
        return typing.cast("type", kind)(**{name: _build(hints[name], value[name]) for name in known})
    if kind is datetime:
        return datetime.fromisoformat(value)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(value)
    return value
