"""What moves, what stands, what is frozen: scenarios written as frames in, looks out."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from camera.errors import InferenceFailed
from camera.frame import Frame, Picture
from camera.look import Attention, LaneView, Sight
from camera.scripted import ScriptedReader
from camera.settings import CameraSettings

RATE = 4
Light = NDArray[np.float64]
NOISE = np.random.default_rng(0)
LANE = NOISE.integers(60, 120, (90, 160, 3)).astype(np.uint8)
CAR = NOISE.integers(150, 220, (45, 70, 3)).astype(np.uint8)

PATCHES = np.kron(np.random.default_rng(3).integers(20, 130, (9, 16)), np.ones((10, 10), int))
TARMAC = np.repeat(
    np.kron(np.random.default_rng(4).integers(40, 90, (30, 40)), np.ones((3, 4))).astype(np.float64)[:, :, None],
    3,
    axis=2,
)
ROAD = np.repeat(PATCHES.astype(np.uint8)[:, :, None], 3, axis=2)
"""A lane with light and dark places, as by sun and lamps."""


def lane(car_at: int | None = None) -> Picture:
    """The lane with sensor noise, and a car whose left edge is at `car_at`."""
    picture = LANE.astype(np.int16) + NOISE.integers(-4, 5, LANE.shape)
    if car_at is not None:
        picture[30:75, car_at : car_at + 70] = CAR
    return np.asarray(np.clip(picture, 0, 255), np.uint8)


def lit(gain: float | Light, *, car_at: int | None = None, veil: float | Light = 0.0) -> Picture:
    """A road with a pattern, and a car if `car_at` is given, under a light of `gain` and `veil`."""
    picture = TARMAC.copy()
    if car_at is not None:
        picture[30:75, car_at : car_at + 70] = 0.7 * CAR
    seen: NDArray[np.float64] = gain * picture + veil + NOISE.normal(0, 1.5, picture.shape)
    return np.asarray(np.clip(seen, 0, 255), np.uint8)


class Watch:
    """A lane looked at RATE times a second."""

    def __init__(self, settings: CameraSettings | None = None, reader: ScriptedReader | None = None) -> None:
        self.reader = reader or ScriptedReader({})
        self.view = LaneView(self.reader, settings=settings or CameraSettings())
        self.frames = 0

    def see(self, picture: Picture, attention: Attention = Attention.IDLE) -> Sight:
        self.frames += 1
        frame = Frame(bgr=picture, captured=self.frames / RATE, frame_id=self.frames, lane="entry")
        return self.view.look(frame, attention=attention)

    def see_all(self, pictures: Iterator[Picture], attention: Attention = Attention.IDLE) -> list[Sight]:
        return [self.see(picture, attention) for picture in pictures]


def empty(seconds: float) -> Iterator[Picture]:
    return (lane() for _ in range(round(seconds * RATE)))


def standing(seconds: float) -> Iterator[Picture]:
    return (lane(car_at=50) for _ in range(round(seconds * RATE)))


def arriving() -> Iterator[Picture]:
    return (lane(car_at=x) for x in range(0, 51, 10))


class TestMotion:
    def test_first_look_is_read(self) -> None:
        """A car may have waited while the gate was started, so the first frames are read."""
        assert Watch().see(lane(car_at=50)).inferred

    def test_nothing_moves_nothing_is_inferred(self) -> None:
        """After its first look an empty lane costs no inference."""
        watch = Watch()
        watch.see_all(empty(2))

        assert {sight.inferred for sight in watch.see_all(empty(20))} == {False}

    def test_arriving_car_is_read_and_boxed(self) -> None:
        """A car that drives in is foreground of its own size, and every frame of it is read."""
        watch = Watch()
        watch.see_all(empty(5))

        sights = watch.see_all(arriving())

        assert all(sight.inferred for sight in sights)
        box = sights[-1].vehicle
        assert box is not None
        assert (box.x, box.y, box.w, box.h) == pytest.approx((50, 30, 70, 45), abs=6)

    def test_open_visit_keeps_a_standing_car(self) -> None:
        """While its visit is open and unread, a car that stands still is read on and stays foreground."""
        watch = Watch()
        watch.see_all(empty(5))
        watch.see_all(arriving())

        sights = watch.see_all(standing(90), Attention.UNREAD)

        assert all(sight.inferred and sight.vehicle is not None for sight in sights)

    def test_decided_visit_is_looked_at_about_once_a_second(self) -> None:
        """A decided car that stands still is looked at now and then, to know that it is there."""
        watch = Watch()
        watch.see_all(empty(5))
        watch.see_all(arriving())
        watch.see_all(standing(2), Attention.PRESENT)

        sights = watch.see_all(standing(10), Attention.PRESENT)

        assert sum(sight.inferred for sight in sights) in range(8, 12)

    def test_what_moves_around_a_decided_car_is_looked_at_three_times_a_second(self) -> None:
        """While a decided car drives on, a second one behind it is seen within a third of a second; not each frame is read."""
        view = LaneView(ScriptedReader({}), settings=CameraSettings())
        frames = [Frame(bgr=lane(car_at=n % 40), captured=n / 15, frame_id=n, lane="entry") for n in range(1, 91)]

        read = [frame.captured for frame in frames if view.look(frame, attention=Attention.PRESENT).inferred]

        assert 18 <= len(read) <= 20
        assert max(np.diff(read)) < 0.34

    def test_parked_car_does_not_fire_for_ever(self) -> None:
        """A parked car without a visit fades into the background and is read no more."""
        watch = Watch()
        watch.see_all(empty(5))
        watch.see_all(arriving())
        watch.see_all(standing(60))

        sights = watch.see_all(standing(5))

        assert {(sight.inferred, sight.vehicle) for sight in sights} == {(False, None)}

    def test_dusk_is_no_car(self) -> None:
        """A slow change of light over the whole picture makes no vehicle."""
        watch = Watch()
        watch.see_all(empty(3))

        sights = watch.see_all(lane() // np.uint8(2) + np.uint8(40 - i // 2) for i in range(40))

        assert sights[-1].vehicle is None

    def test_switched_light_is_no_car(self) -> None:
        """When a lamp or the night filter changes the whole picture at once, the background starts anew."""
        watch = Watch()
        watch.see_all(empty(3))

        sights = watch.see_all(255 - picture for picture in empty(2))

        assert sights[0].inferred
        assert {sight.vehicle for sight in sights} == {None}

    @pytest.mark.parametrize(
        "brightness",
        [lambda i: 1.6, lambda i: min(1.6, 1 + 0.1 * i), lambda i: 1.8 * 0.9**i, lambda i: 0.5],
        ids=["gain", "sun", "exposure that settles", "dark cloud"],
    )
    def test_light_is_no_car(self, brightness: Callable[[int], float]) -> None:
        """A change of light that leaves the road's pattern in view makes no vehicle, however fast it comes."""
        watch = Watch()
        watch.see_all(lit(1.0) for _ in range(5 * RATE))

        sights = watch.see_all(lit(brightness(i)) for i in range(10 * RATE))

        assert {sight.vehicle for sight in sights} == {None}

    def test_a_lane_that_is_wet_from_one_frame_to_the_next_is_empty(self) -> None:
        """A part of the road that shows another face since the light has changed, and has not moved since, is road."""
        watch = Watch()
        watch.see_all(lit(1.0) for _ in range(5 * RATE))
        puddle = np.kron(np.random.default_rng(7).integers(20, 90, (20, 14)), np.ones((3, 4)))[:, :, None]

        def wet() -> Picture:
            picture = lit(0.35)
            picture[20:80, 90:146] = np.clip(puddle + NOISE.normal(0, 1.5, puddle.shape), 0, 255).astype(np.uint8)
            return picture

        sights = watch.see_all(wet() for _ in range(5 * RATE))

        assert {sight.vehicle for sight in sights} == {None}
        assert any(sight.light is not None for sight in sights)

    def test_a_filter_that_shows_another_picture_is_no_car(self) -> None:
        """When infrared shows all surfaces anew and nothing moves, the lane is unknown, as at the start, and empty."""
        watch = Watch()
        watch.see_all(lit(1.0) for _ in range(5 * RATE))
        by_night = np.kron(np.random.default_rng(9).integers(20, 150, (45, 80)), np.ones((2, 2)))[:, :, None]
        night = (np.clip(by_night + NOISE.normal(0, 1.5, TARMAC.shape), 0, 255).astype(np.uint8) for _ in range(40))

        assert {sight.vehicle for sight in watch.see_all(night)} == {None}

    def test_a_car_that_is_near_from_one_frame_to_the_next_leaves_no_ghost(self) -> None:
        """A car first seen when it fills the picture is one, and where it has been is road when it has gone."""
        watch = Watch()
        watch.see_all(lit(1.0) for _ in range(5 * RATE))
        near = np.kron(np.random.default_rng(5).integers(60, 200, (22, 40)), np.ones((4, 4)))[:, :, None]

        def passing(step: int) -> Picture:
            picture = TARMAC.copy()
            picture[:88, max(0, 8 * step - 16) :] = near[:, : 160 - max(0, 8 * step - 16)]
            return picture.astype(np.uint8)

        sights = watch.see_all((passing(step) for step in range(12)), Attention.UNREAD)

        assert all(sight.vehicle is not None for sight in sights[RATE + 1 :])
        assert {sight.vehicle for sight in watch.see_all(lit(1.0) for _ in range(20))} == {None}

    def test_headlights_that_sweep_by_are_shown_as_light(self) -> None:
        """The cone of a lamp that passes is told, as light, and is no vehicle."""
        watch = Watch()
        watch.see_all(lit(1.0) for _ in range(5 * RATE))
        across, down = np.meshgrid(np.arange(160), np.arange(90))
        cones = (np.exp(-(((across - x) / 32) ** 2 + ((down - 60) / 22) ** 2)) for x in range(-30, 190, 12))

        sights = watch.see_all(lit(1.0 + cone[:, :, None], veil=60 * cone[:, :, None]) for cone in cones)

        assert {sight.vehicle for sight in sights} == {None}
        assert any(sight.light is not None for sight in sights)

    def test_a_standing_car_stays_one_when_the_light_changes(self) -> None:
        """A vehicle in view is still one when sun or gain changes all of the picture at once, or slowly."""
        watch = Watch()
        watch.see_all(lit(1.0) for _ in range(5 * RATE))
        watch.see_all((lit(1.0, car_at=50) for _ in range(2 * RATE)), Attention.UNREAD)

        sights = watch.see_all(
            (lit(gain, car_at=50) for gain in (1.5, 1.5, 1.4, 1.3, 1.0, 0.8, 0.6, 0.6, 0.6)), Attention.UNREAD
        )

        assert all(sight.vehicle is not None for sight in sights)

    def test_a_car_that_came_under_a_change_of_light_is_seen(self) -> None:
        """A car that arrives while the light changes is a vehicle as soon as the light has settled."""
        watch = Watch()
        watch.see_all(lit(1.0) for _ in range(5 * RATE))

        sights = watch.see_all((lit(1.5, car_at=50) for _ in range(3 * RATE)), Attention.UNREAD)

        assert all(sight.vehicle is not None for sight in sights[RATE + 1 :])

    @pytest.mark.parametrize("blank_frames", [1, 3 * RATE], ids=["one", "3 s"])
    def test_an_empty_picture_does_not_make_road_of_a_car(self, blank_frames: int) -> None:
        """After pictures of one colour, as a decoder gives that lost some data, the car that stands there still does."""
        watch = Watch()
        with_car = ROAD.copy()
        with_car[30:75, 50:120] = CAR
        watch.see_all(ROAD for _ in range(5 * RATE))
        (before,) = watch.see_all(iter([with_car]), Attention.UNREAD)

        watch.see_all((np.full_like(ROAD, 128) for _ in range(blank_frames)), Attention.UNREAD)

        assert before.vehicle is not None
        assert [sight.vehicle for sight in watch.see_all(iter([with_car] * 3), Attention.UNREAD)] == [
            before.vehicle
        ] * 3

    def test_a_camera_that_comes_back_by_night_shows_no_car(self) -> None:
        """After a loss in which day became night the lane is as unknown as at the start: read once, and without a vehicle."""
        watch = Watch()
        watch.see_all(ROAD for _ in range(5 * RATE))
        watch.frames += 3600 * RATE

        sights = watch.see_all(255 - ROAD for _ in range(2 * RATE))

        assert sights[0].inferred
        assert {sight.vehicle for sight in sights} == {None}

    def test_a_car_that_came_while_the_camera_was_away_for_a_moment_is_seen(self) -> None:
        """A short loss forgets nothing: the car that stands there when the camera is back is a vehicle."""
        watch = Watch()
        watch.see_all(empty(5))
        watch.frames += 30 * RATE

        assert all(sight.vehicle is not None for sight in watch.see_all(standing(2)))

    def test_what_moves_outside_the_zone_is_not_read(self) -> None:
        """Only the lane zone counts."""
        watch = Watch(CameraSettings(zone=(0.8, 0.0, 1.0, 1.0)))
        watch.see_all(empty(3))

        assert {(sight.inferred, sight.vehicle) for sight in watch.see_all(arriving())} == {(False, None)}


class TestFreeze:
    def test_same_bits_for_long_are_frozen(self) -> None:
        """A picture that repeats bit for bit is believed for some seconds only, and again when it lives."""
        watch = Watch(CameraSettings(frozen_after_s=4))
        still = lane(car_at=50)

        sights = watch.see_all((still for _ in range(6 * RATE)), Attention.UNREAD)

        assert [sight.frozen for sight in sights] == [False] * 4 * RATE + [True] * 2 * RATE
        assert not sights[-1].inferred
        assert not watch.see(lane(car_at=50)).frozen

    def test_one_colour_is_frozen_at_once(self) -> None:
        """A capped lens or a dead sensor is never a lane."""
        assert Watch().see(np.full((90, 160, 3), 12, np.uint8)).frozen


def test_failed_inference_is_no_empty_road() -> None:
    """What the reader raises reaches the caller."""
    watch = Watch(reader=ScriptedReader({1: InferenceFailed("сеть не ответила")}))

    with pytest.raises(InferenceFailed):
        watch.see(lane())


@pytest.mark.parametrize("coloured", [False, True])
def test_a_grey_frame_of_a_camera_with_colours_is_no_infrared(coloured: bool) -> None:  # noqa: FBT001 - a parameter of pytest
    """Whether a camera shows colours is judged by its colours, where networks and motion are given its brightness alone."""
    grey = np.ascontiguousarray(lane()[..., 0])
    shown = np.dstack([grey, grey, grey // 2 if coloured else grey])
    view = LaneView(ScriptedReader({}), settings=CameraSettings())

    sight = view.look(Frame(bgr=grey, captured=0.0, frame_id=1, lane="entry", colour=lambda: shown))

    assert sight.view.measures is not None
    assert sight.view.measures.infrared is not coloured
