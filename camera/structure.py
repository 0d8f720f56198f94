"""Where the edges of a view run, whatever the light: two such patterns tell whether a camera still looks where it looked. Pure.

A pixel of the pattern is a complex number: its length is how surely an edge runs there (0 to 1), its angle twice the
edge's direction, so that an edge from dark to bright and one from bright to dark are the same. Sun, dusk and infrared
change the brightness of a wall and not where its edge runs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from camera.frame import Picture

Pattern = NDArray[np.complex64]
"""Height x width of the thumbnail it was made of."""

_FLOOR = 24.0
"""Gradient (Sobel of grey levels) at which an edge counts half; the noise of a calmed thumbnail stays below 12."""
_ROOM = 0.25
"""Shifts beyond this share of the picture are not looked for: too little of both would overlap."""
_STRONG = 0.5


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far a view agrees with a reference."""

    here: float
    """Correlation where both lie on one another: 1 the same, about 0 another place."""
    best: float
    """The best that any shift gives."""
    shift: tuple[float, float]
    """That shift to the right and down, in shares of the picture's width."""


def pattern(thumb: Picture) -> Pattern:
    """The edges of a grey thumbnail."""
    calm = cv2.GaussianBlur(thumb, (0, 0), 1.0)
    across = cv2.Sobel(calm, cv2.CV_32F, 1, 0)
    down = cv2.Sobel(calm, cv2.CV_32F, 0, 1)
    strength = cv2.magnitude(across, down)
    edge = across + 1j * down
    squares: Pattern = np.asarray(edge * edge / (strength * strength + 1e-3), np.complex64)
    squares *= strength / (strength + _FLOOR)
    squares[:2], squares[-2:], squares[:, :2], squares[:, -2:] = 0, 0, 0, 0  # an encoder's rim is no edge
    return squares


def detail(edges: Pattern) -> float:
    """Share of pixels in which an edge runs: next to nothing where the lens is covered."""
    return float((np.abs(edges) > _STRONG).mean())


def agreement(reference: Pattern, now: Pattern) -> Agreement:
    """Compare two patterns of one size."""
    norm = math.sqrt(float(np.vdot(reference, reference).real) * float(np.vdot(now, now).real))
    if norm < 1e-6:
        return Agreement(0.0, 0.0, (0.0, 0.0))
    height, width = reference.shape
    # zero-padded, so that what leaves at one side does not come in at the other
    size = (2 * height, 2 * width)
    product = np.conj(np.fft.fft2(reference, size)) * np.fft.fft2(now, size)
    surface = np.fft.ifft2(product).real / norm
    rooms = (int(height * _ROOM), int(width * _ROOM))
    rows, columns = (np.r_[0 : room + 1, -room:0] for room in rooms)
    near = surface[np.ix_(rows, columns)]
    # the overlap shrinks with the shift: without this a large one could never win
    share = np.outer(1 - np.abs(rows) / height, 1 - np.abs(columns) / width)
    row, column = np.unravel_index(int(np.argmax(near / share)), near.shape)
    shift = (float(columns[column]) / width, float(rows[row]) / width)
    return Agreement(float(near[0, 0]), float(near[row, column] / share[row, column]), shift)


def lost(reference: Pattern, now: Pattern) -> float:
    """Share of the reference's strong edges, block by block, of which nothing runs there any more: a hand, a web, dirt."""
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
