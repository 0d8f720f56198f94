"""Whether two pictures of two streams show the same view. Pure."""

from __future__ import annotations

import cv2
import numpy as np

from camera.frame import Picture
from camera.shrink import to_grey

_SIZE = (64, 36)
"""Small enough to cancel differences in coding and sharpness and to make a moved car matter little."""
_FLAT = 4.0
"""Standard deviation in grey levels below which a picture has nothing to compare: unlit night, fog, a lens cap."""
SAME = 0.7


def likeness(one: Picture, other: Picture) -> float | None:
    """Correlation of the brightness of both, -1 to 1, after scaling to one size; None if one of them is flat."""
    greys = [
        np.asarray(cv2.resize(to_grey(each), _SIZE, interpolation=cv2.INTER_AREA), np.float64) for each in (one, other)
    ]
    if min(float(grey.std()) for grey in greys) < _FLAT:
        return None
    return float(np.corrcoef(greys[0].ravel(), greys[1].ravel())[0, 1])
