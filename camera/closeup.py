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

from camera.frame import Picture
from camera.peaks import Detection
from camera.rectify import plate_width
from core.geometry import Corners, Point


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
    """A window onto the picture: `grey` shows it enlarged by `scale`, centred on `centre`."""

    grey: Picture
    scale: float
    centre: Point

    def back(self, corners: Corners) -> Corners:
        """Converts corners in the window to corners in the picture."""
        height, width = self.grey.shape[:2]
        x, y = self.centre
        a, b, c, d = (((u - width / 2) / self.scale + x, (v - height / 2) / self.scale + y) for u, v in corners)
        return (a, b, c, d)


_OFF_CENTRE = 0.35
"""How far off the middle the plate may lie, as a fraction of its width."""


_BREAKS_UP = 0.5
"""Below this scale, a plate is shrunk by area means: plain sampling would break up its strokes."""
_SPARE_PX = 2
"""Extra window pixels, so that the window's rim is made from the picture and not from the cut."""


def cut(grey: Picture, plate: Detection, how: CloseUp) -> View:
    """The window around `plate`. Beyond the picture's edge, the edge pixels are repeated."""
    x = sum(corner[0] for corner in plate.corners) / 4
    y = sum(corner[1] for corner in plate.corners) / 4
    scale = how.plate_px / max(plate_width(plate.corners), 1.0)
    across = down = scale
    left = top = 0
    if scale < _BREAKS_UP:
        # Cut first, then shrink: the window shows only a part of a near plate's frame.
        columns = _span(x, (how.width / 2 + _SPARE_PX) / scale, grey.shape[1])
        rows = _span(y, (how.height / 2 + _SPARE_PX) / scale, grey.shape[0])
        part = grey[rows, columns]
        small = (max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale)))
        left, top = columns.start, rows.start
        across, down = scale * part.shape[1] / small[0], scale * part.shape[0] / small[1]
        grey = np.asarray(cv2.resize(part, small, interpolation=cv2.INTER_AREA), np.uint8)
    onto = np.array(
        [[across, 0, how.width / 2 - scale * (x - left)], [0, down, how.height / 2 - scale * (y - top)]], np.float32
    )
    window = cv2.warpAffine(
        grey, onto, (how.width, how.height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return View(grey=np.asarray(window, np.uint8), scale=scale, centre=(x, y))


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
