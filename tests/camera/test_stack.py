"""Pictures of one plate laid upon one another: what they share stays, what each has alone fades."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from camera.frame import Picture
from camera.stack import MOST_PICTURES, stacked
from edge.bench.frames import load_frames


@pytest.fixture(scope="module")
def plate() -> Picture:
    """A drawn plate, flat."""
    corners = np.array([[683, 575], [827, 575], [827, 606], [683, 606]], np.float32)
    target = np.array([[13, 12], [179, 12], [179, 52], [13, 52]], np.float32)
    grey = cv2.cvtColor(load_frames()[0], cv2.COLOR_BGR2GRAY)
    return np.asarray(cv2.warpPerspective(grey, cv2.getPerspectiveTransform(corners, target), (192, 64)), np.uint8)


def moved(plate: Picture, dx: float, dy: float, scale: float = 1.0) -> Picture:
    shift = np.array([[scale, 0, dx], [0, scale, dy]], np.float32)
    return np.asarray(cv2.warpAffine(plate, shift, (192, 64), borderMode=cv2.BORDER_REPLICATE), np.uint8)


def noisy(plate: Picture, seed: int, sigma: float = 18.0) -> Picture:
    rng = np.random.default_rng(seed)
    return np.clip(plate + rng.normal(0, sigma, plate.shape), 0, 255).astype(np.uint8)


def distance(one: Picture, other: Picture) -> float:
    """Root mean square over the middle of two pictures."""
    inner = (slice(8, 56), slice(16, 176))
    return float(np.sqrt(np.mean((one[inner].astype(float) - other[inner]) ** 2)))


def test_shifted_pictures_are_laid_where_the_newest_is(plate: Picture) -> None:
    """Pictures a few pixels off come to lie on the newest: their stack is far nearer to it than their mean."""
    shifted = [moved(plate, 2.3, -1.4), moved(plate, -1.7, 0.8, 1.02), moved(plate, 0.6, 1.9), plate]
    whole, count = stacked(shifted)
    apart = stacked([np.mean([flat.astype(float) for flat in shifted], axis=0).astype(np.uint8)])[0]

    assert count == len(shifted)
    assert distance(whole, stacked([plate])[0]) < 0.5 * distance(apart, stacked([plate])[0])


def test_noise_averages_out(plate: Picture) -> None:
    """Five noisy pictures together are nearer to the truth than the newest of them sharpened as much."""
    pictures = [noisy(moved(plate, 0.5 * seed - 1, 0.3 * seed), seed) for seed in range(MOST_PICTURES - 1)] + [
        noisy(plate, 9)
    ]
    clean = stacked([plate])[0]

    assert distance(stacked(pictures)[0], clean) < 0.7 * distance(stacked(pictures[-1:])[0], clean)


@pytest.mark.parametrize("other", [np.full((64, 192), 90, np.uint8), noisy(np.full((64, 192), 90, np.uint8), 3)])
def test_what_cannot_be_laid_there_is_left_out(plate: Picture, other: Picture) -> None:
    """A wall, or noise, in place of the plate: the stack is of what matches the newest, and says of how many."""
    whole, count = stacked([other, plate])

    assert count == 1
    assert np.array_equal(whole, stacked([plate])[0])


def test_what_is_covered_in_all_of_them_stays_covered(plate: Picture) -> None:
    """No character comes to light that no picture showed."""
    covered = plate.copy()
    covered[:, 150:] = 60
    whole, _ = stacked([noisy(covered, seed, 6.0) for seed in range(MOST_PICTURES)])

    assert float(whole[20:44, 158:186].std()) < 8
