"""Camera alarms on drawn views: what is told, what is not, and what is not known."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camera.frame import Frame, Picture
from camera.freeze import FreezeWatch
from camera.look import LaneView, painted
from camera.scripted import ScriptedReader
from camera.settings import CameraSettings
from camera.shrink import thumbnail
from camera.structure import agreement, lost, pattern
from camera.view_measures import measure, softness
from camera.view_watch import EVERY_S, Doubt, Reference, Trouble, ViewState, ViewWatch
from tests.camera.drawn_views import covered, defocused, infrared, lit, noisy, shifted, with_clock, yard

YARD = yard()
NOISY = [noisy(YARD, number) for number in (1, 2)]
SETTINGS = CameraSettings()
QUIET = True


class Looking:
    """A watch, the yard learned or not, and the time."""

    def __init__(self, *, learned: bool = True) -> None:
        self.watch, self.at = (copy.deepcopy(_learned()), 80.0) if learned else (ViewWatch(SETTINGS), 0.0)

    def sees(self, picture: Callable[[int], Picture], *, seconds: float, quiet: bool = QUIET) -> ViewState:
        ends, number = self.at + seconds, 0
        state = self.watch.state
        while self.at < ends:
            bgr, number = picture(number), number + 1
            state = self.watch.look(bgr, thumbnail(bgr), self.at, quiet=quiet)
            self.at += EVERY_S
        return state


@cache
def _learned() -> ViewWatch:
    looking = Looking(learned=False)
    looking.sees(lambda number: NOISY[number % 2], seconds=80.0)
    return looking.watch


def told_of(change: Callable[[Picture], Picture], *, quiet: bool = QUIET) -> ViewState:
    """What is known of the yard after more than a minute in which it looked so."""
    changed = [noisy(change(YARD), number) for number in (1, 2)]
    return Looking().sees(lambda number: changed[number % 2], seconds=90.0, quiet=quiet)


@pytest.mark.parametrize(
    ("change", "trouble"),
    [
        (lambda view: shifted(view, 0.03), Trouble.MOVED),
        (lambda view: shifted(view, 0.1, 0.04), Trouble.MOVED),
        (lambda view: shifted(view, -0.05, turn=1.0), Trouble.MOVED),
        (lambda _: yard(7), Trouble.MOVED),
        (lambda view: covered(view, 0.95), Trouble.BLOCKED),
        (lambda view: covered(view, 0.75), Trouble.BLOCKED),
        (lambda view: np.full_like(view, 60), Trouble.BLOCKED),
        (lambda view: defocused(view, 2.0), Trouble.BLURRED),
        (lambda view: defocused(view, 5.0), Trouble.BLURRED),
        (lambda view: lit(view, 1.0, 200), Trouble.GLARE),
    ],
)
def test_each_trouble_is_told_by_its_name(change: Callable[[Picture], Picture], trouble: Trouble) -> None:
    """A view that was turned, covered, put out of focus or dazzled for more than a minute is told as just that."""
    assert (trouble,) == told_of(change).troubles


@pytest.mark.parametrize(
    "change",
    [
        lambda view: view,
        lambda view: lit(view, 0.35),
        lambda view: lit(view, 1.3, 10),
        lambda view: lit(view, 0.6, 90),
        infrared,
        lambda view: shifted(view, 0.005),
        lambda view: defocused(view, 0.5),
        lambda view: covered(view, 0.3),
    ],
)
def test_light_weather_and_a_car_are_no_trouble(change: Callable[[Picture], Picture]) -> None:
    """Dusk, sun, fog, the night filter, wind on the mast and a lorry over a third of the picture raise nothing."""
    assert () == told_of(change).troubles


def test_a_lorry_in_a_visit_covers_nothing() -> None:
    """While somebody is in the lane, what covers the view is taken to be theirs."""
    assert () == told_of(lambda view: covered(view, 0.7), quiet=False).troubles


def test_where_it_was_moved_to_is_told() -> None:
    """The shift is that of the picture, in shares of its width."""
    assert pytest.approx((0.05, 0.02), abs=0.01) == told_of(lambda view: shifted(view, 0.05, 0.02)).shift


def test_a_passing_moment_is_no_alarm_and_an_alarm_ends() -> None:
    """Half a minute raises nothing; after a minute it is raised; a quarter of a minute of the usual view ends it."""
    looking = Looking()
    assert () == looking.sees(lambda _: covered(YARD, 0.95), seconds=50).troubles
    assert (Trouble.BLOCKED,) == looking.sees(lambda _: covered(YARD, 0.95), seconds=20).troubles
    assert (Trouble.BLOCKED,) == looking.sees(lambda number: NOISY[number % 2], seconds=10).troubles
    assert () == looking.sees(lambda number: NOISY[number % 2], seconds=15).troubles


def test_unknown_is_neither_an_alarm_nor_its_end() -> None:
    """Nothing is said before the view is learned; darkness says nothing, and ends no alarm."""
    assert Doubt.LEARNING is Looking(learned=False).sees(lambda _: YARD, seconds=30).doubt
    looking = Looking()
    assert (Trouble.MOVED,) == looking.sees(lambda _: shifted(YARD, 0.1), seconds=90).troubles
    dark = looking.sees(lambda _: lit(YARD, 0.08), seconds=60)
    assert (Doubt.DARK, (Trouble.MOVED,)) == (dark.doubt, dark.troubles)


def test_another_light_is_learned_in_time() -> None:
    """What infrared looks like is unknown at first, and compared with after a quarter of an hour."""
    looking = Looking()
    night = infrared(YARD)
    assert Doubt.OTHER_LIGHT is looking.sees(lambda _: night, seconds=60).doubt
    assert Doubt.NONE is looking.sees(lambda _: night, seconds=920).doubt
    assert (Trouble.MOVED,) == looking.sees(lambda _: shifted(night, 0.05), seconds=90).troubles


def test_what_was_accepted_is_what_counts() -> None:
    """A view told by the record of an acceptance is compared with at once, and does not drift with the camera."""
    looking = Looking(learned=False)
    measures = measure(YARD)
    looking.watch.accept(
        Reference(pattern(thumbnail(YARD)), measures.brightness, measures.infrared, measures.softness_px)
    )
    state = looking.sees(lambda _: shifted(YARD, 0.04), seconds=90)
    assert ((Trouble.MOVED,), True) == (state.troubles, state.accepted)


def test_learning_goes_on_under_traffic() -> None:
    """A car in every third look does not keep the view from being learned."""
    looking = Looking(learned=False)

    def road(number: int) -> Picture:
        return covered(YARD, 0.5) if number % 3 == 0 else NOISY[number % 2]

    assert Doubt.NONE is looking.sees(road, seconds=80).doubt


@settings(max_examples=25, deadline=None)
@given(right=st.integers(-24, 24), down=st.integers(-14, 14))
def test_any_shift_is_found(right: int, down: int) -> None:
    """A shift by whole pixels of the thumbnail is found to the pixel, wherever it goes."""
    thumb = thumbnail(YARD)
    moved = np.roll(thumb, (down, right), axis=(0, 1))
    found = agreement(pattern(thumb), pattern(moved))
    assert (right / 160, down / 160) == pytest.approx(found.shift, abs=0.007)


def test_the_pattern_is_that_of_the_place_and_not_of_the_light() -> None:
    """The negative of a picture has the same pattern; another place has another; nothing is lost of itself."""
    here = pattern(thumbnail(YARD))
    assert agreement(here, pattern(thumbnail(255 - YARD))).here > 0.95
    assert agreement(here, pattern(thumbnail(yard(7)))).here < 0.2
    assert 0.0 == lost(here, here)
    assert 1.0 == lost(here, np.zeros_like(here))


@pytest.mark.parametrize("px", [1.0, 1.5, 2.0, 3.0])
def test_softness_is_the_width_of_a_bell(px: float) -> None:
    """Edges smeared by a bell of a known width are measured to be so wide, within a fifth of a pixel."""
    bars = np.tile(np.repeat(np.array([40, 180], np.uint8), 40), 12)[None].repeat(540, 0)
    assert px == pytest.approx(softness(np.asarray(cv2.GaussianBlur(bars, (0, 0), px))), abs=0.2)


def test_no_edge_is_no_softness() -> None:
    """A plain wall has no sharpness to measure."""
    assert measure(np.full((540, 960, 3), 90, np.uint8)).softness_px is None


def a_minute_with(picture: Callable[[float], Picture], settings: CameraSettings = SETTINGS) -> ViewWatch:
    watch = ViewWatch(settings)
    for number in range(430):
        at = number * 0.2
        bgr = picture(at)
        watch.look(bgr, THUMB, at, quiet=True)
    return watch


THUMB = thumbnail(YARD)


def test_a_clock_in_the_zone_is_told() -> None:
    """Digits that change every second are found where they stand; one outside the zone is found and not told."""
    clocked = [with_clock(YARD, second) for second in range(120)]
    watch = a_minute_with(lambda at: clocked[int(at + 0.37)])
    assert watch.clock is not None
    left, top, right, bottom = watch.clock
    assert (left > 0.85, top < 0.05, right < 1.0, bottom < 0.08) == (True, True, True, True)
    assert (Trouble.CLOCK,) == watch.state.troubles
    below = a_minute_with(lambda at: clocked[int(at + 0.37)], replace(SETTINGS, zone=(0.0, 0.3, 1.0, 1.0)))
    assert (True, ()) == (below.clock is not None, below.state.troubles)
    silent = a_minute_with(lambda at: clocked[int(at + 0.37)], replace(SETTINGS, clock_alarm=False))
    assert () == silent.state.troubles


def test_a_lamp_that_blinks_is_no_clock() -> None:
    """What shows the same two pictures again and again is no clock, at whatever pace."""
    lamp = YARD.copy()
    cv2.circle(lamp, (800, 400), 10, (255, 255, 255), -1)
    for pace in (0.5, 1.0, 2.0):
        assert a_minute_with(lambda at, pace=pace: lamp if int(at / pace) % 2 else YARD).clock is None


def test_a_clock_over_a_frozen_picture_is_no_life() -> None:
    """A picture of which only the clock goes on is told to be frozen."""
    view = LaneView(ScriptedReader({}), settings=SETTINGS)
    frozen = False
    for number in range(200):
        at = number * 0.2
        frame = Frame(with_clock(YARD, int(at + 0.37)), captured=at, frame_id=number + 1, lane="entry")
        frozen = view.look(frame).frozen
    assert frozen
    bare = FreezeWatch(after_s=SETTINGS.frozen_after_s)
    assert not any(bare.look(thumbnail(with_clock(YARD, n // 5)), n * 0.2) for n in range(200))


def test_nothing_behind_a_mask_moves() -> None:
    """What is painted over is one grey; the rest of the thumbnail is as it was, and the original is not touched."""
    thumb = thumbnail(YARD)
    kept = thumb.copy()
    shown = painted(thumb, ((0.5, 0.0, 1.0, 0.5),))
    assert 1 == len(np.unique(shown[:45, 80:]))
    assert np.array_equal(kept[45:], shown[45:])
    assert np.array_equal(kept, thumb)


@pytest.mark.parametrize("mask", [(0.1, 0.2, 0.3), (0.5, 0.1, 0.4, 0.9), (0.1,) * 4, tuple([0.1, 0.1, 0.2, 0.2] * 9)])
def test_a_mask_that_is_no_rectangle_is_told(mask: tuple[float, ...]) -> None:
    """Four numbers each, at most eight, none of them empty."""
    assert ["mask"] == [key for key, _ in replace(SETTINGS, mask=mask).problems()]
