"""The interface of a picture storage. Thread-safe."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

KEY = re.compile(r"snapshots(/[\w-][\w.-]*)+\.jpg")
"""The form of a key. It cannot lead out of the storage or name anything but a picture."""


class PicturesAway(RuntimeError):
    """The storage does not answer or refuses; a later attempt may succeed. The message is one line without secrets."""


class PicturesRefused(PicturesAway):
    """The storage answers but rejects our credentials or permissions."""


class PicturesNotAsked(PicturesAway):
    """No request was made: the storage is busy, or failed a moment ago (which has been logged)."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One stored picture."""

    tag: str
    """Changes whenever the content does. In quotes, like an HTTP entity tag."""
    content: bytes | None = field(repr=False)
    """JPEG. None = unchanged: the caller has it already, by the tag it passed as `known`."""


class Pictures(Protocol):
    """Stores pictures by key. Every method may raise `PicturesAway`."""

    def put(self, key: str, content: bytes) -> None:
        """Stores a picture atomically, replacing an earlier one. Returns once it is stored durably."""

    def get(self, key: str, *, known: str = "") -> Picture | None:
        """The picture, without its content if `known` is its tag. None if there is none or `key` is not a valid key."""

    def drop(self, keys: Iterable[str]) -> None:
        """Deletes pictures. Missing ones are no error."""

    def drop_gate(self, gate_id: int) -> None:
        """Deletes everything under `snapshots/GATE/`."""

    def gates(self) -> set[int]:
        """The gates that have pictures here."""

    def keys(self, gate_id: int) -> Iterator[list[str]]:
        """The keys of a gate's pictures, in batches of at most a thousand."""

    def newest(self, gate_id: int) -> datetime | None:
        """When a picture of this gate was last stored; None = it has none."""

    def tidy(self, before: datetime) -> None:
        """Deletes what killed processes left half-written before that moment."""

    def link(self, key: str, lasts: timedelta) -> str | None:
        """A URL that gives anyone the picture, valid for `lasts`. None = only the portal can reach this storage."""

    def look(self) -> str:
        """Checks that the storage works, and names its kind in a few words."""


def is_key(text: str) -> bool:
    """Whether `text` can name a picture."""
    return KEY.fullmatch(text) is not None


def event_of(key: str) -> str:
    """The id of the visit whose picture, or thumbnail, this is."""
    return key.rpartition("/")[2].partition(".")[0]


def key_of(gate_id: int, event_id: str) -> str:
    """The key of the picture of a gate's visit."""
    return f"{gate_prefix(gate_id)}{event_id[:2]}/{event_id}.jpg"


def gate_of(folder: str) -> int | None:
    """The gate that a folder is named after; None = it is no gate's."""
    return int(folder) if re.fullmatch("[1-9][0-9]{0,17}", folder) else None


def gate_prefix(gate_id: int) -> str:
    return f"snapshots/{gate_id}/"
