"""From heatmap and offsets to plates."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera.peaks import decode, find_peaks, is_convex

STRIDE = 8


def maps(rows: int = 12, columns: int = 16) -> tuple[np.ndarray, np.ndarray]:
    return np.zeros((rows, columns), np.float32), np.zeros((8, rows, columns), np.float32)


def put_plate(heat: np.ndarray, offsets: np.ndarray, *, row: int, column: int, score: float, width: float = 60) -> None:
    """Draw one upright plate as the network would answer it."""
    half, tall = width / 2, width / 10
    heat[row, column] = score
    for y in range(max(0, row - 1), min(heat.shape[0], row + 2)):
        for x in range(max(0, column - 1), min(heat.shape[1], column + 2)):
            dx, dy = (column - x) * STRIDE, (row - y) * STRIDE
            offsets[:, y, x] = [
                dx - half, dy - tall, dx + half, dy - tall, dx + half, dy + tall, dx - half, dy + tall,
            ]  # fmt: skip


class TestDecode:
    def test_corners_come_back_in_picture_pixels(self) -> None:
        """The corners are those of the picture before it was shrunk."""
        heat, offsets = maps()
        put_plate(heat, offsets, row=5, column=7, score=0.9)

        (plate,) = decode(heat, offsets, stride=STRIDE, scale=0.5, floor=0.3)

        assert plate.corners == ((60.0, 76.0), (180.0, 76.0), (180.0, 100.0), (60.0, 100.0))
        assert (plate.box.x, plate.box.y, plate.box.w, plate.box.h) == (60.0, 76.0, 120.0, 24.0)

    def test_warm_neighbours_are_heard_in_proportion(self) -> None:
        """A neighbour cell with most of the peak's heat moves the corners by its share."""
        heat, offsets = maps()
        put_plate(heat, offsets, row=5, column=7, score=0.8)
        heat[5, 8] = 0.8 - 1e-6
        offsets[0, 5, 8] += 4

        (plate,) = decode(heat, offsets, stride=STRIDE, scale=1.0, floor=0.3)

        assert plate.corners[0] == (pytest.approx(32.0, abs=0.01), pytest.approx(38.0))

    def test_of_two_on_one_plate_the_better_stays(self) -> None:
        """Detections that overlap are one plate, and distant ones are two."""
        heat, offsets = maps()
        put_plate(heat, offsets, row=2, column=4, score=0.6)
        put_plate(heat, offsets, row=2, column=6, score=0.9)
        put_plate(heat, offsets, row=9, column=12, score=0.5)

        found = decode(heat, offsets, stride=STRIDE, scale=1.0, floor=0.3)

        assert [round(plate.score, 1) for plate in found] == [0.9, 0.5]

    def test_folded_corners_are_no_plate(self) -> None:
        """Corners that cross each other cannot be rectified and are dropped."""
        heat, offsets = maps()
        put_plate(heat, offsets, row=5, column=7, score=0.9)
        offsets[[0, 2], 5, 7] = offsets[[2, 0], 5, 7]

        assert decode(heat, offsets, stride=STRIDE, scale=1.0, floor=0.3) == ()

    @given(st.lists(st.tuples(st.integers(0, 11), st.integers(0, 15), st.floats(0, 1, width=32)), max_size=30))
    def test_peaks_are_local_maxima_above_the_floor(self, hot: list[tuple[int, int, float]]) -> None:
        """Every peak reaches the floor and no neighbour is higher, best first."""
        heat, _ = maps()
        for row, column, score in hot:
            heat[row, column] = score

        peaks = find_peaks(heat, floor=0.3)

        scores = [float(heat[row, column]) for row, column in peaks]
        assert scores == sorted(scores, reverse=True)
        for row, column in peaks:
            around = heat[max(0, row - 1) : row + 2, max(0, column - 1) : column + 2]
            assert heat[row, column] >= 0.3
            assert heat[row, column] == around.max()


def test_convex_corners_run_clockwise() -> None:
    """Corners in reading order enclose an area; in any other order they are refused."""
    assert is_convex(((0, 0), (10, 1), (10, 4), (0, 3)))
    assert not is_convex(((10, 1), (0, 0), (0, 3), (10, 4)))
    assert not is_convex(((0, 0), (0, 0), (0, 0), (0, 0)))
