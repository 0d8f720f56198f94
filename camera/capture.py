"""The capture loop: reads a source into a `LatestSlot` and survives every failure of the camera.

Runs on its own thread, one per camera. A native read can hang, so the thread must be a daemon.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from enum import Enum

from camera.errors import CameraError
from camera.frame import Frame
from camera.redact import redact
from camera.settings import CameraSettings
from camera.slot import LatestSlot
from camera.source import FrameSource
from core.errors import FileUnusable
from core.words.language import say

log = logging.getLogger(__name__)

_JITTER = 0.25
_RATE_WEIGHT = 0.1
_BEAT_S = 1.0


class Link(Enum):
    """The state of the connection to the camera."""

    STARTING = "starting"
    ALIVE = "alive"
    LOST = "lost"


def pause_before(attempt: int, *, settings: CameraSettings, rng: random.Random) -> float:
    """Seconds to wait before retry `attempt` (from 0): exponential backoff with an upper limit, up to a quarter of it left out.

    The jitter keeps the cameras of one switch from coming back all at once; it never exceeds `reconnect_max_s`.
    """
    pause_s = min(settings.reconnect_min_s * 2.0 ** min(attempt, 30), settings.reconnect_max_s)
    return pause_s * rng.uniform(1 - _JITTER, 1)


class Capture:
    """Reads a source as fast as it sends, and keeps only the newest frame.

    `on_change(alive)` is called when the camera is lost and when it is back. `beat()` is called at least every second
    while things work, and also during pauses, so that a supervisor can tell a hang from a dead camera.
    """

    def __init__(
        self,
        source: FrameSource,
        slot: LatestSlot[Frame],
        *,
        settings: CameraSettings,
        on_change: Callable[[bool], None] = lambda _: None,
        beat: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
        rng: random.Random | None = None,
    ) -> None:
        self._source = source
        self._slot = slot
        self._settings = settings
        self._on_change = on_change
        self._beat = beat
        self._clock = clock
        self._rng = rng or random.Random()  # noqa: S311 - jitter of a pause
        self.link = Link.STARTING
        self.frames = 0
        self.reconnects = 0
        self._step_s = 0.0
        self._last_id = 0
        self.last_frame_at: float | None = None
        self.last_error = ""

    @property
    def alive(self) -> bool:
        return self.link is Link.ALIVE

    @property
    def fps(self) -> float:
        """Recent frames per second; 0 while none arrive."""
        return 1 / self._step_s if self._step_s > 0 and self.alive else 0.0

    def run(self, stop: threading.Event) -> None:
        """Captures until `stop` is set. A lost camera is retried for ever."""
        attempt = 0
        try:
            while not stop.is_set():
                self._beat()
                frames_before = self.frames
                try:
                    self._source.open()
                    self._read_until_lost(stop)
                except (CameraError, FileUnusable) as error:
                    self._lost(error)
                self._source.close()
                if self.frames > frames_before:
                    attempt = 0
                if not stop.is_set():
                    self._wait(pause_before(attempt, settings=self._settings, rng=self._rng), stop)
                attempt += 1
        finally:
            self._source.close()

    def _read_until_lost(self, stop: threading.Event) -> None:
        while not stop.is_set():
            frame = self._source.read()
            if frame is None:
                raise CameraError(say("{name}: поток закончился", name=self._source.name))
            self._count(frame)
            self._slot.put(frame)
            self._beat()

    def _count(self, frame: Frame) -> None:
        # A resting lane does not deliver every frame.
        came = max(1, frame.frame_id - self._last_id) if self._last_id else 1
        if self.last_frame_at is not None and self.alive:
            step_s = (frame.captured - self.last_frame_at) / came
            # average the intervals, not the rates: a burst of frames would count as hundreds per second
            self._step_s += _RATE_WEIGHT * (step_s - self._step_s) if self._step_s else step_s
        self.last_frame_at = frame.captured
        self._last_id = frame.frame_id
        self.frames += came
        if self.link is not Link.ALIVE:
            if self.link is Link.LOST:
                self.reconnects += 1
                log.warning("камера снова видна: %s", self._source.name)
            self.link = Link.ALIVE
            self._on_change(True)

    def _lost(self, error: Exception) -> None:
        self.last_error = redact(error)
        self._step_s = 0.0
        if self.link is Link.LOST:
            log.debug("камеры всё ещё нет: %s", self.last_error)
            return
        self.link = Link.LOST
        log.warning("камера потеряна: %s", self.last_error)
        self._on_change(False)

    def _wait(self, pause_s: float, stop: threading.Event) -> None:
        until = self._clock() + pause_s
        while (left_s := until - self._clock()) > 0 and not stop.wait(min(left_s, _BEAT_S)):
            self._beat()
