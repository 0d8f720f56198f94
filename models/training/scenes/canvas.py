"""A transparent sheet with coordinates in millimetres: x to the right from the middle, y up from the ground."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from models.training.scenes.textures import Colour, Picture

Millimetres = tuple[float, float]
_SHIFT = 4


class Canvas:
    """Colour and opacity of something seen straight on; `pixel` converts millimetres to pixels of the sheet."""

    def __init__(self, *, width_mm: float, height_mm: float, px_per_mm: float, ground_mm: float = 0.0) -> None:
        self.px_per_mm = px_per_mm
        self.left_mm = -width_mm / 2
        self.top_mm = height_mm
        size = (round((height_mm + ground_mm) * px_per_mm), round(width_mm * px_per_mm))
        self.colour: Picture = np.zeros((*size, 3), np.uint8)
        self.opacity: NDArray[np.uint8] = np.zeros(size, np.uint8)

    def pixel(self, point: Millimetres) -> tuple[float, float]:
        return ((point[0] - self.left_mm) * self.px_per_mm, (self.top_mm - point[1]) * self.px_per_mm)

    def _fixed(self, points: Sequence[Millimetres]) -> NDArray[np.int32]:
        return np.round(np.array([self.pixel(p) for p in points]) * (1 << _SHIFT)).astype(np.int32)

    def polygon(self, points: Sequence[Millimetres], colour: Colour, *, opacity: int = 255) -> None:
        fixed = self._fixed(points)
        cv2.fillPoly(self.colour, [fixed], colour, cv2.LINE_AA, _SHIFT)
        if opacity:
            cv2.fillPoly(self.opacity, [fixed], opacity, cv2.LINE_AA, _SHIFT)

    def ellipse(self, centre: Millimetres, radii: Millimetres, colour: Colour, *, opacity: int = 255) -> None:
        angles = np.linspace(0, 2 * np.pi, 28, endpoint=False)
        ring = [(centre[0] + radii[0] * np.cos(a), centre[1] + radii[1] * np.sin(a)) for a in angles]
        self.polygon(ring, colour, opacity=opacity)

    def line(self, points: Sequence[Millimetres], colour: Colour, *, width_mm: float) -> None:
        thickness = max(1, round(width_mm * self.px_per_mm))
        cv2.polylines(self.colour, [self._fixed(points)], False, colour, thickness, cv2.LINE_AA, _SHIFT)

    def shaded(self, points: Sequence[Millimetres], top: Colour, bottom: Colour) -> None:
        """A polygon with a gradient from one colour at its top to another at its bottom."""
        fixed = self._fixed(points)
        mask = np.zeros(self.opacity.shape, np.uint8)
        cv2.fillPoly(mask, [fixed], 255, cv2.LINE_AA, _SHIFT)
        pixels: NDArray[np.float64] = fixed / (1 << _SHIFT)
        height, width = self.opacity.shape
        y0 = max(0, int(np.floor(pixels[:, 1].min())))
        y1 = min(height, int(np.ceil(pixels[:, 1].max())) + 1)
        x0 = max(0, int(np.floor(pixels[:, 0].min())))
        x1 = min(width, int(np.ceil(pixels[:, 0].max())) + 1)
        if y1 <= y0 or x1 <= x0:
            return
        share = np.linspace(0, 1, y1 - y0, dtype=np.float32)[:, None, None]
        ramp = np.asarray(top, np.float32) * (1 - share) + np.asarray(bottom, np.float32) * share
        weight = mask[y0:y1, x0:x1, None].astype(np.float32) / 255
        part = self.colour[y0:y1, x0:x1]
        self.colour[y0:y1, x0:x1] = np.clip(part * (1 - weight) + ramp * weight, 0, 255).astype(np.uint8)
        np.maximum(self.opacity, mask, out=self.opacity)

    def relight(self, field: NDArray[np.float32]) -> None:
        """Multiply the colours by a field of the sheet's size: reflections, shadows, grime."""
        self.colour = np.clip(self.colour * field[..., None], 0, 255).astype(np.uint8)


def mirrored(points: Sequence[Millimetres]) -> list[Millimetres]:
    """The same points on the other side of the car."""
    return [(-x, y) for x, y in points]


def rounded(left: float, bottom: float, right: float, top: float, radius: float) -> list[Millimetres]:
    """The outline of a rectangle with round corners."""
    radius = min(radius, (right - left) / 2, (top - bottom) / 2)
    outline: list[Millimetres] = []
    for cx, cy, start in (
        (right - radius, top - radius, 0.0),
        (left + radius, top - radius, 0.5),
        (left + radius, bottom + radius, 1.0),
        (right - radius, bottom + radius, 1.5),
    ):
        arc = np.pi * np.linspace(start, start + 0.5, 6)
        outline.extend((cx + radius * float(np.cos(a)), cy + radius * float(np.sin(a))) for a in arc)
    return outline
