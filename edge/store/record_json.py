"""The journal's JSON: a visit's record whole, as msgspec writes and reads a frozen dataclass by its annotations.

Fields that a newer version added are filled by their defaults when an old row is read, keys of a newer version are
passed over; a row that lacks a field without a default, or has another type in its place, raises ValueError.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec

T = TypeVar("T")


def to_json(value: object) -> str:
    """JSON of a dataclass instance; a field that is no number (NaN) is null, and read back as an error."""
    return msgspec.json.encode(value).decode()


def from_json(kind: type[T], text: str) -> T:
    """The instance of dataclass `kind` written by `to_json`. Raises ValueError when it is none."""
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValueError(f"{kind.__name__}: {error}") from error
