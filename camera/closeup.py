"""A second look at one plate: cut out, scaled to the width at which the detector knows corners best.

In a whole frame a plate is 20 to 60 network pixels wide and its corners are a tenth of its height off; looked at again
at about a hundred they are not, and the reader loses far fewer first and last characters. Pure functions.
"""

from __future__ import annotations

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
    """How to look again: the plate `plate_px` wide in a window of `width` x `height`, multiples of 32."""

    plate_px: float
    width: int
    height: int


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A window onto the picture: `grey` shows it `scale` times as large, its middle at `centre`."""

    grey: Picture
    scale: float
    centre: Point

    def back(self, corners: Corners) -> Corners:
        """Corners in the window as corners in the picture."""
        height, width = self.grey.shape[:2]
        x, y = self.centre
        a, b, c, d = (((u - width / 2) / self.scale + x, (v - height / 2) / self.scale + y) for u, v in corners)
        return (a, b, c, d)


_OFF_CENTRE = 0.35
"""The plate looked for lies at the middle, give or take so much of its width."""


def cut(grey: Picture, plate: Detection, how: CloseUp) -> View:
    """The window around `plate`; beyond the picture's edge its rim goes on."""
    x = sum(corner[0] for corner in plate.corners) / 4
    y = sum(corner[1] for corner in plate.corners) / 4
    scale = how.plate_px / max(plate_width(plate.corners), 1.0)
    onto = np.array([[scale, 0, how.width / 2 - scale * x], [0, scale, how.height / 2 - scale * y]], dtype=np.float32)
    # Area means where a near plate shrinks: sampled, its strokes would break up.
    flags = cv2.INTER_LINEAR
    if scale < 0.5:
        height, width = grey.shape[:2]
        small = (max(1, int(width * scale)), max(1, int(height * scale)))
        grey = np.asarray(cv2.resize(grey, small, interpolation=cv2.INTER_AREA), np.uint8)
        onto[:, 0] *= width / small[0]
        onto[:, 1] *= height / small[1]
    window = cv2.warpAffine(grey, onto, (how.width, how.height), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return View(grey=np.asarray(window, np.uint8), scale=scale, centre=(x, y))


def pick(found: Sequence[Detection], how: CloseUp) -> Detection | None:
    """Of the plates found in a window the best one near its middle: that which was looked for."""
    near = [
        plate
        for plate in found
        if abs(plate.box.centre[0] - how.width / 2) <= _OFF_CENTRE * how.plate_px
        and abs(plate.box.centre[1] - how.height / 2) <= _OFF_CENTRE * how.plate_px
    ]
    return max(near, key=lambda plate: plate.score, default=None)
