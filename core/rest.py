"""How long the foreground in a lane has stood still: a vehicle that waits, and not one that drives by. A value."""

from __future__ import annotations

from dataclasses import dataclass

from core.events import FrameRead
from core.geometry import Box

REST_IOU = 0.8
"""Foreground that overlaps its earlier box this much has not moved."""
FULL_WIDTH = 0.95
"""Foreground across the whole picture is traffic or rain, and does not say that something stands."""
EDGE = 0.02
"""Shares of the picture's width and height that count as its edge."""


@dataclass(frozen=True, slots=True)
class Rest:
    """What a visit's foreground has said so far of its standing still."""

    box: Box | None = None
    since: float = 0.0
    """Since when the foreground has not moved from `box`; monotonic seconds."""

    def after(self, frame: FrameRead) -> Rest:
        """The rest after a further frame."""
        vehicle, now = frame.vehicle, frame.at.mono
        if vehicle is None:
            return self
        if self.box is not None and vehicle.iou(self.box) >= REST_IOU and not fills(vehicle, frame):
            return self
        return Rest(vehicle, now)

    def stood_s(self, mono: float) -> float:
        """Seconds for which a vehicle has stood there at `mono`."""
        return mono - self.since if self.box is not None else 0.0


NO_REST = Rest()
"""Nothing has been seen of it."""


def fills(vehicle: Box, frame: FrameRead) -> bool:
    """Whether the foreground spans the picture."""
    return vehicle.w >= FULL_WIDTH * frame.size[0]


def cut_off(frame: FrameRead) -> bool:
    """Whether the picture's edge cuts the foreground off, so that its size says nothing of where it goes."""
    box, (width, height) = frame.vehicle, frame.size
    if box is None:
        return False
    return box.x <= EDGE * width or box.x + box.w >= (1 - EDGE) * width or box.y + box.h >= (1 - EDGE) * height
