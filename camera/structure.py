"""The edge pattern of a view, independent of light: comparing two shows whether a camera still looks the same way. Pure.

Each pixel of the pattern is a complex number. Its length is how certain an edge is there (0 to 1); its angle is twice
the edge's direction, so that edges from dark to bright and from bright to dark are the same. Sun, dusk and infrared
change the brightness of a wall, but not where its edges are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from camera.frame import Picture

Pattern = NDArray[np.complex64]
"""Height x width of its thumbnail."""

_FLOOR = 24.0
"""Gradient (Sobel of grey levels) at which an edge counts half; the noise of a smoothed thumbnail stays below 12."""
_ROOM = 0.25
"""Largest shift looked for, as a share of the picture: beyond it, too little would overlap."""
_STRONG = 0.5


@dataclass(frozen=True, slots=True)
class Agreement:
    """How well a view agrees with a reference."""

    here: float
    """Correlation without a shift: 1 for the same view, about 0 for another place."""
    best: float
    """The highest correlation over all shifts."""
    shift: tuple[float, float]
    """That shift, to the right and down, as shares of the picture's width."""


def pattern(thumb: Picture) -> Pattern:
    """The edges of a grey thumbnail."""
    calm = cv2.GaussianBlur(thumb, (0, 0), 1.0)
    across = cv2.Sobel(calm, cv2.CV_32F, 1, 0)
    down = cv2.Sobel(calm, cv2.CV_32F, 0, 1)
    strength = cv2.magnitude(across, down)
    edge = across + 1j * down
    squares: Pattern = np.asarray(edge * edge / (strength * strength + 1e-3), np.complex64)
    squares *= strength / (strength + _FLOOR)
    squares[:2], squares[-2:], squares[:, :2], squares[:, -2:] = 0, 0, 0, 0  # the rim made by an encoder is no edge
    return squares


def detail(edges: Pattern) -> float:
    """Share of pixels with an edge; almost none if the lens is covered."""
    return float((np.abs(edges) > _STRONG).mean())


def agreement(reference: Pattern, now: Pattern) -> Agreement:
    """Compare two patterns of one size."""
    norm = math.sqrt(float(np.vdot(reference, reference).real) * float(np.vdot(now, now).real))
    if norm < 1e-6:
        return Agreement(0.0, 0.0, (0.0, 0.0))
    height, width = reference.shape
    # Zero-padded, so that what leaves on one side does not re-enter on the other.
    size = (2 * height, 2 * width)
    product = np.conj(np.fft.fft2(reference, size)) * np.fft.fft2(now, size)
    surface = np.fft.ifft2(product).real / norm
    rooms = (int(height * _ROOM), int(width * _ROOM))
    rows, columns = (np.r_[0 : room + 1, -room:0] for room in rooms)
    near = surface[np.ix_(rows, columns)]
    # The overlap shrinks with the shift; without this correction a large shift could never win.
    share = np.outer(1 - np.abs(rows) / height, 1 - np.abs(columns) / width)
    row, column = np.unravel_index(int(np.argmax(near / share)), near.shape)
    shift = (float(columns[column]) / width, float(rows[row]) / width)
    return Agreement(float(near[0, 0]), float(near[row, column] / share[row, column]), shift)


def lost(reference: Pattern, now: Pattern) -> float:
    """Share of the reference's strong edges, block by block, that are no longer there: a hand, a cobweb, dirt."""
    weights = _blocks(np.abs(reference) ** 2)
    agree = _blocks((reference * np.conj(now)).real)
    power = np.sqrt(weights * _blocks(np.abs(now) ** 2)) + 1e-6
    counted = weights > _WEIGHTY * float(weights.max(initial=0.0))
    if not counted.any():
        return 0.0
    gone = agree[counted] / np.maximum(power[counted], _PART_GONE * weights[counted]) < _GONE
    return float((gone * weights[counted]).sum() / weights[counted].sum())


_BLOCK = 10
_WEIGHTY = 0.08
_GONE = 0.2
_PART_GONE = 0.5


def _blocks(values: NDArray[np.float32]) -> NDArray[np.float32]:
    height, width = (size // _BLOCK * _BLOCK for size in values.shape)
    cut = values[:height, :width].reshape(height // _BLOCK, _BLOCK, width // _BLOCK, _BLOCK)
    return np.asarray(cut.sum(axis=(1, 3)), np.float32)
