"""Shrinking, rectifying and judging pictures."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camera.quality import difference_hash, sharpness
from camera.rectify import Margins, inset, plate_width, rectify, whole, within
from camera.shrink import resize, shrink, thumbnail, to_grey

MARGINS = Margins(side=0.08, above=0.28)


def lettered(width: int = 192, height: int = 64) -> np.ndarray:
    """A flat picture with something to read on it."""
    picture = np.full((height, width, 3), 230, np.uint8)
    cv2.putText(picture, "A123BC", (8, height - 18), cv2.FONT_HERSHEY_SIMPLEX, 1.4, (20, 20, 20), 4)
    return picture


class TestShrink:
    @given(width=st.integers(8, 900), height=st.integers(8, 900))
    @settings(max_examples=40, deadline=None)
    def test_any_shape_fits_the_network(self, width: int, height: int) -> None:
        """Every picture becomes one whose sides are multiples of 32 within the long side, keeping its shape."""
        shrunk = shrink(np.zeros((height, width), np.uint8), long_side=512)

        assert all(side % 32 == 0 and 32 <= side <= 512 for side in shrunk.grey.shape)
        assert shrunk.scale == min(1.0, 512 / max(width, height))

    def test_full_hd_runs_at_its_own_shape(self) -> None:
        """A 16:9 frame costs 512x288, not a square."""
        assert shrink(np.zeros((1080, 1920), np.uint8), long_side=512).grey.shape == (288, 512)

    def test_every_pixel_counts(self) -> None:
        """Fine stripes shrink to their mean, not to one of the two colours."""
        stripes = np.tile(np.array([0, 200], np.uint8), (64, 256))

        assert np.abs(resize(stripes, 64, 8).astype(int) - 100).max() <= 2

    def test_thumbnail_keeps_the_shape(self) -> None:
        """The thumbnail is grey, 160 wide and as tall as the picture's shape asks."""
        assert thumbnail(np.zeros((1080, 1920, 3), np.uint8)).shape == (90, 160)


class TestRectify:
    def test_corners_land_inside_their_margins(self) -> None:
        """A plate drawn in perspective comes back flat, at the place that the margins give it."""
        plate = lettered(200, 60)
        corners = ((300.0, 200.0), (480.0, 230.0), (476.0, 290.0), (304.0, 250.0))
        scene = np.full((480, 640, 3), 90, np.uint8)
        onto = cv2.getPerspectiveTransform(np.array(whole(plate), np.float32), np.array(corners, np.float32))
        cv2.warpPerspective(plate, onto, (640, 480), dst=scene, borderMode=cv2.BORDER_TRANSPARENT)

        flat = rectify(scene, corners, width=192, height=64, margins=MARGINS)

        (left, top), _, (right, bottom), _ = inset(192, 64, MARGINS)
        inside = to_grey(flat)[round(top) + 1 : round(bottom) - 1, round(left) + 1 : round(right) - 1]
        expected = cv2.resize(to_grey(plate), inside.shape[::-1], interpolation=cv2.INTER_AREA)
        assert np.abs(inside.astype(int) - expected).mean() < 12
        assert to_grey(flat)[2, 2] == 90

    def test_whole_picture_without_margins_is_a_resize(self) -> None:
        """The corners of the picture itself give the picture."""
        picture = lettered()

        flat = rectify(picture, whole(picture), width=192, height=64, margins=Margins(side=0, above=0))

        assert np.abs(flat.astype(int) - picture).mean() < 3

    def test_plate_out_of_the_picture_is_continued(self) -> None:
        """A plate cut by the picture's edge is filled with the edge's pixels, not with black."""
        flat = rectify(
            np.full((50, 50, 3), 77, np.uint8),
            ((-30.0, 10.0), (20.0, 10.0), (20.0, 25.0), (-30.0, 25.0)),
            width=192,
            height=64,
            margins=MARGINS,
        )

        assert int(flat.min()) == 77

    def test_width_is_the_longer_edge(self) -> None:
        """A plate's width is that of its longer horizontal edge."""
        assert plate_width(((0, 0), (30, 40), (30, 60), (0, 10))) == pytest.approx(np.hypot(30, 50))


class TestWithin:
    @pytest.mark.parametrize(("right", "inside"), [(640, True), (642, True), (650, False)])
    def test_a_plate_over_the_edge_is_not_whole(self, right: float, *, inside: bool) -> None:
        """A plate is whole while its corners lie in the picture, give or take what corners are off."""
        corners = ((540.0, 100.0), (right, 100.0), (right, 122.0), (540.0, 122.0))

        assert within(corners, (640, 360)) is inside


class TestQuality:
    def test_blur_lowers_sharpness_and_dusk_does_not(self) -> None:
        """Sharpness falls with every blur and is the same at half the light."""
        crisp = lettered()
        blurred = [sharpness(cv2.GaussianBlur(crisp, (0, 0), sigma)) for sigma in (1, 2, 4)]
        dusk = (crisp // 2).astype(np.uint8)

        values = [sharpness(crisp), *blurred]

        assert values == sorted(values, reverse=True)
        assert values[0] > 2 * values[-1] > 0
        assert sharpness(dusk) == pytest.approx(sharpness(crisp), abs=0.1)
        assert sharpness(np.full((64, 192), 7, np.uint8)) == 0.0

    def test_hash_tells_same_from_other(self) -> None:
        """A little noise turns few bits of the hash, another plate turns many."""
        noise = np.random.default_rng(0).integers(-6, 7, (64, 192, 3))
        same = np.clip(lettered().astype(int) + noise, 0, 255).astype(np.uint8)
        first = difference_hash(lettered())

        assert 0 <= first < 2**64
        assert (first ^ difference_hash(same)).bit_count() <= 8
        assert (first ^ difference_hash(np.ascontiguousarray(lettered()[::-1, ::-1]))).bit_count() > 16
