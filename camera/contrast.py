"""Contrast evened out over a flat plate: what lies in shadow, under dirt or beside a lamp comes up. Pure."""

from __future__ import annotations

import cv2
import numpy as np

from camera.frame import Picture
from camera.shrink import to_grey

_CLIP = 2.0
"""How many times its share a tone may take up; more makes noise look like strokes."""
_TILES = (2, 4)
"""Across and down: a shadow's edge mostly lies along the plate, and a tile must be wider than a symbol."""


def evened(flat: Picture) -> Picture:
    """`flat` with the contrast of each part stretched (contrast-limited adaptive equalisation, Zuiderveld 1994), grey."""
    return np.asarray(cv2.createCLAHE(_CLIP, _TILES).apply(to_grey(flat)), np.uint8)
