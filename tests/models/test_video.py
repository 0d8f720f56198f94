"""Rules of plates taken from a coded video."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from models.training.plates.conditions import GATE, INPUT
from models.training.plates.optics import photograph
from models.training.plates.samples import draw
from models.training.plates.video import MARGIN_PX, coded, filmed


def strokes(tall: int, wide: int) -> np.ndarray:
    picture = np.full((tall, wide), 210, np.uint8)
    for x in range(MARGIN_PX + 6, wide - MARGIN_PX - 6, 9):
        cv2.line(picture, (x, MARGIN_PX + 4), (x + 3, tall - MARGIN_PX - 5), 30, 2)
    return picture


@pytest.mark.parametrize("size", [(26, 56), (31, 63), (49, 120)])
def test_as_many_pictures_come_out_as_went_in_and_of_their_size(size: tuple[int, int]) -> None:
    """Odd sides too, which colour at half the resolution does not allow by itself."""
    shown = [np.roll(strokes(*size), step, axis=1) for step in range(4)]
    seen = list(coded(shown, quantiser=20))
    assert [picture.shape for picture in seen] == [size] * 4
    assert max(float(np.abs(a.astype(int) - b).mean()) for a, b in zip(shown, seen, strict=True)) < 6


def test_a_coarser_quantiser_takes_more() -> None:
    """The error grows with the quantiser; with 0 there is none."""
    shown = [np.roll(strokes(32, 96), step, axis=1) for step in range(3)]
    lost = [
        float(
            np.mean([np.abs(a.astype(int) - b).mean() for a, b in zip(shown, coded(shown, quantiser=q), strict=True)])
        )
        for q in (0, 24, 32, 42)
    ]
    assert lost[0] == 0
    assert lost == sorted(lost)
    assert lost[-1] > 2 * lost[1]


def test_a_crop_lies_where_it_lay_without_the_video() -> None:
    """Motion and alignment cancel out: strokes are at the places of the still picture."""
    window = strokes(24 + 2 * MARGIN_PX, 64 + 2 * MARGIN_PX)
    inner = window[MARGIN_PX:-MARGIN_PX, MARGIN_PX:-MARGIN_PX]
    still = cv2.resize(inner, INPUT, interpolation=cv2.INTER_LINEAR).astype(np.float32)
    alike = []
    for seed in range(12):
        seen = filmed(np.random.default_rng(seed), window.astype(np.float32), plate_px=60.0)
        assert seen.shape == (INPUT[1], INPUT[0])
        alike.append(np.corrcoef(still.ravel(), seen.ravel())[0, 1])
    assert np.median(alike) > 0.85


def test_a_seed_gives_the_same_video() -> None:
    """The coder runs on one thread: the same bytes at every run."""
    drawn = draw(np.random.default_rng(1), "ru_1", "A123BC77")
    conditions = GATE.__class__(video=1.0, width_px=(50.0, 60.0))
    first, second = (
        photograph(np.random.default_rng(8), drawn.canvas, drawn.aspect, conditions, boxes=drawn.boxes)
        for _ in range(2)
    )
    assert np.array_equal(first.picture, second.picture)
    assert 50 <= first.width_px <= 60
