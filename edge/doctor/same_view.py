"""Whether two pictures of two streams show the same view. Pure."""

from __future__ import annotations

import cv2
import numpy as np

from camera.frame import Picture
from camera.shrink import to_grey

_SIZE = (64, 36)
"""Small enough that coder and sharpness of the two streams make no difference, and a car that has moved in between little."""
_FLAT = 4.0
"""Grey levels of deviation below which a picture shows nothing to compare: night without light, fog, a lens cap."""
SAME = 0.7


def likeness(one: Picture, other: Picture) -> float | None:
    """Correlation of the brightness of both, -1 to 1, each stretched to the same shape; None where one of them is flat."""
    greys = [
        np.asarray(cv2.resize(to_grey(each), _SIZE, interpolation=cv2.INTER_AREA), np.float64) for each in (one, other)
    ]
    if min(float(grey.std()) for grey in greys) < _FLAT:
        return None
    return float(np.corrcoef(greys[0].ravel(), greys[1].ravel())[0, 1])
