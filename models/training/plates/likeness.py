"""Whether what can be seen of a half-hidden symbol still tells which one it is.

The left half of a B is that of an E, and no share of hidden ink says so. Every rival of the symbol, one that may stand in
its place, is laid over it, and what of their difference lies in the part that can be seen is what a reader has to go by.
"""

from __future__ import annotations

import functools
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from core.plates.formats import RU_LETTERS
from models.training.plates.pose import Float
from models.training.plates.typefaces import StrokeFace

CELLS: Final = (14, 10)
"""Rows and columns that a symbol's box is parted into."""
_TOLD_BY: Final = (0.05, 0.12)
"""Of the box: by a visible difference of the first no reader tells two symbols apart, by the second it does. M and H, O and C, 0 and 8
differ by 0.13 to 0.15 where nothing hides them."""
_SOFT: Final = 0.8
"""Blur of the shapes, in cells: weights and widths of typefaces differ, and so do pictures."""
_LEAST_HIDDEN: Final = 0.04
_DIGITS: Final = "0123456789"
_LATIN: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def doubt(symbol: str, hidden: Float, *, russian: bool) -> float:
    """0 to 1: how far the part of `symbol` that can be seen may be another's.

    `hidden`, `CELLS`, 0 to 1, says how much of each part of its box cannot be seen. `russian`: only the letters of Russian plates are rivals.
    """
    rivals = _rivals(symbol, RU_LETTERS if russian else _LATIN)
    if rivals is None or float(hidden.mean()) < _LEAST_HIDDEN:
        return 0.0
    apart = float((rivals * (1.0 - hidden)).mean(axis=(1, 2)).min())
    low, high = _TOLD_BY
    return min(1.0, max(0.0, (high - apart) / (high - low)))


@functools.cache
def _rivals(symbol: str, letters: str) -> Float | None:
    """`[rivals, *CELLS]`: where each of them differs from `symbol`, and by how much; None for a symbol without a shape here.

    Those that differ by too little with nothing hidden are none: 0 and O, where a face draws them alike.
    """
    among = _DIGITS if symbol in _DIGITS else letters
    if symbol not in among:
        return None
    own = _shapes(symbol)[0]
    apart = [np.abs(own - shape) for other in among if other != symbol for shape in _shapes(other)]
    told = [one for one in apart if float(one.mean()) > _TOLD_BY[1]]
    return np.asarray(np.stack(told), np.float32) if told else None


@functools.cache
def _shapes(symbol: str) -> tuple[NDArray[np.float32], ...]:
    """The symbol as wide as its box; a 1 or an I as it is too, at both sides and in the middle of a wider one."""
    rows, columns = CELLS
    mask = StrokeFace().mask(symbol)
    shapes = [_cells(mask, columns)]
    narrow = round(columns * 0.6)
    if symbol in "1I":
        slim = _cells(mask, narrow)
        for left in (0, (columns - narrow) // 2, columns - narrow):
            placed = np.zeros((rows, columns), np.float32)
            placed[:, left : left + narrow] = slim
            shapes.append(placed)
    return tuple(cv2.GaussianBlur(shape, (0, 0), _SOFT).astype(np.float32) for shape in shapes)


def _cells(mask: NDArray[np.uint8], columns: int) -> NDArray[np.float32]:
    return np.asarray(cv2.resize(mask.astype(np.float32) / 255, (columns, CELLS[0]), interpolation=cv2.INTER_AREA))
