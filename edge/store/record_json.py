"""The journal's JSON: a whole visit record, encoded and decoded by msgspec from the dataclass annotations.

When an old row is read, fields added since take their defaults; keys of a newer version are ignored. A row that lacks a
field without a default, or has a value of another type, raises ValueError.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec

T = TypeVar("T")


def to_json(value: object) -> str:
    """JSON of a dataclass instance. NaN is written as null, and reading that back is an error."""
    return msgspec.json.encode(value).decode()


def from_json(kind: type[T], text: str) -> T:
    """The instance of dataclass `kind` written by `to_json`. Raises ValueError if the text is not one."""
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValueError(f"{kind.__name__}: {error}") from error
