"""Places in a picture, in pixels: x to the right, y down, origin at the top left corner of the top left pixel."""

from __future__ import annotations

from dataclasses import dataclass

Point = tuple[float, float]
Corners = tuple[Point, Point, Point, Point]
"""Top left, top right, bottom right, bottom left, as the plate is read."""


@dataclass(frozen=True, slots=True)
class Box:
    """An upright rectangle, in pixels."""

    x: float
    y: float
    w: float
    h: float

    @property
    def centre(self) -> Point:
        return (self.x + self.w / 2, self.y + self.h / 2)

    @property
    def area(self) -> float:
        return max(0.0, self.w) * max(0.0, self.h)

    def holds(self, point: Point) -> bool:
        """Whether `point` lies inside."""
        x, y = point
        return self.x <= x <= self.x + self.w and self.y <= y <= self.y + self.h

    def iou(self, other: Box) -> float:
        """Intersection over union, 0 to 1."""
        w = min(self.x + self.w, other.x + other.w) - max(self.x, other.x)
        h = min(self.y + self.h, other.y + other.h) - max(self.y, other.y)
        if w <= 0 or h <= 0:
            return 0.0
        return w * h / (self.area + other.area - w * h)


def box_around(corners: Corners) -> Box:
    """The smallest upright box around the four corners."""
    xs = [x for x, _ in corners]
    ys = [y for _, y in corners]
    return Box(min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys))


def widened(box: Box, share: float) -> Box:
    """The box enlarged on each side by `share` of its width and height."""
    return Box(box.x - share * box.w, box.y - share * box.h, (1 + 2 * share) * box.w, (1 + 2 * share) * box.h)
