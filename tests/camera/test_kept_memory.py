"""How much a lane keeps between two looks."""

from __future__ import annotations

import pickle

import numpy as np

from camera.clock_text import ClockText
from camera.frame import Picture
from camera.freeze import FreezeWatch


def noisy(number: int, height: int, width: int) -> Picture:
    """A scene with noise that is new in every picture, and a patch as large as a digit that changes every second."""
    scene = np.random.default_rng(0).integers(40, 160, (height, width))
    picture = scene + np.random.default_rng(1 + number).integers(-3, 4, (height, width))
    picture[20:28, 40:46] = 250 if number // 5 % 2 else 0
    return picture.astype(np.uint8)


def test_the_freeze_watch_keeps_a_byte_a_pixel() -> None:
    """After a minute it holds the thumbnails of fourteen seconds, four a second, as bytes and not as numbers of four."""
    watch = FreezeWatch(after_s=10.0)
    for number in range(300):
        watch.look(noisy(number, 90, 160), number / 5)

    assert len(pickle.dumps(watch)) < 60 * 90 * 160 * 1.5


def test_nothing_of_a_burst_is_kept_until_the_next_one() -> None:
    """A search for a clock that has come to an end keeps no picture: the next one begins minutes later."""
    clock = ClockText()
    sizes = []
    for number in range(100):
        clock.look(noisy(number, 270, 480), number / 5)
        sizes.append(len(pickle.dumps(clock)))

    assert clock.known
    assert max(sizes) > 270 * 480
    assert sizes[-1] < 10_000
