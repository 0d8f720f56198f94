"""Sightings that were no visits, on their way to the journal: which are kept, and how one is written and read back.

A board in view is dropped all day long; one of a kind every ten seconds is enough to see what the gate takes it for.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from core.decision.record import DroppedSighting
from core.jsontext import read_json
from edge.store.journal import Notice

KIND = "dropped"
"""Of the journal's notices."""
EVERY_S = 10.0


class Sieve:
    """Lets through at most one of a kind, a rule and a lane in `EVERY_S`. Owned by the thread that drops."""

    def __init__(self) -> None:
        self._last: dict[tuple[str, str, str], float] = {}

    def lets(self, dropped: DroppedSighting) -> bool:
        """Whether this one is to be written; of what was seen in one frame alone there is nothing to see."""
        if dropped.frames < 2:
            return False
        key, mono = (dropped.lane, dropped.kind, dropped.ground), dropped.last.mono
        if mono - self._last.get(key, float("-inf")) < EVERY_S:
            return False
        self._last[key] = mono
        return True


@dataclass(frozen=True, slots=True)
class DroppedLine:
    """One of them as it is shown."""

    kind: str
    ground: str
    masked: str
    frames: int
    seconds: float
    picture: str
    """Its name in the folder of pictures; empty where none was kept."""


def detail(dropped: DroppedSighting, *, picture: str) -> str:
    """What the journal's notice says of it."""
    seconds = round(dropped.last.mono - dropped.first.mono, 1)
    values = [dropped.kind, dropped.ground, dropped.masked or "", dropped.frames, seconds, picture]
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


def line_of(notice: Notice) -> DroppedLine | None:
    """The notice read back; None where a worn card has made something else of it."""
    try:
        kind, ground, masked, frames, seconds, picture = read_json(notice.detail)
        return DroppedLine(str(kind), str(ground), str(masked), int(frames), float(seconds), str(picture))
    except (ValueError, TypeError):
        return None
