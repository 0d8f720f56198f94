"""Light changes what a surface shows; something in front of it replaces it."""

from __future__ import annotations

import cv2
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from camera.surface import Grey, replaced

SHAPE = (90, 160)
ROAD: Grey = np.asarray(
    60 + 14 * cv2.resize(np.random.default_rng(1).normal(0, 1, (30, 54)).astype(np.float32), SHAPE[::-1]), np.float32
)
"""A road with the pattern of asphalt, kerbs and leaves."""
CAR: Grey = np.asarray(
    120 + 40 * np.kron(np.random.default_rng(2).integers(0, 2, (9, 14)), np.ones((5, 5))), np.float32
)
NOISE = np.random.default_rng(3)


def seen(picture: Grey) -> Grey:
    """The picture as a camera gives it: whole numbers, noise, white and black at their ends."""
    return np.asarray(np.clip(np.rint(picture + NOISE.normal(0, 0.7, SHAPE)), 0, 255), np.float32)


def with_car(picture: Grey, *, gain: float = 1.0) -> Grey:
    covered = picture.copy()
    covered[30:75, 40:110] = gain * CAR
    return covered


@given(gain=st.floats(0.5, 1.8), veil=st.floats(-20, 60))
def test_a_gain_and_a_veil_replace_nothing(gain: float, veil: float) -> None:
    """The same road in any light is the same road."""
    assert replaced(seen(gain * ROAD + veil), ROAD, noise=1.0).mean() < 0.02


@given(x=st.floats(0, 160), y=st.floats(20, 90), reach=st.floats(25, 60), light=st.floats(20, 120))
def test_a_lamps_cone_replaces_nothing(x: float, y: float, reach: float, light: float) -> None:
    """A spot of light with soft rims shows the road under it."""
    down, across = np.mgrid[: SHAPE[0], : SHAPE[1]]
    cone = np.exp(-(((across - x) / reach) ** 2 + ((down - y) / reach) ** 2)).astype(np.float32)

    assert replaced(seen(ROAD * (1 + cone) + light * cone), ROAD, noise=1.0).mean() < 0.05


@given(gain=st.floats(0.5, 1.6))
def test_a_car_replaces_what_it_covers_in_any_light(gain: float) -> None:
    """A car is told from its surroundings although all of the picture became brighter or darker with it."""
    mask = replaced(seen(gain * with_car(ROAD)), ROAD, noise=1.0)

    assert mask[32:73, 42:108].mean() > 0.9
    assert mask[:, 125:].mean() < 0.02


def test_a_smooth_panel_hides_the_road() -> None:
    """The blank side of a lorry has no pattern: that the road's is gone tells of it."""
    covered = ROAD.copy()
    covered[20:80, 30:130] = 90

    assert replaced(seen(covered), ROAD, noise=1.0)[24:76, 34:126].mean() > 0.8


def test_where_neither_shows_a_pattern_nothing_is_said() -> None:
    """A brighter patch of a smooth wall may be light."""
    wall = np.full(SHAPE, 80, np.float32)
    brighter = wall.copy()
    brighter[20:60, 40:100] += np.asarray(cv2.GaussianBlur(np.full((40, 60), 30, np.float32), (0, 0), 3))

    assert not replaced(wall + 30, wall, noise=1.0).any()
    assert not replaced(brighter, brighter, noise=1.0).any()


def test_what_is_clipped_to_white_is_not_known() -> None:
    """A window burnt out by a lamp is neither the road nor gone."""
    burnt = ROAD.copy()
    burnt[20:70, 40:100] = 255

    assert not replaced(seen(burnt), ROAD, noise=1.0)[32:58, 52:88].any()
