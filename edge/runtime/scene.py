"""What is at the gate now: the vehicles in view and what each lane's newest picture shows. Values for the guard's page.

Light, as `edge.runtime.status` is: whoever asks loads neither vision nor a database for it.
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
    """The newest picture of a lane, in words."""

    lane: str
    frame_id: int | None = None
    """None: no picture has come yet."""
    age_s: float | None = None
    size: tuple[int, int] | None = None
    """Width and height in pixels: the places below are of this picture."""
    frozen: bool = False
    plates: tuple[Corners, ...] = ()
    vehicle: Box | None = None


@dataclass(frozen=True, slots=True)
class SceneVisit:
    """A vehicle in view, and how long ago it was seen."""

    visit: LiveVisit
    unseen_s: float
    waited_s: float
    """Since it was first seen."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything in view at one moment."""

    lanes: tuple[LaneSeen, ...]
    visits: tuple[SceneVisit, ...]

    def values(self) -> dict[str, Any]:
        """For a line of JSON."""
        values: dict[str, Any] = msgspec.to_builtins(self)
        return values

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        """What `values` made. Raises ValueError when it is of another shape."""
        return msgspec.convert(values, cls)

    def visit(self, visit_id: str) -> SceneVisit | None:
        return next((one for one in self.visits if one.visit.visit_id == visit_id), None)

    def lane(self, name: str) -> LaneSeen | None:
        return next((one for one in self.lanes if one.lane == name), None)
