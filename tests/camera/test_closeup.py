"""The second look at a plate: where the window lies and what comes back."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera.closeup import CloseUp, cut, pick, slant
from camera.peaks import Detection
from core.geometry import Corners

HOW = CloseUp(plate_px=96, width=192, height=96)


def plate(x: float, y: float, width: float, score: float = 0.5) -> Detection:
    """An upright plate with its middle at x, y."""
    half, tall = width / 2, width / 9
    return Detection(((x - half, y - tall), (x + half, y - tall), (x + half, y + tall), (x - half, y + tall)), score)


def slanted(level: Detection, slope: float) -> Detection:
    """The plate with its lines falling by `slope` to the right, its uprights upright."""
    middle = level.box.centre[0]
    a, b, c, d = ((x, y + slope * (x - middle)) for x, y in level.corners)
    return Detection((a, b, c, d), level.score)


class TestCut:
    @given(x=st.floats(0, 640), y=st.floats(0, 360), width=st.floats(12, 600))
    def test_corners_survive_the_way_there_and_back(self, x: float, y: float, width: float) -> None:
        """What lies at the window's middle, 96 pixels wide, lies at the plate's place in the picture."""
        view = cut(np.zeros((360, 640), np.uint8), plate(x, y, width), HOW)
        seen: Corners = ((48.0, 37.0), (144.0, 37.0), (144.0, 59.0), (48.0, 59.0))

        back = view.back(seen)

        assert view.grey.shape == (96, 192)
        assert back[0][0] == pytest.approx(x - width / 2, abs=0.01)
        assert back[2][0] == pytest.approx(x + width / 2, abs=0.01)
        assert (back[0][1] + back[2][1]) / 2 == pytest.approx(y, abs=0.01)

    @pytest.mark.parametrize("width", [40, 96, 400])
    def test_window_shows_the_plate_in_its_middle(self, width: int) -> None:
        """Far or near, the plate is 96 pixels wide in the middle of the window."""
        picture = np.zeros((600, 800), np.uint8)
        picture[300 - width // 9 : 300 + width // 9, 400 - width // 2 : 400 + width // 2] = 255

        view = cut(picture, plate(400, 300, width), HOW)

        columns = np.flatnonzero(view.grey[48] > 127)
        assert columns[0] == pytest.approx(48, abs=2)
        assert columns[-1] == pytest.approx(143, abs=2)

    @given(x=st.floats(0, 1280), y=st.floats(0, 720), width=st.floats(200, 1200))
    def test_a_near_plate_costs_its_surroundings_and_not_the_frame(self, x: float, y: float, width: float) -> None:
        """What lies beyond the window is not looked at: whatever is there, the window is the same."""
        picture = np.random.default_rng(0).integers(0, 255, (720, 1280), dtype=np.uint8)
        reach = (HOW.width / 2 + 4) * width / HOW.plate_px, (HOW.height / 2 + 4) * width / HOW.plate_px
        other = np.zeros_like(picture)
        near = (
            slice(max(0, int(y - reach[1])), max(1, int(y + reach[1]) + 1)),
            slice(max(0, int(x - reach[0])), max(1, int(x + reach[0]) + 1)),
        )
        other[near] = picture[near]

        assert np.array_equal(cut(picture, plate(x, y, width), HOW).grey, cut(other, plate(x, y, width), HOW).grey)

    @given(x=st.floats(200, 440), y=st.floats(120, 240), width=st.floats(20, 600), slope=st.floats(-0.9, 0.9))
    def test_a_slanting_plate_is_level_and_upright_in_its_window(
        self, x: float, y: float, width: float, slope: float
    ) -> None:
        """Seen from the side its lines slant and its uprights do not: the window shows it level, and as wide as any."""
        slanting = slanted(plate(x, y, width), slope)

        view = cut(np.zeros((360, 640), np.uint8), slanting, HOW)
        level: Corners = ((48.0, 37.0), (144.0, 37.0), (144.0, 59.0), (48.0, 59.0))
        back = view.back(level)

        if abs(slope) < 0.17:
            assert slant(slanting.corners) == 0
            assert back[1][1] == pytest.approx(back[0][1])
        elif abs(slope) > 0.19:
            assert back[1][1] - back[0][1] == pytest.approx(slope * (back[1][0] - back[0][0]))
            assert back[1][0] - back[0][0] == pytest.approx(width, rel=1e-3)
        assert back[3][0] == pytest.approx(back[0][0])

    def test_a_near_slanting_plate_is_shown_whole(self) -> None:
        """Also where the window is shrunk, the pixels of a slanting plate are where its corners say."""
        picture = np.zeros((720, 1280), np.uint8)
        near = slanted(plate(640, 360, 500), 0.5)
        cv2.fillPoly(picture, [np.round(np.array(near.corners)).astype(np.int32)], 255)

        rows, columns = np.nonzero(cut(picture, near, HOW).grey > 127)

        assert (columns.min(), columns.max()) == (pytest.approx(48, abs=2), pytest.approx(143, abs=2))
        assert (rows.min(), rows.max()) == (pytest.approx(37, abs=2), pytest.approx(59, abs=2))

    def test_what_stands_on_end_is_left_as_it_is(self) -> None:
        """No plate of a car stands so steeply: bad corners give an ordinary window, not a torn one."""
        steep: Corners = ((100.0, 100.0), (110.0, 190.0), (90.0, 192.0), (80.0, 102.0))

        assert slant(steep) == 0
        assert cut(np.full((360, 640), 9, np.uint8), Detection(steep, 0.5), HOW).grey.shape == (96, 192)

    @pytest.mark.parametrize(("width", "height"), [(3000, 9), (9, 3000), (1, 1)])
    def test_a_sliver_of_a_picture_has_a_window_too(self, width: int, height: int) -> None:
        """A picture that would shrink to nothing in one direction is looked at all the same."""
        view = cut(np.full((height, width), 77, np.uint8), plate(width / 2, height / 2, max(width, height)), HOW)

        assert set(np.unique(view.grey)) == {77}


class TestPick:
    def test_best_near_the_middle_is_taken(self) -> None:
        """A neighbour at the window's edge is not the plate that was looked for, however clear it is."""
        middle, better, edge = plate(90, 50, 96, 0.4), plate(100, 46, 90, 0.6), plate(180, 48, 90, 0.9)

        assert pick([middle, better, edge], HOW) == better
        assert pick([edge], HOW) is None
