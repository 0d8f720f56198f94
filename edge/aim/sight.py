"""What a lane's camera shows, as `gate run` reports it on its socket: values, each with the age of its frame.

Cheap to import, like `edge.runtime.status`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import msgspec


@dataclass(frozen=True, slots=True)
class ViewSeen:
    """The picture as a whole (`camera.view_watch`)."""

    age_s: float
    brightness: float
    contrast: float
    clipped: float
    infrared: bool
    softness_px: float | None
    softness_usual_px: float | None
    troubles: tuple[str, ...]
    doubt: str
    """Why there is no verdict; empty if there is one."""
    agreement: float | None
    lost: float | None
    shift: tuple[float, float] | None
    accepted: bool
    clock: tuple[float, float, float, float] | None


@dataclass(frozen=True, slots=True)
class PlateSeen:
    """The largest plate of the last frame with a plate (`edge.aim.plate`)."""

    age_s: float
    text: str
    """As far as it was read, as displayed on a plate."""
    width_px: float
    char_height_px: float
    roll_deg: float
    angle_deg: float
    sharpness: float
    contrast: float
    clipped: float
    infrared: bool


@dataclass(frozen=True, slots=True)
class AimSight:
    """One lane."""

    lane: str
    fps: float
    alive: bool
    frozen: bool
    frame_age_s: float | None
    """None: no frame has come yet."""
    size: tuple[int, int] | None
    view: ViewSeen | None = None
    plate: PlateSeen | None = None

    def values(self) -> dict[str, Any]:
        """As JSON-serialisable values."""
        found: dict[str, Any] = msgspec.to_builtins(self)
        return found

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        """The inverse of `values`. Raises ValueError if the shape is different."""
        return msgspec.convert(values, cls)
