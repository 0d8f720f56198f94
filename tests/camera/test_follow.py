"""Plates between frames: where they are expected, when everything is searched, and that a standing car stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import numpy as np
import pytest

from camera.closeup import CloseUp
from camera.detector import PlateDetector
from camera.follow import FORGET_S, SEARCH_EVERY_S, UNBROKEN_S, Following, Look
from camera.frame import Frame, Picture
from camera.ocr import PlateOcr
from camera.peaks import Detection
from camera.reader import OnnxPlateReader, ReadingEffort
from camera.weights import check_weights
from core.geometry import Corners
from core.reading.looks import NEAR_IDENTICAL_BITS
from edge.bench.frames import load_frames
from edge.paths import weights_dir

STEP_S = 1 / 15


def plate(x: float, y: float = 300.0, width: float = 100.0) -> Detection:
    """An upright plate with its middle at x, y."""
    half, tall = width / 2, width / 9
    corners: Corners = ((x - half, y - tall), (x + half, y - tall), (x + half, y + tall), (x - half, y + tall))
    return Detection(corners, 0.8)


def look(at: Detection, aim: Detection | None = None) -> Look:
    return Look(at, (aim or at).corners)


FLAT = np.zeros((64, 192), np.uint8)


def seen(*looks: Look, flat: Picture = FLAT) -> list[tuple[Look, Picture]]:
    return [(one, flat) for one in looks]


def middle(detection: Detection) -> float:
    return detection.box.centre[0]


class TestFollowing:
    def test_nothing_is_expected_of_a_lane_that_was_not_seen(self) -> None:
        """At first the whole frame is searched."""
        lane = Following()

        assert lane.expected(1.0) == []
        assert lane.must_search(1.0)

    def test_a_moving_plate_is_expected_where_it_will_be(self) -> None:
        """A plate that moved ten pixels in a frame is expected another ten further on."""
        lane = Following()
        lane.saw(seen(look(plate(100))), 1.0, searched=True)
        for number in range(1, 5):
            at = 1.0 + number / 10
            lane.saw(seen(Look(plate(100 + 10 * number), lane.expected(at)[0].corners)), at, searched=False)

        assert [middle(one) for one in lane.expected(1.5)] == pytest.approx([150.0])

    def test_a_trembling_plate_is_looked_at_through_the_same_window(self) -> None:
        """Corners that tremble move no window: what stands is looked at in the same way every time."""
        lane = Following()
        aim = plate(104)
        lane.saw(seen(look(plate(100), aim)), 1.0, searched=True)
        for number in range(1, 20):
            (expected,) = lane.expected(1.0 + number * STEP_S)
            assert expected.corners == aim.corners
            lane.saw(seen(Look(plate(100 + (-1) ** number), expected.corners)), 1.0 + number * STEP_S, searched=False)

    def test_a_creeping_plate_does_not_leave_its_window(self) -> None:
        """A car that moves less in a frame than its corners tremble takes its window along in the end."""
        lane = Following()
        lane.saw(seen(look(plate(100))), 1.0, searched=True)
        for number in range(1, 60):
            at, x = 1.0 + number * STEP_S, 100 + 1.0 * number
            (expected,) = lane.expected(at)
            assert abs(middle(expected) - x) < 10
            lane.saw(seen(Look(plate(x), expected.corners)), at, searched=False)

    def test_what_was_not_read_is_not_expected(self) -> None:
        """A plate that was lost is looked for everywhere."""
        lane = Following()
        lane.saw(seen(look(plate(100))), 1.0, searched=True)
        lane.saw([], 1.05, searched=True)

        assert lane.expected(1.1) == []
        assert lane.must_search(1.1)

    @pytest.mark.parametrize("at", [0.5, 1.0, 1.0 + FORGET_S + 0.01])
    def test_time_that_jumps_forgets(self, at: float) -> None:
        """Another recording, or a camera that was away: nothing is known of where the plates are."""
        lane = Following()
        lane.saw(seen(look(plate(100))), 1.0, searched=True)

        assert lane.expected(at) == []
        assert lane.must_search(at)


class TestPicturesBefore:
    """Which pictures may be laid upon one another: those of one plate that was followed without a break."""

    def follow(self, *times: float) -> Following:
        lane = Following()
        for number, at in enumerate(times):
            lane.saw(seen(look(plate(100)), flat=np.full((64, 192), number, np.uint8)), at, searched=True)
        return lane

    def levels(self, lane: Following, at: float, x: float = 100) -> list[int]:
        return [int(flat[0, 0]) for flat in lane.pictures_before(look(plate(x)), at)]

    def test_of_a_followed_plate_the_last_few_are_kept(self) -> None:
        """With the newest there are as many as a stack holds, the oldest of them first."""
        lane = self.follow(*(1.0 + 0.1 * n for n in range(9)))

        assert self.levels(lane, 1.9) == [5, 6, 7, 8]

    def test_a_break_begins_anew(self) -> None:
        """After a while without the plate another car may stand there: nothing of before is used."""
        late = 1.0 + UNBROKEN_S + 0.1

        assert self.levels(self.follow(1.0), late) == []
        assert self.levels(self.follow(1.0, late), late + 0.1) == [1]

    def test_a_plate_elsewhere_is_another(self) -> None:
        """What stands beside a followed plate has no pictures before it."""
        lane = self.follow(1.0, 1.1)

        assert self.levels(lane, 1.2) == [0, 1]
        assert self.levels(lane, 1.2, x=400) == []


class Roads:
    """A detector that counts its searches and sees the plates that are there, from far and from near."""

    def __init__(self) -> None:
        self.there: tuple[Detection, ...] = ()
        self.searches = 0

    def find(self, grey: Picture, *, long_side: int) -> tuple[Detection, ...]:
        self.searches += 1
        return self.there

    def look_again(self, grey: Picture, aims: Sequence[Detection], how: CloseUp) -> tuple[Detection | None, ...]:
        return tuple(next((one for one in self.there if abs(middle(one) - middle(aim)) < 35), None) for aim in aims)


@pytest.fixture(scope="module")
def ocr() -> PlateOcr:
    return PlateOcr(check_weights(weights_dir()))


class TestReader:
    @pytest.fixture
    def roads(self) -> Roads:
        return Roads()

    @pytest.fixture
    def reader(self, roads: Roads, ocr: PlateOcr) -> OnnxPlateReader:
        return OnnxPlateReader(cast("PlateDetector", roads), ocr, effort=ReadingEffort(least_characters=0))

    def read(self, reader: OnnxPlateReader, number: int, lane: str = "entry") -> list[float]:
        """Where plates are read in frame `number`."""
        frame = Frame(np.zeros((720, 1280, 3), np.uint8), captured=number * STEP_S, frame_id=number, lane=lane)
        return sorted(read.box.centre[0] for read in reader.read(frame))

    def test_a_plate_that_is_followed_needs_no_search(self, reader: OnnxPlateReader, roads: Roads) -> None:
        """A car that drives through is read in every frame, and the frame is searched a few times a second."""
        for number in range(1, 31):
            roads.there = (plate(100 + 8 * number),)
            assert self.read(reader, number) == pytest.approx([100 + 8 * number])

        assert roads.searches <= 2 + 30 * STEP_S / SEARCH_EVERY_S

    def test_an_empty_frame_is_searched_every_time(self, reader: OnnxPlateReader, roads: Roads) -> None:
        """The first car is seen in its first frame."""
        for number in range(1, 6):
            self.read(reader, number)

        assert roads.searches == 5

    def test_a_second_car_is_seen_soon(self, reader: OnnxPlateReader, roads: Roads) -> None:
        """A car that comes behind one that is followed is read within the time between searches."""
        roads.there = (plate(300),)
        for number in range(1, 8):
            self.read(reader, number)
        roads.there = (plate(300), plate(700))
        seen = [self.read(reader, number) for number in range(8, 8 + round(SEARCH_EVERY_S / STEP_S) + 1)]

        assert [300, 700] in [[round(x) for x in one] for one in seen]

    def test_a_plate_that_is_not_where_it_must_be_is_searched_at_once(
        self, reader: OnnxPlateReader, roads: Roads
    ) -> None:
        """A plate that jumps is found in the same frame."""
        roads.there = (plate(300),)
        self.read(reader, 1)
        roads.there = (plate(900),)

        assert self.read(reader, 2) == pytest.approx([900])

    def test_lanes_are_followed_apart(self, reader: OnnxPlateReader, roads: Roads) -> None:
        """What one lane showed is not expected in another."""
        roads.there = (plate(300),)
        self.read(reader, 1)
        self.read(reader, 2, lane="exit")

        assert roads.searches == 2


def test_a_picture_that_does_not_change_is_one_look() -> None:
    """Frames with the same pixels are known for one picture, whether they were searched or followed."""
    weights = check_weights(weights_dir())
    reader = OnnxPlateReader(PlateDetector.from_weights(weights), PlateOcr(weights))
    first = Frame(load_frames()[0], captured=1.0, frame_id=1, lane="entry")
    prints = [
        reader.read(replace(first, captured=1.0 + n * STEP_S, frame_id=1 + 2 * n))[0].fingerprint for n in range(5)
    ]

    assert all((one ^ prints[0]).bit_count() <= NEAR_IDENTICAL_BITS for one in prints)
