"""Evens out the contrast of a flat plate, to bring out what lies in shadow, under dirt or beside a lamp. Pure."""

from __future__ import annotations

import cv2
import numpy as np

from camera.frame import Picture
from camera.shrink import to_grey

_CLIP = 2.0
"""Clip limit: by how much a tone may exceed its share. A higher value makes noise look like strokes."""
_TILES = (2, 4)
"""Tiles across and down: a shadow's edge mostly runs along the plate, and a tile must be wider than a character."""


def evened(flat: Picture) -> Picture:
    """`flat` with the contrast of each part stretched (contrast-limited adaptive equalisation, Zuiderveld 1994), grey."""
    return np.asarray(cv2.createCLAHE(_CLIP, _TILES).apply(to_grey(flat)), np.uint8)
