"""Detects motion in the lane at almost no cost: compares a grey thumbnail with the last one and with a background.

Pure state: it advances only by `look`, with the frame's own time, so a replay repeats itself. It costs a tenth of
finding plates: without a change there is no inference.

A change of brightness is not a vehicle. A vehicle replaces the surfaces behind it; sun, a lamp, exposure or a night
filter leave their pattern in view (`camera.surface`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from camera.background import Background
from camera.frame import Picture
from camera.surface import Grey, Mask, median, replaced
from core.geometry import Box

Patch = tuple[int, int, int, int]
"""Left, top, width, height in pixels of the thumbnail."""
Zone = tuple[float, float, float, float]
"""Left, top, right, bottom as fractions of the picture."""

_THRESHOLD = 14.0
"""Grey levels that count as a change; sensor noise of a thumbnail pixel stays below 5."""
_WEAK_THRESHOLD = 8.0
"""Grey levels that count next to a change: a dark car at dusk has few bright parts."""
_STRONG_SHARE = 0.2
"""The part of a vehicle's patch that must differ by more than `_THRESHOLD`."""
_REPLACED_SHARE = 0.3
"""The part of a vehicle's patch that must show other surfaces than the background. Measured over made and recorded
clips: sun, gain, infrared and sweeping headlights at most 0.09, cars at least 0.57."""
_LEAST_DOUBT = 0.2
"""Fraction of `vehicle_fraction` from which a changed patch is examined for light at all."""
_LONGEST_STEP_S = 2.0
_FORGET_S = 60.0
"""After a longer absence of the camera the light is different: forget what was known of the lane."""
_SWITCH_PIXELS = 0.2
_SWITCH_BLOCKS = 0.6
"""Shares of pixels, and of 48 blocks with a tenth of their pixels changed, that only a lamp or the camera's night
filter changes from one frame to the next, never a car. Measured: 0.28 and 0.65 for dusk to night, 0.09 and 0.44 for
dense traffic."""
_SWITCH_STEP_S = 0.35
"""If two looks are further apart than this, a near lorry can change as much."""
_SETTLE_S = 1.0
"""After a switch of the light, exposure hunts and pictures are clipped: what appears in this time may be light."""

_LOST_S = 0.6
"""While exposure hunts, a vehicle that was lost for no longer than this is assumed to be where it was: none of it is
learned."""


@dataclass(frozen=True, slots=True)
class Motion:
    """What one look at the lane showed. Boxes in pixels of the full picture."""

    moving: bool
    """Something has changed since the last look, so the frame is worth reading."""
    vehicle: Box | None
    """Vehicle-sized foreground, moving or standing, that replaces what was seen there."""
    light: Box | None = None
    """Vehicle-sized change that is, or may be, a change of light."""


NOTHING_SEEN = Motion(moving=False, vehicle=None)


@dataclass(frozen=True, slots=True)
class _Change:
    """How a look differs from the background."""

    vehicle: Patch | None
    light: Patch | None
    foreground: Mask
    """Pixels that are not empty background: patches that differ, including pixels in them that happen to be as bright.
    A single differing pixel is noise, or a grain of road in new light; if it were never learned, it would stay
    foreground."""
    relit: Mask | None
    """Pixels that still show the background's surface, but in new light; None if the light has not changed."""


class MotionGate:
    """Motion and foreground in one lane. Owned by the vision thread."""

    def __init__(self, *, zone: Zone, motion_fraction: float, vehicle_fraction: float) -> None:
        self._zone = zone
        self._motion_fraction = motion_fraction
        self._vehicle_fraction = vehicle_fraction
        self._background: Background | None = None
        self._switched_at = -math.inf
        self._doubtful = False
        """The light was switched over an empty lane, and what has been in view since then is not yet judged."""
        self._vehicle: Patch | None = None
        self._vehicle_at = -math.inf

    def look(self, thumb: Picture, at: float, *, size: tuple[int, int], keep: bool) -> Motion:
        """Takes in the next thumbnail of a picture of `size`, seen at `at` seconds.

        `keep` holds the vehicle in the lane as foreground while its visit is open. Otherwise whatever stands still
        fades into the background, so that parked cars do not trigger for ever. The first look is always worth reading,
        because a car may have been waiting when the gate was started.
        """
        grey = thumb.astype(np.float32)
        known = self._background
        if known is None or known.grey.shape != grey.shape or at - known.last_at > _FORGET_S:
            return self._begin(grey, at)
        step_s = min(max(at - known.last_at, 0.0), _LONGEST_STEP_S)
        changed = _difference(grey, known.last) > _THRESHOLD
        switched = step_s <= _SWITCH_STEP_S and _is_switch(changed)
        difference = _difference(grey, known.grey)
        change = self._change(grey, difference, known)
        moving = float(changed[self._window(changed)].mean()) >= self._motion_fraction
        if switched and not self._doubtful and not _goes_on(self._vehicle, change.vehicle):
            self._doubtful, self._switched_at = True, at
            self._vehicle = None
        elif self._doubtful and at - self._switched_at >= _SETTLE_S:
            self._doubtful = False
            if change.vehicle is not None and known.calm(_slices(change.vehicle), _SETTLED * (at - self._switched_at)):
                return self._begin(
                    grey, at
                )  # it came with the light and has not moved since: the same lane, wet or dark
        vehicle = change.vehicle
        if vehicle is not None and self._vehicle is None and self._doubtful:
            change = replace(change, vehicle=None, light=vehicle)
            vehicle = None
        if vehicle is not None:
            self._vehicle, self._vehicle_at = vehicle, at
        elif at - self._vehicle_at > _LOST_S:
            self._vehicle = None
        kept = _around(self._vehicle, grey.shape) if keep and self._vehicle is not None else None
        known.learn(
            grey,
            changed=changed,
            foreground=change.foreground,
            relit=change.relit,
            kept=kept,
            step_s=step_s,
        )
        known.last, known.last_at = grey, at
        return Motion(
            moving=moving,
            vehicle=_enlarged(vehicle, grey.shape, size),
            light=_enlarged(change.light, grey.shape, size),
        )

    def _begin(self, grey: Grey, at: float) -> Motion:
        self._background = Background(grey, at)
        self._vehicle, self._doubtful = None, False
        return Motion(moving=True, vehicle=None)

    def _change(self, grey: Grey, difference: Grey, known: Background) -> _Change:
        """Separates the difference into vehicle and light."""
        mask = np.asarray(difference > _WEAK_THRESHOLD, np.uint8)
        # Drop what is thinner than a wheel (rain, branches), then close the holes of windows and bright bodies.
        mask = np.asarray(cv2.morphologyEx(mask, cv2.MORPH_OPEN, _OPEN), np.uint8)
        mask = np.asarray(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, _CLOSE), np.uint8)
        if np.count_nonzero(mask) < _LEAST_DOUBT * self._vehicle_fraction * mask.size:
            return _Change(None, None, foreground=mask > 0, relit=None)
        other = replaced(grey, known.grey, noise=known.noise)
        _, labels = cv2.connectedComponents(mask, connectivity=8)
        shares = np.bincount(labels.ravel(), weights=other.ravel()) / np.maximum(1, np.bincount(labels.ravel()))
        shares[0] = 0.0
        solid: Mask = (shares >= _REPLACED_SHARE)[labels]
        vehicle = self._largest(solid, difference)
        body = _bodies(other)
        if vehicle is None:  # if the light changes the whole picture, the car is part of one large patch
            vehicle = self._largest(body, None)
        standing = solid | body
        lit = (mask > 0) & ~standing
        light = None if vehicle is not None else self._largest(lit, difference)
        # Everything that no vehicle can cover takes the new light at one pace: half of it alone would form a pattern of
        # its own. So would edges of shade, wet kerbs and streaks of rain, which other light and weather leave.
        relit = ~_of_size(standing, self._vehicle_fraction) if lit.any() else None
        return _Change(vehicle, light, foreground=(mask > 0) | standing, relit=relit)

    def _largest(self, mask: Mask, difference: Grey | None) -> Patch | None:
        """The largest patch in the zone, if it is vehicle-sized and, given `difference`, differs enough."""
        inside = np.zeros(mask.shape, np.uint8)
        window = self._window(inside)
        inside[window] = mask[window]
        count, labels, stats, _ = cv2.connectedComponentsWithStats(inside, connectivity=8)
        if count < 2:
            return None
        largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
        x, y, w, h, area = (int(value) for value in stats[largest])
        if area < self._vehicle_fraction * mask.size:
            return None
        if difference is not None:
            strong = np.count_nonzero(difference[labels == largest] > _THRESHOLD)
            if strong < _STRONG_SHARE * area:
                return None
        return x, y, w, h

    def _window(self, picture: NDArray[Any]) -> tuple[slice, slice]:
        height, width = picture.shape[0], picture.shape[1]
        left, top, right, bottom = self._zone
        return (
            slice(int(top * height), max(int(top * height) + 1, math.ceil(bottom * height))),
            slice(int(left * width), max(int(left * width) + 1, math.ceil(right * width))),
        )


_CLOSE = cv2.getStructuringElement(cv2.MORPH_RECT, (5, 5))
_OPEN = cv2.getStructuringElement(cv2.MORPH_RECT, (3, 3))
_BODY = cv2.getStructuringElement(cv2.MORPH_RECT, (9, 9))
"""Large enough to span a bonnet between its edges."""
_KEPT_RIM_PX = 6
_GROWS = 4.0
_SETTLED = 0.7
"""Fraction of the time since the switch for which what came with it must have stood still."""


def _difference(grey: Grey, other: Grey) -> Grey:
    """How much each pixel differs, not counting the step that the exposure makes in all of them."""
    difference: Grey = grey - other
    difference -= median(difference[::3, ::3])
    np.abs(difference, out=difference)
    return difference


def _is_switch(changed: Mask) -> bool:
    if float(changed.mean()) < _SWITCH_PIXELS:
        return False
    height, width = changed.shape[0] // 6, changed.shape[1] // 8
    blocks = changed[: 6 * height, : 8 * width].reshape(6, height, 8, width).mean(axis=(1, 3))
    return float((blocks >= 0.1).mean()) >= _SWITCH_BLOCKS


def _bodies(mask: Mask) -> Mask:
    """The mask with the holes of smooth panels closed, and without anything narrower than one comparison window."""
    closed = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_CLOSE, _BODY)
    return np.asarray(cv2.morphologyEx(closed, cv2.MORPH_OPEN, _BODY)) > 0


def _of_size(mask: Mask, fraction: float) -> Mask:
    """The patches of `mask` that cover at least `fraction` of the picture."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    large = stats[:, cv2.CC_STAT_AREA] >= fraction * mask.size
    large[0] = False
    return np.asarray(large[labels], np.bool_)


def _goes_on(before: Patch | None, now: Patch | None) -> bool:
    """Whether the vehicle of the last look is the vehicle of this one, not a part of something far larger."""
    if before is None or now is None:
        return False
    apart = (
        before[0] >= now[0] + now[2]
        or now[0] >= before[0] + before[2]
        or before[1] >= now[1] + now[3]
        or now[1] >= before[1] + before[3]
    )
    return not apart and now[2] * now[3] <= _GROWS * before[2] * before[3]


def _slices(patch: Patch) -> tuple[slice, slice]:
    x, y, w, h = patch
    return slice(y, y + h), slice(x, x + w)


def _around(patch: Patch, shape: tuple[int, ...]) -> tuple[slice, slice]:
    x, y, w, h = patch
    return (
        slice(max(0, y - _KEPT_RIM_PX), min(shape[0], y + h + _KEPT_RIM_PX)),
        slice(max(0, x - _KEPT_RIM_PX), min(shape[1], x + w + _KEPT_RIM_PX)),
    )


def _enlarged(patch: Patch | None, shape: tuple[int, ...], size: tuple[int, int]) -> Box | None:
    if patch is None:
        return None
    x, y, w, h = patch
    across, down = size[0] / shape[1], size[1] / shape[0]
    return Box(x * across, y * down, w * across, h * down)
