"""Sightings that did not become visits, on their way to the journal: which are kept, and their format.

A signboard in view is dropped all day long. One per kind every ten seconds is enough to see what the gate takes it for.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from core.decision.record import DroppedSighting
from core.jsontext import read_json
from edge.store.journal import Notice

KIND = "dropped"
"""The kind of these notices in the journal."""
EVERY_S = 10.0


class Sieve:
    """Lets through at most one sighting per lane, kind and rule in `EVERY_S`. Owned by the thread that drops them."""

    def __init__(self) -> None:
        self._last: dict[tuple[str, str, str], float] = {}

    def lets(self, dropped: DroppedSighting) -> bool:
        """Whether to write this one. A sighting of a single frame is too little to be worth writing."""
        if dropped.frames < 2:
            return False
        key, mono = (dropped.lane, dropped.kind, dropped.ground), dropped.last.mono
        if mono - self._last.get(key, float("-inf")) < EVERY_S:
            return False
        self._last[key] = mono
        return True


@dataclass(frozen=True, slots=True)
class DroppedLine:
    """One dropped sighting, for display."""

    kind: str
    ground: str
    masked: str
    frames: int
    seconds: float
    picture: str
    """File name in the picture folder; empty if no picture was kept."""


def detail(dropped: DroppedSighting, *, picture: str) -> str:
    """The detail text of the journal's notice."""
    seconds = round(dropped.last.mono - dropped.first.mono, 1)
    values = [dropped.kind, dropped.ground, dropped.masked or "", dropped.frames, seconds, picture]
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


def line_of(notice: Notice) -> DroppedLine | None:
    """Parse a notice. None if its text is damaged, as on a worn card."""
    try:
        kind, ground, masked, frames, seconds, picture = read_json(notice.detail)
        return DroppedLine(str(kind), str(ground), str(masked), int(frames), float(seconds), str(picture))
    except (ValueError, TypeError):
        return None
