"""Holds a picture the way video carries it: brightness of every pixel, colours of every fourth (4:2:0). Pure functions.

That is half the bytes of blue, green and red, and nothing is converted until a person wants to see colours.
"""

from __future__ import annotations

from functools import partial

import cv2
import numpy as np

from camera.blocks import Blocks
from camera.frame import Picture
from camera.packets import Decoded


def copied(luma: Picture, blue: Picture, red: Picture, *, full: bool, blocks: Blocks) -> Decoded:
    """Copies of the three planes: height x width, then twice half of both (both even), in one of `blocks`.

    `full`: 0 to 255, not 16 to 235.
    """
    height, width = luma.shape
    planes = blocks.take(height * 3 // 2, width)
    grey = planes[:height]
    if full:
        grey[:] = luma
    else:
        _widen(luma, grey)
    chroma = planes[height:].reshape(2, height // 2, width // 2)
    chroma[0], chroma[1] = blue, red
    return Decoded(grey, partial(_colours, planes, full=full))


def widened(luma: Picture) -> Picture:
    """Expands video brightness of 16 to 235 to the 0 to 255 that the networks expect (ITU-R BT.601, BT.709)."""
    grey = np.empty_like(luma)
    _widen(luma, grey)
    return grey


def _widen(luma: Picture, grey: Picture) -> None:
    """Into `grey`. A third of the time of a table; values outside the range are clipped by both steps."""
    cv2.subtract(luma, _BLACK, dst=grey)  # type: ignore[call-overload]  # OpenCV takes a number
    cv2.convertScaleAbs(grey, dst=grey, alpha=255 / (_WHITE - _BLACK))


def _colours(planes: Picture, *, full: bool) -> Picture:
    height = planes.shape[0] * 2 // 3
    limited = np.empty_like(planes)  # OpenCV always expects 16 to 235
    cv2.LUT(planes[:height], _NARROWED, dst=limited[:height])
    if full:
        cv2.LUT(planes[height:], _PALER, dst=limited[height:])
    else:
        limited[height:] = planes[height:]
    return np.asarray(cv2.cvtColor(limited, cv2.COLOR_YUV2BGR_I420), np.uint8)


_BLACK, _WHITE = 16, 235
_LEVELS = np.arange(256)
_NARROWED = np.round(_LEVELS * (219 / 255) + 16).astype(np.uint8)
_PALER = np.round((_LEVELS - 128) * (224 / 255) + 128).astype(np.uint8)
