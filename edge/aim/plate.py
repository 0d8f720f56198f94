"""Measures on a plate in a picture what it tells about mounting, focus and light. Pure functions.

Sizes of Russian plates: GOST R 50577-2018, type 1 (520 x 112 mm, digits 76 mm high) and 1A (290 x 170 mm, 76 mm).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from camera.frame import Picture
from camera.quality import sharpness
from camera.rectify import Margins, plate_width, rectify
from camera.shrink import to_grey
from camera.view_measures import colour
from core.geometry import Corners

PLATE_M = 0.52
_ONE_LINE = (520 / 112, 76 / 112)
_TWO_LINES = (290 / 170, 76 / 170)
"""Width of the plate by its height, and height of its characters by the plate's height."""
_BETWEEN = 2.6
_CLIPPED = 250
_FLAT = (208, 64)
_NONE = Margins(side=0.0, above=0.0)
_READER = Margins(side=0.08, above=0.28)
_COLOURLESS = 4.0


@dataclass(frozen=True, slots=True)
class PlateMeasures:
    """The measures of one plate."""

    width_px: float
    char_height_px: float
    roll_deg: float
    """Positive is clockwise."""
    angle_deg: float
    """Angle between the line of sight and the plate's normal, in any direction; coarse, estimated from its shape."""
    sharpness: float
    """0 to 1, as the reader computes it (`camera.quality`)."""
    contrast: float
    """Between its darkest and its brightest tenth, 0 to 1."""
    clipped: float
    """Share of it that is at full brightness."""
    infrared: bool
    """The picture has no colours."""


def measure_plate(bgr: Picture, corners: Corners) -> PlateMeasures:
    """Measure the plate at `corners` of a picture."""
    top_left, top_right, bottom_right, bottom_left = corners
    width = plate_width(corners)
    height = (math.dist(top_left, bottom_left) + math.dist(top_right, bottom_right)) / 2
    shape, char_share = _ONE_LINE if width > _BETWEEN * height else _TWO_LINES
    squeezed = width / max(height, 1.0) / shape
    angle = math.degrees(math.acos(min(1.0, squeezed, 1 / squeezed))) if squeezed > 0 else 90.0
    roll = math.degrees(math.atan2(top_right[1] - top_left[1], top_right[0] - top_left[0]))
    flat = to_grey(rectify(bgr, corners, width=_FLAT[0], height=_FLAT[1], margins=_NONE))
    dark, bright = np.percentile(flat, (10, 90))
    return PlateMeasures(
        width_px=width,
        char_height_px=height * char_share,
        roll_deg=roll,
        angle_deg=angle,
        sharpness=sharpness(rectify(bgr, corners, width=_FLAT[0], height=_FLAT[1], margins=_READER)),
        contrast=float(bright - dark) / 255,
        clipped=float(cv2.countNonZero(cv2.inRange(flat, _CLIPPED, 255))) / flat.size,
        infrared=colour(bgr) < _COLOURLESS,
    )
