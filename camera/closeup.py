"""A close-up of one plate: cut out and scaled to the width at which the detector finds corners best.

In a whole frame a plate is 20 to 60 network pixels wide, and its corners are off by a tenth of its height. In a
close-up about a hundred pixels wide they are exact, and the reader loses far fewer first and last characters. Pure
functions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from camera.frame import Picture
from camera.peaks import Detection
from camera.rectify import plate_width
from core.geometry import Corners

Affine = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CloseUp:
    """How to make a close-up: the plate is `plate_px` wide in a window of `width` x `height`, multiples of 32."""

    plate_px: float
    width: int
    height: int
    floor: float = 0.3
    """A detection with a lower score is no plate."""


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A window onto the picture."""

    grey: Picture
    onto: Affine
    """`[2, 3]`: from a point of the picture to its place in the window."""

    def back(self, corners: Corners) -> Corners:
        """Converts corners in the window to corners in the picture."""
        there = (np.array(corners) - self.onto[:, 2]) @ np.linalg.inv(self.onto[:, :2]).T
        a, b, c, d = ((float(x), float(y)) for x, y in there)
        return (a, b, c, d)


_OFF_CENTRE = 0.35
"""How far off the middle the plate may lie, as a fraction of its width."""


_LEVEL = 0.18
"""A plate that slants less (10 degrees) is found as well as a level one."""
_STEEPEST = 1.2
"""No plate of a car before a gate slants more; what seems to was badly found."""
_BREAKS_UP = 0.5
"""Below this scale, a plate is shrunk by area means: plain sampling would break up its strokes."""
_SPARE_PX = 2
"""Extra window pixels, so that the window's rim is made from the picture and not from the cut."""


def cut(grey: Picture, plate: Detection, how: CloseUp) -> View:
    """The window around `plate`, in which it is level. Beyond the picture's edge, the edge pixels are repeated."""
    x = sum(corner[0] for corner in plate.corners) / 4
    y = sum(corner[1] for corner in plate.corners) / 4
    slope = slant(plate.corners)
    scale = how.plate_px / max(plate_width(plate.corners) / math.hypot(1.0, slope), 1.0)
    turn = scale * np.array([[1.0, 0.0], [-slope, 1.0]])
    middle = np.array([how.width / 2, how.height / 2])
    onto = np.column_stack([turn, middle - turn @ (x, y)])
    sampled = onto
    if scale < _BREAKS_UP:
        # Cut first, then shrink: the window shows only a part of a near plate's frame.
        reach = np.abs(np.linalg.inv(turn)) @ (middle + _SPARE_PX)
        columns, rows = _span(x, reach[0], grey.shape[1]), _span(y, reach[1], grey.shape[0])
        part = grey[rows, columns]
        small = (max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale)))
        grey = np.asarray(cv2.resize(part, small, interpolation=cv2.INTER_AREA), np.uint8)
        grown = np.diag([part.shape[1] / small[0], part.shape[0] / small[1]])
        sampled = np.column_stack([turn @ grown, onto @ (columns.start, rows.start, 1)])
    window = cv2.warpAffine(
        grey,
        sampled.astype(np.float32),
        (how.width, how.height),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return View(grey=np.asarray(window, np.uint8), onto=onto)


def slant(corners: Corners) -> float:
    """How far the plate falls to the right, as a slope; 0 where it is nearly level, or steeper than any plate on a car.

    A gate's camera stands upright, so a plate's uprights stay upright in its picture. Its lines slant when it is seen from
    the side and from above.
    """
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = corners
    along, down = bx - ax + cx - dx, by - ay + cy - dy
    slope = abs(down) / max(abs(along), 1e-6)
    return down / along if _LEVEL <= slope <= _STEEPEST else 0.0


def _span(middle: float, half: float, size: int) -> slice:
    """The existing pixels from `middle` - `half` to `middle` + `half`; at least one."""
    start = min(max(0, math.floor(middle - half)), size - 1)
    return slice(start, max(start + 1, min(size, math.ceil(middle + half))))


def pick(found: Sequence[Detection], how: CloseUp) -> Detection | None:
    """The best plate near the middle of a window: the one that was looked for."""
    near = [
        plate
        for plate in found
        if abs(plate.box.centre[0] - how.width / 2) <= _OFF_CENTRE * how.plate_px
        and abs(plate.box.centre[1] - how.height / 2) <= _OFF_CENTRE * how.plate_px
    ]
    return max(near, key=lambda plate: plate.score, default=None)
