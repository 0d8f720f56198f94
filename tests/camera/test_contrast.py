"""Evened contrast: what lies in shadow comes up, and nothing is made of nothing."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from camera.contrast import evened
from camera.reader import USUAL_MARGINS
from camera.rectify import rectify
from camera.shrink import to_grey
from edge.bench.frames import load_frames


def half_in_shadow() -> np.ndarray:
    """A flat plate, its lower half in deep shadow."""
    corners = ((683.0, 575.0), (827.0, 575.0), (827.0, 606.0), (683.0, 606.0))
    plate = to_grey(rectify(load_frames()[0], corners, width=192, height=64, margins=USUAL_MARGINS))
    plate[32:] //= 5
    return plate


def test_strokes_in_shadow_come_up() -> None:
    """Strokes in a deep shadow gain on those in the light."""
    plate = half_in_shadow()
    even = evened(plate)

    def share(picture: np.ndarray) -> float:
        return float(picture[32:].std() / picture[:32].std())

    assert share(even) > 1.5 * share(plate)


def test_a_colour_picture_is_evened_in_grey() -> None:
    """A picture in colour gives what its grey one gives."""
    colour = cv2.cvtColor(half_in_shadow(), cv2.COLOR_GRAY2BGR)

    assert np.array_equal(evened(colour), evened(half_in_shadow()))


@pytest.mark.parametrize("tone", [0, 127, 255])
def test_nothing_is_made_of_an_even_ground(tone: int) -> None:
    """A ground of one tone stays one."""
    assert np.ptp(evened(np.full((64, 192), tone, np.uint8))) == 0


@settings(max_examples=50, deadline=None)
@given(arrays(np.uint8, (64, 192), elements=st.integers(0, 255)))
def test_any_picture_keeps_its_form(picture: np.ndarray) -> None:
    """Whatever the picture, the result is grey bytes of its size, and the picture itself is not touched."""
    before = picture.copy()
    even = evened(picture)

    assert (even.shape, even.dtype) == ((64, 192), np.uint8)
    assert np.array_equal(picture, before)
