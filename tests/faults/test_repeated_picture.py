"""A camera that hangs and sends one picture for ever, through a codec: its bytes flicker, its content does not.

The codec here is JPEG with a quality that changes along each group of pictures and from group to group, as rate control
has it; `docs/reliability.md` has what H.264 itself gave.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import cv2
import numpy as np
import pytest

from camera.frame import Frame, Picture
from camera.freeze import FreezeWatch
from camera.look import Attention, LaneView
from camera.scripted import ScriptedReader
from camera.settings import CameraSettings
from camera.shrink import thumbnail
from edge.paths import config_dir

FPS = 4
GROUP = 8


@pytest.fixture(scope="module")
def road() -> Picture:
    """A real view of a lane."""
    film = cv2.VideoCapture(str(config_dir() / "demo" / "gate.mp4"))
    picture = cv2.resize(film.read()[1], (480, 270))
    film.release()
    return np.asarray(picture, np.uint8)


def coded(picture: Picture, number: int, rng: np.random.Generator) -> Picture:
    """What is seen of the picture: a key frame is coarse, what follows is finer, and no group is like the one before."""
    quality = 80 + number % GROUP + int(rng.integers(0, 3))
    _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def repeated(picture: Picture) -> Iterator[Picture]:
    rng = np.random.default_rng(1)
    number = 0
    while True:
        yield coded(picture, number, rng)
        number += 1


def with_noise(picture: Picture, sigma: float) -> Iterator[Picture]:
    """The same view of a live sensor at night: darker, and with new noise in each picture."""
    rng = np.random.default_rng(2)
    dark = picture.astype(np.float32) * 0.3
    number = 0
    while True:
        noisy = dark + rng.normal(0, sigma, picture.shape[:2]).astype(np.float32)[..., None]
        yield coded(np.clip(noisy, 0, 255).astype(np.uint8), number, rng)
        number += 1


def told_at(pictures: Iterator[Picture], seconds: int, watch: FreezeWatch | None = None) -> float | None:
    """After how many seconds the freeze is told; None = not within the time."""
    watch = watch or FreezeWatch(after_s=15)
    for number, picture in enumerate(islice(pictures, seconds * FPS)):
        if watch.look(thumbnail(picture), number / FPS):
            return number / FPS
    return None


def test_a_repeated_picture_is_told_though_its_bytes_flicker(road: Picture) -> None:
    """Within half a minute, and never before `frozen_after_s`; the bytes alone would never have told."""
    thumbs = [thumbnail(picture).tobytes() for picture in islice(repeated(road), 20 * FPS)]
    assert 5 < len(set(thumbs))
    at = told_at(repeated(road), 35)
    assert at is not None
    assert 15 <= at <= 30


@pytest.mark.parametrize("sigma", [2.0, 4.0])
def test_a_still_night_is_not_frozen(road: Picture, sigma: float) -> None:
    """A scene in which nothing moves for long lives by its sensor's noise."""
    assert told_at(with_noise(road, sigma), 45) is None


def test_what_comes_ends_the_freeze_at_once(road: Picture) -> None:
    """A false alarm keeps nobody in: the first picture of a car is believed."""
    watch = FreezeWatch(after_s=15)
    at = told_at(repeated(road), 40, watch)
    assert at is not None
    car = road.copy()
    car[110:220, 150:300] = 20
    assert not watch.look(thumbnail(car), at + 0.2)


def test_nothing_is_read_on_a_frozen_picture(road: Picture) -> None:
    """While the picture is frozen the networks are not asked, whatever the visit wants."""
    view = LaneView(ScriptedReader({}), settings=CameraSettings())
    sights = [
        view.look(Frame(picture, number / FPS, number, "entry"), attention=Attention.UNREAD)
        for number, picture in enumerate(islice(repeated(road), 32 * FPS))
    ]
    assert sights[-1].frozen
    assert not sights[-1].inferred
    assert sights[0].inferred
