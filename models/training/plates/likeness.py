"""Whether the visible part of a half-hidden symbol still identifies it.

The left half of a B looks like that of an E; the share of hidden ink cannot show this. So the symbol is compared with
every rival, i.e. every symbol that may stand in its place. A reader can only use the part of their difference that is
visible.
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
"""Rows and columns into which a symbol's box is divided."""
_TOLD_BY: Final = (0.05, 0.12)
"""Visible differences, as shares of the box: with the first, no reader can tell two symbols apart; with the second it can.
Fully visible, M and H, O and C, 0 and 8 differ by 0.13 to 0.15."""
_FINE_PX: Final = 110.0
"""Plates as wide as this show all of a difference; in a narrower picture it has to be larger to be seen, up to `_COARSEST` times."""
_COARSEST: Final = 1.6
_LOST: Final = (0.15, 0.4)
"""Shares of a difference that are hidden: up to the first nothing is in doubt because of it, from the second on all of it is."""
_SOFT: Final = 0.8
"""Blur (sigma) of the shapes, in cells: typefaces differ in weight and width, and pictures differ too."""
_LEAST_HIDDEN: Final = 0.04
_DIGITS: Final = "0123456789"
_LATIN: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def doubt(symbol: str, hidden: Float, *, width_px: float, russian: bool) -> float:
    """0 to 1: how far the visible part of `symbol` may belong to another symbol.

    `hidden`: shape `CELLS`, 0 to 1, how much of each cell of its box is hidden. `width_px`: of the whole plate, in the
    picture. `russian`: of the letters, only those of Russian plates are rivals.
    """
    rivals = _rivals(symbol, RU_LETTERS if russian else _LATIN)
    if rivals is None or float(hidden.mean()) < _LEAST_HIDDEN:
        return 0.0
    apart = rivals.mean(axis=(1, 2))
    told = (rivals * (1.0 - hidden)).mean(axis=(1, 2))
    low, high = (least * min(_COARSEST, max(1.0, (_FINE_PX / width_px) ** 0.5)) for least in _TOLD_BY)
    alike = np.clip((high - told) / (high - low), 0, 1)
    because = np.clip((1 - told / apart - _LOST[0]) / (_LOST[1] - _LOST[0]), 0, 1)
    return float((alike * because).max())


@functools.cache
def _rivals(symbol: str, letters: str) -> Float | None:
    """`[rivals, *CELLS]`: where and by how much each rival differs from `symbol`; None if it is unknown or has no rivals.

    Symbols that differ too little even when fully visible are not rivals: no reader could tell them apart anyway.
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
    """The symbol at the full width of its box; for 1 and I also narrow, at the left, middle and right of the box."""
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
