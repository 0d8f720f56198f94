"""What is at the gate now: the vehicles in view and what each lane's latest frame shows. Values for the guard's page.

Cheap to import, like `edge.runtime.status`: a client loads neither vision nor a database.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import msgspec

from core.geometry import Box, Corners
from core.turn.live import LiveVisit


@dataclass(frozen=True, slots=True)
class LaneSeen:
    """What was found in the latest frame of a lane."""

    lane: str
    frame_id: int | None = None
    """None: no frame has come yet."""
    age_s: float | None = None
    size: tuple[int, int] | None = None
    """Width and height in pixels of the frame to which the coordinates below belong."""
    frozen: bool = False
    plates: tuple[Corners, ...] = ()
    vehicle: Box | None = None


@dataclass(frozen=True, slots=True)
class SceneVisit:
    """A vehicle in view, and how long ago it was seen."""

    visit: LiveVisit
    unseen_s: float
    waited_s: float
    """Seconds since it was first seen."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything in view at one moment."""

    lanes: tuple[LaneSeen, ...]
    visits: tuple[SceneVisit, ...]

    def values(self) -> dict[str, Any]:
        """As JSON-serialisable values."""
        values: dict[str, Any] = msgspec.to_builtins(self)
        return values

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        """The inverse of `values`. Raises ValueError if the shape is different."""
        return msgspec.convert(values, cls)

    def visit(self, visit_id: str) -> SceneVisit | None:
        return next((one for one in self.visits if one.visit.visit_id == visit_id), None)

    def lane(self, name: str) -> LaneSeen | None:
        return next((one for one in self.lanes if one.lane == name), None)
