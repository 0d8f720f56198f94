"""Stacks several pictures of one plate: noise and compression artefacts average out, strokes stay.

Several pictures together may show what none shows alone: a plate of 35 px is read correctly in half of its pictures,
and in nine tenths of their stacks (ADR 64). What is the same in all of them (dirt, a cover, blur) stays in the stack.
Pure functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from camera.frame import Picture
from camera.shrink import to_grey

MOST_PICTURES: Final = 5
"""Pictures in a stack. After more of them, a moving vehicle looks different."""
_ALIKE: Final = 0.6
"""Minimum correlation of a picture aligned to the newest. Pictures of one dark plate have at least 0.62; another plate
in its place has a median of 0.65. So this is no test of sameness: the plate must have been followed."""
_STEPS: Final = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 25, 1e-3)
_SOFT: Final = 5
"""Pixels of blur before gradients are taken."""
_HALO: Final = 2.0
"""Pixels. The mean of pictures aligned to a fraction of a pixel is softer than each of them, by about this much."""

Float = NDArray[np.float32]


def stacked(flats: Sequence[Picture]) -> tuple[Picture, int]:
    """The aligned, sharpened mean of rectified pictures of one plate (grey `[64, 192]`, newest last), and their number.

    Each is aligned to the newest by the affine map of greatest correlation (Evangelidis and Psarakis 2008, ECC). This
    is done at half the size, which is as accurate at a quarter of the cost. A picture that cannot be aligned is left
    out.
    """
    newest = np.asarray(to_grey(flats[-1]), np.float32)
    size = (newest.shape[1], newest.shape[0])
    half = _halved(newest)
    total, count = newest.copy(), 1
    for flat in flats[:-1]:
        older = np.asarray(to_grey(flat), np.float32)
        shift = _shift(half, _halved(older))
        if shift is None:
            continue
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        total += cv2.warpAffine(older, shift, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
        count += 1
    return sharpened(np.asarray(total / count, np.float32)), count


def sharpened(mean: Float) -> Picture:
    """The mean of aligned pictures, as sharp as each of them."""
    crisp = mean + (mean - cv2.GaussianBlur(mean, (0, 0), _HALO))
    return np.clip(crisp, 0, 255).astype(np.uint8)


def _halved(picture: Float) -> Float:
    return np.asarray(cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.float32)


def _shift(onto: Float, older: Float) -> Float | None:
    """`[2, 3]`, in full-size pixels: maps a place in the newest to one in the older; None if they do not match."""
    begin = np.eye(2, 3, dtype=np.float32)
    try:
        alike, found = cv2.findTransformECC(onto, older, begin, cv2.MOTION_AFFINE, _STEPS, None, _SOFT)  # type: ignore[call-overload] # None: no mask
    except cv2.error:  # no gradient, or no convergence: nothing was found
        return None
    if alike < _ALIKE:
        return None
    found[:, 2] = 2.0 * found[:, 2] + 0.5 - found[:, :2] @ (0.5, 0.5)  # pixel coordinates refer to pixel centres
    return np.asarray(found, np.float32)
