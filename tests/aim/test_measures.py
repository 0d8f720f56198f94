"""What a plate says of mount, focus and light, and how that is judged."""

from __future__ import annotations

import math
from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera.frame import Picture
from core.geometry import Corners
from edge.aim.judge import FRESH_S, AimRow, State, frames_per_pass, good, rows, shutter_for
from edge.aim.plate import measure_plate
from edge.aim.settings import AimSettings
from edge.aim.sight import AimSight
from tests.aim.sights import PLATE, SIGHT, VIEW

LIMITS = AimSettings()


def a_plate(
    *, width: float = 208.0, squeeze: float = 1.0, roll: float = 0.0, blur: float = 0.0, gain: float = 1.0
) -> tuple[Picture, Corners]:
    """A drawn plate of one line on a grey car, and its corners."""
    flat = np.full((112, 520, 3), 225, np.uint8)
    cv2.putText(flat, "A123BC 77", (24, 88), cv2.FONT_HERSHEY_DUPLEX, 2.6, (20, 20, 20), 9)
    height = width * 112 / 520 * squeeze
    turn, centre = math.radians(roll), (320.0, 180.0)
    corners = tuple(
        (
            centre[0] + x * width * math.cos(turn) - y * height * math.sin(turn),
            centre[1] + x * width * math.sin(turn) + y * height * math.cos(turn),
        )
        for x, y in ((-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5))
    )
    source = np.array([(0, 0), (520, 0), (520, 112), (0, 112)], np.float32)
    place = cv2.getPerspectiveTransform(source, np.array(corners, np.float32))
    picture = np.full((360, 640, 3), (60, 80, 120), np.uint8)
    smoothed = cv2.GaussianBlur(flat, (0, 0), max(0.3, 0.4 * 520 / width))
    cv2.warpPerspective(smoothed, place, (640, 360), dst=picture, borderMode=cv2.BORDER_TRANSPARENT)
    picture = np.clip(picture * gain, 0, 255).astype(np.uint8)
    return cv2.GaussianBlur(picture, (0, 0), blur) if blur else picture, corners  # type: ignore[return-value]


def test_a_plate_from_straight_ahead() -> None:
    """Width, height of its characters (76 of 112 mm), roll and angle come out as it was drawn; it is sharp and clear."""
    found = measure_plate(*a_plate())
    assert (208.0, 0.0, 0.0) == pytest.approx((found.width_px, found.roll_deg, found.angle_deg), abs=1.5)
    assert found.char_height_px == pytest.approx(208 * 76 / 520, abs=0.5)
    assert (found.sharpness > 0.4, found.contrast > 0.5, found.clipped < 0.02, found.infrared) == (
        True,
        True,
        True,
        False,
    )


@given(st.integers(-30, 30))
def test_roll_is_measured(degrees: int) -> None:
    """A plate turned clockwise has a roll of just that."""
    assert degrees == pytest.approx(measure_plate(*a_plate(roll=degrees)).roll_deg, abs=0.5)


@pytest.mark.parametrize("degrees", [25, 40, 55])
def test_a_plate_seen_from_above_is_flatter(degrees: int) -> None:
    """The angle is told by how much flatter the plate is than it should be."""
    squeezed = measure_plate(*a_plate(squeeze=math.cos(math.radians(degrees))))
    assert degrees == pytest.approx(squeezed.angle_deg, abs=2)


def test_blur_and_light_are_told() -> None:
    """A smeared plate is less sharp; one under too much light is clipped; a picture without colours is infrared."""
    assert measure_plate(*a_plate(blur=3.0)).sharpness < 0.5 * measure_plate(*a_plate()).sharpness
    assert measure_plate(*a_plate(gain=1.4)).clipped > 0.4
    picture, corners = a_plate()
    grey = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    assert measure_plate(np.asarray(grey, np.uint8), corners).infrared


def row(sight: AimSight | None, code: str) -> AimRow:
    return next(one for one in rows(sight, LIMITS) if one.code == code)


def test_a_well_aimed_camera_is_green() -> None:
    """Every row is good, and none has a cure."""
    found = rows(SIGHT, LIMITS)
    assert good(found)
    assert {""} == {one.cure for one in found}


@pytest.mark.parametrize(
    ("sight", "code", "cure"),
    [
        (replace(SIGHT, plate=replace(PLATE, width_px=80.0)), "width", "приблизьте (зум)"),
        (replace(SIGHT, plate=replace(PLATE, char_height_px=11.0)), "chars", "опустите камеру"),
        (replace(SIGHT, plate=replace(PLATE, roll_deg=21.0)), "roll", "на 21° по часовой стрелке"),
        (replace(SIGHT, plate=replace(PLATE, roll_deg=-21.0)), "roll", "против часовой стрелки"),
        (replace(SIGHT, plate=replace(PLATE, angle_deg=44.0)), "angle", "опустите камеру"),
        (replace(SIGHT, plate=replace(PLATE, sharpness=0.1)), "sharpness", "выдержка 1/500"),
        (replace(SIGHT, plate=replace(PLATE, contrast=0.1)), "contrast", "добавьте света"),
        (replace(SIGHT, plate=replace(PLATE, clipped=0.5)), "clipped", "убавьте усиление"),
        (replace(SIGHT, plate=replace(PLATE, clipped=0.5, infrared=True)), "clipped", "ИК-подсветку"),
        (replace(SIGHT, plate=replace(PLATE, width_px=70.0)), "frames", "лежачий полицейский"),
        (replace(SIGHT, fps=4.0), "fps", "10–15 кадров/с"),
        (replace(SIGHT, frozen=True), "picture", "перезагрузите камеру"),
        (replace(SIGHT, frame_age_s=9.0), "picture", "сеть до камеры"),
        (replace(SIGHT, view=replace(VIEW, softness_px=2.4)), "focus", "поправьте фокус"),
        (replace(SIGHT, view=replace(VIEW, brightness=12.0)), "light", "включите подсветку"),
        (replace(SIGHT, view=replace(VIEW, brightness=230.0)), "light", "выдержка короче"),
        (replace(SIGHT, view=replace(VIEW, troubles=("clock",))), "clock", "выключите надпись"),
    ],
)
def test_each_fault_has_its_cure(sight: AimSight, code: str, cure: str) -> None:
    """What is beyond its limit is bad, and says what to do."""
    found = row(sight, code)
    assert (State.BAD, True) == (found.state, cure in found.cure)


@pytest.mark.parametrize(
    ("sight", "code"),
    [
        (None, "picture"),
        (replace(SIGHT, frame_age_s=None), "picture"),
        (replace(SIGHT, alive=False), "picture"),
        (replace(SIGHT, plate=None), "plate"),
        (replace(SIGHT, view=None), "focus"),
        (replace(SIGHT, view=replace(VIEW, softness_px=None)), "focus"),
        (replace(SIGHT, view=replace(VIEW, doubt="learning")), "clock"),
        (replace(SIGHT, alive=False, fps=0.0), "fps"),
        (replace(SIGHT, fps=0.0), "frames"),
    ],
)
def test_unknown_is_an_answer(sight: AimSight | None, code: str) -> None:
    """What was not seen is neither good nor bad."""
    assert State.UNKNOWN is row(sight, code).state
    assert not good(rows(sight, LIMITS))


def test_old_measures_say_so() -> None:
    """A plate that was seen some time ago keeps its figures, and every one of them is marked as old."""
    aged = rows(replace(SIGHT, plate=replace(PLATE, age_s=FRESH_S + 1)), LIMITS)
    assert {"plate", "width", "chars", "roll", "angle", "sharpness", "contrast", "clipped", "frames"} == {
        one.code for one in aged if one.old
    }


def test_frames_per_pass() -> None:
    """142 px at 5 m are 60 px at 11.8 m: 6.8 m at 20 km/h are 1.23 s, 18 frames at 15 a second; too small is none."""
    assert frames_per_pass(142.0, 15.0, LIMITS) == pytest.approx(18.45, abs=0.05)
    assert 0.0 == frames_per_pass(55.0, 15.0, LIMITS)


@given(st.floats(24, 600), st.floats(1, 120), st.floats(1, 120))
def test_faster_needs_a_shorter_shutter(width: float, slow: float, fast: float) -> None:
    """The shutter never gets longer with the speed, and is one that cameras have."""
    slow, fast = sorted((slow, fast))
    assert {250, 500, 1000, 2000} >= {shutter_for(width, slow), shutter_for(width, fast)}
    assert shutter_for(width, slow) <= shutter_for(width, fast)


@pytest.mark.parametrize("text", ["25:00", "3:30", "night", "03:60", "0330"])
def test_when_to_compare_is_a_time(text: str) -> None:
    """What is no time of the day is told by its key."""
    assert ["compare_at"] == [key for key, _ in replace(LIMITS, compare_at=text).problems()]
