"""Processes the frames of one lane on the vision thread: freeze watch, motion gate, and the reader if worthwhile."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

from camera.frame import Frame, Picture
from camera.freeze import FreezeWatch, is_blank
from camera.motion import NOTHING_SEEN, MotionGate
from camera.reader import PlateReader
from camera.rectify import plate_width
from camera.settings import CameraSettings
from camera.shrink import thumbnail
from camera.view_watch import Reference, ViewState, ViewWatch
from core.gate import Attention
from core.geometry import Box
from core.reading.reads import PlateRead

__all__ = ["Attention", "LaneView", "Sight", "painted"]


@dataclass(frozen=True, slots=True)
class Sight:
    """What one frame showed of a lane."""

    plates: tuple[PlateRead, ...]
    vehicle: Box | None
    light: Box | None
    """Vehicle-sized change that is, or may be, a change of light; in pixels of the picture."""
    frozen: bool
    view: ViewState
    """The state of the view itself, checked every few seconds."""
    inferred: bool
    """Whether the networks have looked. If not, an empty `plates` means nothing."""
    elapsed_ms: float


_PRESENT_EVERY_S = 1.0
_PRESENT_MOVING_EVERY_S = 0.3
"""What moves around a decided car may be a second car. Its first plate is read at most this late; then every frame is
read."""
_AFTER_MOTION_S = 0.6
"""A car that has just come to rest is at its sharpest: go on reading for this long after the last change."""
_KEEP_AT_MOST_S = 600.0
"""Whatever has stood for this long is absorbed into the background, even if its visit is open."""


class LaneView:
    """The state of one lane between frames. Owned by the vision thread."""

    def __init__(self, reader: PlateReader, *, settings: CameraSettings) -> None:
        left, top, right, bottom = settings.zone
        self._reader = reader
        self._settings = settings
        self._min_width_px = settings.min_plate_width_px
        self._masks = settings.masked
        self._view = ViewWatch(settings)
        self._freeze = FreezeWatch(after_s=settings.frozen_after_s)
        self._motion = MotionGate(
            zone=(left, top, right, bottom),
            motion_fraction=settings.motion_fraction,
            vehicle_fraction=settings.vehicle_fraction,
        )
        self._moved_at = -math.inf
        self._inferred_at = -math.inf
        self._kept_since: float | None = None

    def look(self, frame: Frame, *, attention: Attention = Attention.IDLE) -> Sight:
        """Processes the next frame. Raises `InferenceFailed`."""
        started = time.perf_counter()
        at = frame.captured
        thumb = thumbnail(frame.bgr)
        view = self._view.look(frame.bgr, thumb, at, quiet=attention is Attention.IDLE, colours=frame.for_people)
        # A running clock over a frozen picture is no sign of life.
        still = thumb if self._view.clock is None else painted(thumb, (self._view.clock,))
        frozen = self._freeze.look(still, at, media_s=frame.media_s)
        keep = self._keep(attention, at)
        # A blank picture from a decoder would look like a switched light, and the standing car would become road.
        watched = painted(thumb, self._masks) if self._masks else thumb
        motion = NOTHING_SEEN if is_blank(thumb) else self._motion.look(watched, at, size=frame.size, keep=keep)
        if motion.moving:
            self._moved_at = at
        wanted = not frozen and self._worth_reading(attention, at)
        if wanted:
            self._inferred_at = at
        plates = tuple(
            plate
            for plate in (self._reader.read(frame) if wanted else ())
            if plate_width(plate.corners) >= self._min_width_px and not self._is_masked(plate.box, frame.size)
        )
        return Sight(
            plates=plates,
            vehicle=motion.vehicle,
            light=motion.light,
            frozen=frozen,
            view=view,
            inferred=wanted,
            elapsed_ms=(time.perf_counter() - started) * 1e3,
        )

    def go_on(self, before: LaneView) -> None:
        """Takes over what `before` knew of the same camera: whether it is frozen, and how its view should look."""
        self._freeze, self._view = before._freeze, before._view
        self._freeze.judge_after(self._settings.frozen_after_s)
        self._view.judge_by(self._settings)

    def accept(self, reference: Reference) -> None:
        """Sets what the view looks like when all is well."""
        self._view.accept(reference)

    def _is_masked(self, box: Box, size: tuple[int, int]) -> bool:
        x, y = box.centre[0] / size[0], box.centre[1] / size[1]
        return any(left <= x <= right and top <= y <= bottom for left, top, right, bottom in self._masks)

    def _worth_reading(self, attention: Attention, at: float) -> bool:
        moved = at - self._moved_at <= _AFTER_MOTION_S
        if attention is Attention.PRESENT:
            return at - self._inferred_at >= (_PRESENT_MOVING_EVERY_S if moved else _PRESENT_EVERY_S)
        return moved or attention is Attention.UNREAD

    def _keep(self, attention: Attention, at: float) -> bool:
        if attention is Attention.IDLE:
            self._kept_since = None
            return False
        if self._kept_since is None:
            self._kept_since = at
        return at - self._kept_since < _KEEP_AT_MOST_S


def painted(thumb: Picture, places: Sequence[tuple[float, float, float, float]]) -> Picture:
    """A copy of the thumbnail with `places` (left, top, right, bottom, as fractions) painted in one grey."""
    copy = thumb.copy()
    height, width = copy.shape[:2]
    for left, top, right, bottom in places:
        rows = slice(int(top * height), math.ceil(bottom * height))
        copy[rows, int(left * width) : math.ceil(right * width)] = _PAINT
    return copy


_PAINT = 114
