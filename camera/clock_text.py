"""Detects a clock written into the picture: a place of about two digits that changes every second, always anew.

This matters for two reasons: a running clock over a frozen picture looks like life, and its digits may be read as a
plate's. Pure state: it advances only by `look`, with the frame's own time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from camera.frame import Picture
from camera.shrink import to_grey

Place = tuple[float, float, float, float]
"""Left, top, right, bottom as fractions of the picture."""

_WIDTH_PX = 480
_SAMPLE_S = 0.15
_BURST_S = 14.0
_EVERY_S = 600.0
_CHANGED = 40
"""Grey levels of a change: overlaid text has full contrast."""
_LOW, _HIGH = 0.015, 0.09
"""Height of a digit, as fractions of the picture's height."""
_BUSIEST = 6
"""Most patches that may change in one sample. More is traffic, and tells nothing about a clock."""
_TICKS = 8
_SHORTEST_S, _LONGEST_S = 0.6, 1.45
_LOOKS_APART = 3.5
"""Mean grey levels by which two digits differ in their box: measured 5 to 11, and 1 at most for a blinking lamp."""
_FORGIVEN = 2
"""Bursts in a row without the clock after which it counts as gone."""


@dataclass(frozen=True, slots=True, eq=False)
class _Tick:
    at: float
    box: tuple[int, int, int, int]
    grey: Picture


class ClockText:
    """Looks for a clock in bursts of `_BURST_S`, one every `_EVERY_S`: a clock is always there, or never."""

    def __init__(self) -> None:
        self.place: Place | None = None
        self.known = False
        """Whether any burst has come to a conclusion."""
        self._begin_at = -math.inf
        self._began: float | None = None
        self._sampled_at = -math.inf
        self._last: Picture | None = None
        self._ticks: list[_Tick] = []
        self._calm = 0
        self._samples = 0
        self._missed = 0

    def look(self, bgr: Picture, at: float) -> None:
        """Takes the next picture. Almost every call returns at once."""
        if at < self._sampled_at:  # a recording starts again
            self._begin_at, self._began = at, None
            self._sampled_at = at
        if at < self._begin_at or 0 <= at - self._sampled_at < _SAMPLE_S:
            return
        gap = at - self._sampled_at
        self._sampled_at = at
        height = max(1, round(bgr.shape[0] * _WIDTH_PX / bgr.shape[1]))
        small = to_grey(np.asarray(cv2.resize(bgr, (_WIDTH_PX, height), interpolation=cv2.INTER_LINEAR), np.uint8))
        if self._began is None or self._last is None or self._last.shape != small.shape or gap > 1.0:
            self._began, self._ticks, self._calm, self._samples = at, [], 0, 0
        else:
            self._sample(small, self._last, at)
        self._last = small
        if at - self._began >= _BURST_S:
            self._conclude()
            self._began, self._last, self._begin_at = None, None, at + _EVERY_S
            self._ticks = []  # each holds a picture, and the next burst is minutes away

    def _sample(self, small: Picture, last: Picture, at: float) -> None:
        self._samples += 1
        changed = np.asarray(cv2.absdiff(small, last) > _CHANGED, np.uint8)
        count, _, stats, _ = cv2.connectedComponentsWithStats(cv2.dilate(changed, _JOINED), connectivity=8)
        if count - 1 > _BUSIEST:
            return
        self._calm += 1
        height = small.shape[0]
        for x, y, w, h, _area in stats[1:].tolist():
            if _LOW * height <= h <= _HIGH * height + 4 and w <= 5 * h:
                self._ticks.append(_Tick(at, (x, y, w, h), small))

    def _conclude(self) -> None:
        if self._calm < 0.6 * self._samples:
            return  # too much traffic to say
        self.known = True
        found = next((place for place in map(self._clock_at, self._ticks) if place is not None), None)
        self._missed = 0 if found is not None else self._missed + 1
        if found is not None or self._missed >= _FORGIVEN:
            self.place = found

    def _clock_at(self, tick: _Tick) -> Place | None:
        """The clock whose seconds are written where `tick` changed."""
        reach = 1.5 * tick.box[3]
        centre = _centre(tick.box)
        same = [one for one in self._ticks if math.dist(centre, _centre(one.box)) <= reach]
        times = sorted({one.at for one in same})
        gaps = np.diff(times)
        odd = int(((gaps < _SHORTEST_S) | (gaps > _LONGEST_S)).sum())
        if len(times) < _TICKS or odd > 1:
            return None
        left, top = min(one.box[0] for one in same), min(one.box[1] for one in same)
        right, bottom = max(one.box[0] + one.box[2] for one in same), max(one.box[1] + one.box[3] for one in same)
        if not _ever_new([one.grey[top:bottom, left:right] for one in same]):
            return None  # a blinking lamp shows the same two pictures again and again
        height, width = tick.grey.shape
        return (left / width, top / height, right / width, bottom / height)


_JOINED = np.ones((3, 5), np.uint8)


def _centre(box: tuple[int, int, int, int]) -> tuple[float, float]:
    return (box[0] + box[2] / 2, box[1] + box[3] / 2)


def _ever_new(looks: list[Picture]) -> bool:
    kept: list[NDArray[np.int16]] = []
    for look in looks:
        values = look.astype(np.int16)
        if all(float(np.abs(values - one).mean()) > _LOOKS_APART for one in kept):
            kept.append(values)
    return len(kept) >= _TICKS // 2
