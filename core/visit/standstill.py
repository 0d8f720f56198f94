"""How long the foreground in a lane has stood still: tells a vehicle that waits from one that drives by. A value."""

from __future__ import annotations

from dataclasses import dataclass

from core.events import FrameRead
from core.geometry import Box
from core.rules.motion import MotionRules


@dataclass(frozen=True, slots=True)
class Standstill:
    """How long a vehicle's foreground has been in one place."""

    box: Box | None = None
    since: float = 0.0
    """Since when the foreground has not moved from `box`; monotonic seconds."""

    def after(self, frame: FrameRead, rules: MotionRules) -> Standstill:
        """The standstill after a further frame."""
        vehicle, now = frame.vehicle, frame.at.mono
        if vehicle is None:
            return self
        if self.box is not None and vehicle.iou(self.box) >= rules.standstill_iou and not fills(vehicle, frame, rules):
            return self
        return Standstill(vehicle, now)

    def seconds(self, mono: float) -> float:
        """For how long, at `mono`, a vehicle has stood there."""
        return mono - self.since if self.box is not None else 0.0


NO_STANDSTILL = Standstill()
"""Nothing has been seen of it."""


def fills(vehicle: Box, frame: FrameRead, rules: MotionRules) -> bool:
    """Whether the foreground spans the picture."""
    return vehicle.w >= rules.full_width * frame.size[0]


def cut_off(frame: FrameRead, rules: MotionRules) -> bool:
    """Whether the picture's edge cuts the foreground off, so that its size does not tell which way it moves."""
    box, (width, height), edge = frame.vehicle, frame.size, rules.edge_share
    if box is None:
        return False
    return box.x <= edge * width or box.x + box.w >= (1 - edge) * width or box.y + box.h >= (1 - edge) * height
