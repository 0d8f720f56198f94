"""Rendered scenes: their labels are where the plates are, and a seed gives the same picture."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from models.training.plates import FlatPlate, render_flat
from models.training.scenes import Stock, render_scene
from models.training.scenes.labels import behind
from models.training.scenes.light import Hour, Light
from models.training.scenes.placing import hang
from models.training.scenes.pose import Pose, area, convex, homography, rectangle, rotation

CLEAR = Light(hour=Hour.DAY, scene_gain=1.0, plate_gain=1.0, lamps=False)


@pytest.fixture(scope="module")
def stock():
    return Stock(seed=4, window=4, grey=True)


def chequered(rng: np.random.Generator, square: bool) -> FlatPlate:  # noqa: FBT001  # as Stock calls it
    """A face whose four quarters have four greys: nobody can mistake one corner for another."""
    del rng
    height, width = (170, 290) if square else (112, 520)
    picture = np.empty((height, width, 3), np.uint8)
    picture[: height // 2, : width // 2], picture[: height // 2, width // 2 :] = 250, 190
    picture[height // 2 :, width // 2 :], picture[height // 2 :, : width // 2] = 130, 70
    return FlatPlate(picture, "X", "ru_1", (float(width), float(height)))


class TestRenderScene:
    def test_a_seed_repeats(self, stock):
        """The same generator state and the same stock give the same picture and the same corners."""
        first = render_scene(np.random.default_rng(3), stock)
        second = render_scene(np.random.default_rng(3), Stock(seed=4, window=4, grey=True))

        assert np.array_equal(first.picture, second.picture)
        assert [p.text for p in first.plates] == [p.text for p in second.plates]

    def test_seeds_differ(self, stock):
        """Two seeds give two pictures."""
        first, second = (render_scene(np.random.default_rng(seed), stock) for seed in (1, 2))

        assert not np.array_equal(first.picture, second.picture)

    def test_labels_lie_in_the_picture(self, stock):
        """A plate called visible has its middle in the picture and corners that run clockwise."""
        scenes = [render_scene(np.random.default_rng([6, i]), stock, width=256, height=192) for i in range(30)]
        plates = [p for s in scenes for p in s.plates if p.visible > 0.75]

        assert len(plates) > 10
        for plate in plates:
            assert convex(plate.corners)
            assert np.all(plate.corners.mean(0) >= 0)
            assert np.all(plate.corners.mean(0) <= [256, 192])

    def test_colour_and_grey(self):
        """A stock in colour gives BGR, a grey one a single channel."""
        shapes = [
            render_scene(np.random.default_rng(1), Stock(seed=4, window=2, grey=g), width=128, height=96).picture.shape
            for g in (False, True)
        ]

        assert [(96, 128, 3), (96, 128)] == shapes


class TestCorners:
    @pytest.mark.parametrize("square", [False, True])
    @pytest.mark.parametrize("yaw", [-45.0, 0.0, 45.0])
    def test_labels_are_where_the_plate_was_drawn(self, square, yaw):
        """Warped back by its corners, the picture of a plate is the plate: each quarter has the grey it was given."""
        stock = Stock(seed=4, plates=chequered, window=1)
        hung = stock.plate(0, square=square)
        hung = type(hung)(
            type(hung.mounted)(chequered(None, square).picture, 0, 0, *((290, 170) if square else (520, 112))),
            "X",
            "ru_1",
            hung.width_mm,
        )
        frame = np.zeros((240, 320, 3), np.uint8)
        focal = 500.0
        pose = Pose(
            turn=rotation(yaw_deg=yaw, pitch_deg=8, roll_deg=5),
            focal_px=focal,
            distance_mm=focal * hung.width_mm / 150,
            anchor_mm=(0.0, 0.0),
            anchor_px=(160.0, 120.0),
        )
        rng = np.random.default_rng(8)

        plate = hang(rng, frame, pose, hung, CLEAR, centre=(0.0, 0.0))
        back = cv2.warpPerspective(frame, homography(plate.corners - 0.5, rectangle(width=100, height=40)), (100, 40))

        assert np.allclose(
            [250, 190, 130, 70], [back[10, 25, 0], back[10, 75, 0], back[30, 75, 0], back[30, 25, 0]], atol=6
        )
        assert back[1, 2, 0] > 200
        assert plate.visible == 1.0

    def test_covered_plates_are_not_called_visible(self):
        """A plate behind something nearer loses the share that was covered."""
        plate = hang(
            np.random.default_rng(8), np.zeros((240, 320, 3), np.uint8),
            Pose(turn=rotation(yaw_deg=0, pitch_deg=0, roll_deg=0), focal_px=500, distance_mm=1700, anchor_mm=(0.0, 0.0), anchor_px=(160.0, 120.0)),
            Stock(seed=4, plates=chequered, window=1).plate(0, square=False), CLEAR, centre=(0.0, 0.0),
        )  # fmt: skip
        left_half = np.zeros((240, 320), np.uint8)
        left_half[:, :160] = 255

        assert pytest.approx(0.5, abs=0.1) == behind(plate, left_half).visible


class TestGeometry:
    def test_rectangle_is_clockwise(self):
        """The outline of a picture runs clockwise and has its area."""
        outline = rectangle(width=30, height=10)

        assert convex(outline)
        assert area(outline) == pytest.approx(300)

    def test_from_behind_is_not_convex(self):
        """A face turned away from the camera runs the other way round."""
        outline = rectangle(width=30, height=10)

        assert not convex(outline[::-1])

    def test_width_is_what_was_asked(self):
        """A plate looked at straight on is as wide in the picture as the pose was made for."""
        pose = Pose(
            turn=rotation(yaw_deg=0, pitch_deg=0, roll_deg=0),
            focal_px=700,
            distance_mm=700 * 520 / 90,
            anchor_mm=(0.0, 500.0),
            anchor_px=(50.0, 60.0),
        )
        left, right = pose.face(np.array([[-260.0, 500.0], [260.0, 500.0]]))

        assert right[0] - left[0] == pytest.approx(90)
        assert np.allclose((left + right) / 2, [50, 60])


def test_flat_plates_come_from_the_plate_renderer():
    """Scenes hang the same faces the reader is trained on."""
    flat = render_flat(np.random.default_rng(1), "ru_1", "A123BC77", width_px=160)
    stock = Stock(seed=1, plates=lambda _rng, _square: flat, window=1)

    assert stock.plate(0, square=False).text == "A123BC77"
