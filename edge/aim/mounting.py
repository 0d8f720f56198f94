"""The mounting table for the ladder: where the camera hangs, and how wide a plate becomes. Pure functions."""

from __future__ import annotations

import math
from dataclasses import dataclass

from edge.aim.plate import PLATE_M
from edge.aim.settings import AimSettings
from edge.language import say

DISTANCES_M = (4, 5, 6, 7, 10)
LENSES_DEG = (30, 40, 60, 80, 90)
"""Horizontal angles of view, as data sheets of cameras tell them."""
FULL_HD_PX = 1920


@dataclass(frozen=True, slots=True)
class Row:
    """Expected widths of a plate at one distance, in pixels, in the order of `LENSES_DEG`; and whether each suffices."""

    distance_m: int
    widths: tuple[tuple[int, bool], ...]


def plate_px(distance_m: float, lens_deg: float, picture_px: int) -> float:
    """Width of a Russian plate in the middle of a picture of this width, facing the camera (pinhole, no distortion)."""
    return picture_px * PLATE_M / (2 * distance_m * math.tan(math.radians(lens_deg) / 2))


def table(limits: AimSettings, picture_px: int = FULL_HD_PX) -> tuple[Row, ...]:
    """Calculated, not measured."""
    return tuple(
        Row(metres, tuple(_width(plate_px(metres, lens, picture_px), limits) for lens in LENSES_DEG))
        for metres in DISTANCES_M
    )


def _width(width_px: float, limits: AimSettings) -> tuple[int, bool]:
    return round(width_px), width_px >= limits.plate_width_px


def places(limits: AimSettings) -> tuple[tuple[str, str], ...]:
    """What is measured with a tape before anything is seen, and how much it should be."""
    return (
        (say("от камеры до номера у черты"), say("4–7 м")),
        (say("камера над номером"), say("около половины этого")),
        (say("угол к номеру, вниз и вбок"), say("до {n:.0f}°", n=limits.angle_deg)),
        (say("завал"), say("до {n:.0f}°", n=limits.roll_deg)),
        (say("ширина номера у черты"), say("от {n:.0f} пикс.", n=limits.plate_width_px)),
        (say("камер на проезд"), say("одна, смотрит на машину, а не на стрелу")),
    )
