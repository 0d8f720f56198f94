"""From the detector's maps to plates: peaks of the heatmap with their four corners. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from core.geometry import Box, Corners, box_around

Maps = NDArray[np.float32]

_MOST_PEAKS = 64
_NEIGHBOURS = np.ones((3, 3), np.uint8)


@dataclass(frozen=True, slots=True)
class Detection:
    """One plate in a picture, in the picture's pixels; `score` 0 to 1, not calibrated."""

    corners: Corners
    score: float

    @property
    def box(self) -> Box:
        return box_around(self.corners)

    @property
    def is_expected(self) -> bool:
        """Nothing was scored there yet: it is where a followed plate should be by now."""
        return self.score <= 0.0


def find_peaks(heatmap: Maps, *, floor: float, most: int = _MOST_PEAKS) -> NDArray[np.intp]:
    """Cells (row, column) that reach `floor` and are the highest among their 3x3 neighbours, best first."""
    highest = cv2.dilate(heatmap, _NEIGHBOURS)  # outside the map counts as lower than anything
    peaks = np.argwhere((heatmap >= floor) & (heatmap >= highest))
    order = np.argsort(-heatmap[peaks[:, 0], peaks[:, 1]], kind="stable")
    best: NDArray[np.intp] = peaks[order[:most]]
    return best


def decode(
    heatmap: Maps, offsets: Maps, *, stride: int, scale: float, floor: float, overlap: float = 0.3
) -> tuple[Detection, ...]:
    """Plates from a heatmap [rows, columns] and corner offsets [8, rows, columns], best first.

    Offsets are x, y of the corners in reading order, in network pixels from the middle of the cell. `scale` is network
    pixels per picture pixel. Of plates that overlap by more than `overlap` (IoU), only the best is kept.
    """
    found: list[Detection] = []
    for row, column in find_peaks(heatmap, floor=floor):
        flat = [float(v) / scale for v in _corners_at(heatmap, offsets, int(row), int(column), stride=stride)]
        corners: Corners = ((flat[0], flat[1]), (flat[2], flat[3]), (flat[4], flat[5]), (flat[6], flat[7]))
        plate = Detection(corners=corners, score=float(heatmap[row, column]))
        if is_convex(corners):
            found.append(plate)
    return tuple(distinct(found, overlap=overlap))


def distinct(found: Sequence[Detection], *, overlap: float = 0.3) -> list[Detection]:
    """Keeps the best of detections that overlap by more than `overlap` (IoU), best first."""
    kept: list[Detection] = []
    for plate in sorted(found, key=lambda plate: -plate.score):
        if all(plate.box.iou(other.box) <= overlap for other in kept):
            kept.append(plate)
    return kept


def _corners_at(heatmap: Maps, offsets: Maps, row: int, column: int, *, stride: int) -> NDArray[np.float64]:
    """Eight coordinates in network pixels: the offsets of the peak and its warm neighbours, weighted by heat."""
    top, left = max(0, row - 1), max(0, column - 1)
    heat = heatmap[top : row + 2, left : column + 2].astype(np.float64)
    heat *= heat > 0.5 * heatmap[row, column]
    weights = (heat / heat.sum()).ravel()
    # The weights sum to 1, so the neighbours' positions reduce to one mean position.
    down, across = np.divmod(np.arange(weights.size), heat.shape[1])
    centre = (weights @ across + left + 0.5) * stride, (weights @ down + top + 0.5) * stride
    said: NDArray[np.float64] = offsets[:, top : row + 2, left : column + 2].reshape(len(offsets), -1) @ weights
    said += np.array(centre * 4)
    return said


def is_convex(corners: Corners) -> bool:
    """Whether the corners run clockwise (y down) around an area, like those of a plate seen from the front."""
    for here, there, beyond in zip(corners, corners[1:] + corners[:1], corners[2:] + corners[:2], strict=True):
        turn = (there[0] - here[0]) * (beyond[1] - there[1]) - (there[1] - here[1]) * (beyond[0] - there[0])
        if turn <= 0:
            return False
    return True
