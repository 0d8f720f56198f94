"""What a place for pictures can do. Called from any thread; nothing of it belongs to one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

KEY = re.compile(r"snapshots(/[\w-][\w.-]*)+\.jpg")
"""What a key looks like: nothing in it leads out of the place, or to anything but a picture."""


class PicturesAway(RuntimeError):
    """The place does not answer, or refuses; the message is one line without a secret. Later it may."""


class PicturesRefused(PicturesAway):
    """The place is there, and says no to us: another key or another right is wanted."""


class PicturesNotAsked(PicturesAway):
    """Nobody was asked: the place did not answer a moment ago, which has been told, or is busy."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture as it is kept."""

    tag: str
    """Changes whenever the content does; in quotes, as HTTP writes an entity tag."""
    content: bytes | None = field(repr=False)
    """JPEG; None = what the asker has already, by the tag it named."""


class Pictures(Protocol):
    """Keeps pictures by key. Every method may raise `PicturesAway`."""

    def put(self, key: str, content: bytes) -> None:
        """Keep a picture: wholly or not at all, over the one of before. Returns when it is safe."""

    def get(self, key: str, *, known: str = "") -> Picture | None:
        """The picture; without its content when `known` is its tag; None when there is none, or can be none."""

    def drop(self, keys: Iterable[str]) -> None:
        """Forget pictures; those that are not there are no failure."""

    def drop_gate(self, gate_id: int) -> None:
        """Forget everything below `snapshots/GATE/`."""

    def link(self, key: str, lasts: timedelta) -> str | None:
        """An address that gives the picture to whoever has it, for so long; None = this place is reached by us alone."""

    def look(self) -> str:
        """What is there, in a few words, after having looked."""


def is_key(text: str) -> bool:
    """Whether `text` can name a picture."""
    return KEY.fullmatch(text) is not None


def gate_prefix(gate_id: int) -> str:
    return f"snapshots/{gate_id}/"
