"""Several pictures of one plate laid upon one another: noise and a coder's residue average out, strokes stay.

What no picture shows alone a few together may: a plate of 35 px is read right in half of its pictures, in nine tenths of
their stacks (ADR 64). What lasts through all of them, dirt, a cover, blur, is as much there in the stack. Pure functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from camera.frame import Picture
from camera.shrink import to_grey

MOST: Final = 5
"""Pictures in a stack: a vehicle that moves looks different after more of them."""
_ALIKE: Final = 0.6
"""Correlation of a picture, laid on the newest, from which on it shows the same thing: pictures of one dark plate have 0.62 at the
least, of another plate in its place 0.65 in the middle. So it is no test of sameness: the plate must have been followed."""
_STEPS: Final = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 25, 1e-3)
_SOFT: Final = 5
"""Pixels of the blur before gradients are taken."""
_HALO: Final = 2.0
"""Pixels: the mean of pictures that are aligned to a part of a pixel is softer than each, by about as much."""

Float = NDArray[np.float32]


def stacked(flats: Sequence[Picture]) -> tuple[Picture, int]:
    """Flat pictures of one plate, `[64, 192]` grey each, the newest last → their aligned mean, sharpened, and how many are in it.

    Each is laid on the newest by the affine map of greatest correlation (Evangelidis and Psarakis 2008, ECC), found at half
    the size, which measures as well at a quarter of the cost. One that cannot be laid there is left out.
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
    mean = total / count
    crisp = mean + (mean - cv2.GaussianBlur(mean, (0, 0), _HALO))
    return np.clip(crisp, 0, 255).astype(np.uint8), count


def _halved(picture: Float) -> Float:
    return np.asarray(cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.float32)


def _shift(onto: Float, older: Float) -> Float | None:
    """`[2, 3]` in pixels of the whole picture: from a place of the newest to that of the older; None where they do not match."""
    begin = np.eye(2, 3, dtype=np.float32)
    try:
        alike, found = cv2.findTransformECC(onto, older, begin, cv2.MOTION_AFFINE, _STEPS, None, _SOFT)  # type: ignore[call-overload] # None: no mask
    except cv2.error:  # no gradient to go by, or no end to the search: nothing was found
        return None
    if alike < _ALIKE:
        return None
    found[:, 2] = 2.0 * found[:, 2] + 0.5 - found[:, :2] @ (0.5, 0.5)  # a pixel's place is its middle
    return np.asarray(found, np.float32)
