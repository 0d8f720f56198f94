"""What moves in the lane, at next to no cost: a grey thumbnail against the last one and against a background.

Pure state: it advances only by `look`, with the frame's own time, so that a replay repeats itself. A tenth of the
cost of finding plates: no change, no inference.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from camera.frame import Picture
from core.geometry import Box

Grey = NDArray[np.float32]
Mask = NDArray[np.bool_]
Patch = tuple[int, int, int, int]
"""Left, top, width, height in pixels of the thumbnail."""
Zone = tuple[float, float, float, float]
"""Left, top, right, bottom as fractions of the picture."""

_THRESHOLD = 14.0
"""Grey levels that make a change; sensor noise of a thumbnail pixel stays below 5."""
_WEAK_THRESHOLD = 8.0
"""Grey levels that belong to a change that is next to them: a dark car at dusk has few bright parts."""
_STRONG_SHARE = 0.2
"""Part of a vehicle's patch that differs by more than the threshold."""
_LEARN_S = 8.0
"""Time in which empty background follows the light."""
_ABSORB_S = 45.0
"""A pixel of the foreground that has stood still for so long is background: a parked car, or the hole it left."""
_ABSORB_AT_FIRST_S = 1.5
"""The same just after the start, when nothing is known of the lane; it grows with half the age of the model."""
_LONGEST_STEP_S = 2.0
_FORGET_S = 60.0
"""A camera that was away for longer comes back to another light: what was known of the lane is known no more."""
_SWITCH_PIXELS = 0.2
_SWITCH_BLOCKS = 0.6
"""Shares of pixels, and of 48 blocks with a tenth of their pixels, that no car changes from one frame to the next: a
lamp or the camera's night filter did. Measured: 0.28 and 0.65 for dusk to night, 0.09 and 0.44 for dense traffic."""
_SWITCH_STEP_S = 0.35
"""Between looks further apart than this a near lorry can do the same."""


@dataclass(frozen=True, slots=True)
class Motion:
    """What one look at the lane showed."""

    moving: bool
    """Something changed since the last look: the frame is worth reading."""
    vehicle: Box | None
    """Vehicle-sized foreground, moving or standing, in pixels of the full picture."""


NOTHING_SEEN = Motion(moving=False, vehicle=None)


class MotionGate:
    """Background model of one lane. Owned by the vision thread."""

    def __init__(self, *, zone: Zone, motion_fraction: float, vehicle_fraction: float) -> None:
        self._zone = zone
        self._motion_fraction = motion_fraction
        self._vehicle_fraction = vehicle_fraction
        self._model: _Model | None = None

    def look(self, thumb: Picture, at: float, *, size: tuple[int, int], keep: bool) -> Motion:
        """Take the next thumbnail of a picture of `size`, seen at `at` seconds.

        `keep` holds the vehicle in the lane as foreground, for as long as its visit is open; otherwise what stands
        still fades into the background, so that parked cars do not fire for ever. The first look is always worth
        reading: a car may have waited while the gate was started.
        """
        grey = thumb.astype(np.float32)
        model = self._model
        if model is None or model.background.shape != grey.shape or at - model.last_at > _FORGET_S:
            self._model = _Model(grey, at)
            return Motion(moving=True, vehicle=None)
        step_s = min(max(at - model.last_at, 0.0), _LONGEST_STEP_S)
        changed = _difference(grey, model.last) > _THRESHOLD
        if step_s <= _SWITCH_STEP_S and _is_switch(changed):
            self._model = _Model(grey, at)  # what was known of the lane, was known in another light
            return Motion(moving=True, vehicle=None)
        difference = _difference(grey, model.background)
        vehicle = self._vehicle(difference)
        kept = _around(vehicle, grey.shape) if keep and vehicle is not None else None
        model.learn(grey, changed=changed, foreground=difference > _WEAK_THRESHOLD, kept=kept, step_s=step_s)
        model.last, model.last_at = grey, at
        moving = float(changed[self._window(changed)].mean()) >= self._motion_fraction
        return Motion(moving=moving, vehicle=None if vehicle is None else _enlarged(vehicle, grey.shape, size))

    def _vehicle(self, difference: Grey) -> Patch | None:
        """The largest patch of foreground that is large enough and lies in the zone."""
        mask = np.zeros(difference.shape, np.uint8)
        inside = self._window(mask)
        mask[inside] = difference[inside] > _WEAK_THRESHOLD
        # Drop what is thinner than a wheel (rain, branches), then close the holes of windows and bright bodies.
        mask = np.asarray(cv2.morphologyEx(mask, cv2.MORPH_OPEN, _OPEN), np.uint8)
        mask = np.asarray(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, _CLOSE), np.uint8)
        count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
        if count < 2:
            return None
        largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
        x, y, w, h, area = (int(value) for value in stats[largest])
        strong = np.count_nonzero(difference[labels == largest] > _THRESHOLD)
        is_vehicle = area >= self._vehicle_fraction * mask.size and strong >= _STRONG_SHARE * area
        return (x, y, w, h) if is_vehicle else None

    def _window(self, picture: NDArray[Any]) -> tuple[slice, slice]:
        height, width = picture.shape[0], picture.shape[1]
        left, top, right, bottom = self._zone
        return (
            slice(int(top * height), max(int(top * height) + 1, math.ceil(bottom * height))),
            slice(int(left * width), max(int(left * width) + 1, math.ceil(right * width))),
        )


class _Model:
    """What the lane looks like with nothing in it, as far as it is known."""

    def __init__(self, grey: Grey, at: float) -> None:
        self.background = grey.copy()
        self.last = grey
        self.last_at = at
        self._still_s = np.zeros(grey.shape, np.float32)
        self._age_s = 0.0

    def learn(
        self, grey: Grey, *, changed: Mask, foreground: Mask, kept: tuple[slice, slice] | None, step_s: float
    ) -> None:
        """Follow the light where nothing stands, and absorb what has stood still for long, but for `kept`."""
        self._age_s += step_s
        self._still_s += step_s
        self._still_s[changed] = 0.0
        absorbed = foreground & (self._still_s >= min(_ABSORB_S, max(_ABSORB_AT_FIRST_S, self._age_s / 2)))
        if kept is not None:
            absorbed[kept] = False
        rate = np.where(foreground, np.float32(0), np.float32(-math.expm1(-step_s / _LEARN_S)))
        rate[absorbed] = 1.0
        self.background += rate * (grey - self.background)


_CLOSE = cv2.getStructuringElement(cv2.MORPH_RECT, (5, 5))
_OPEN = cv2.getStructuringElement(cv2.MORPH_RECT, (3, 3))
_KEPT_RIM_PX = 6


def _difference(grey: Grey, other: Grey) -> Grey:
    """By how much each pixel differs, without the step that the exposure makes of all of them."""
    difference: Grey = grey - other
    difference -= np.median(difference[::3, ::3])
    np.abs(difference, out=difference)
    return difference


def _is_switch(changed: Mask) -> bool:
    if float(changed.mean()) < _SWITCH_PIXELS:
        return False
    height, width = changed.shape[0] // 6, changed.shape[1] // 8
    blocks = changed[: 6 * height, : 8 * width].reshape(6, height, 8, width).mean(axis=(1, 3))
    return float((blocks >= 0.1).mean()) >= _SWITCH_BLOCKS


def _around(patch: Patch, shape: tuple[int, ...]) -> tuple[slice, slice]:
    x, y, w, h = patch
    return (
        slice(max(0, y - _KEPT_RIM_PX), min(shape[0], y + h + _KEPT_RIM_PX)),
        slice(max(0, x - _KEPT_RIM_PX), min(shape[1], x + w + _KEPT_RIM_PX)),
    )


def _enlarged(patch: Patch, shape: tuple[int, ...], size: tuple[int, int]) -> Box:
    x, y, w, h = patch
    across, down = size[0] / shape[1], size[1] / shape[0]
    return Box(x * across, y * down, w * across, h * down)
