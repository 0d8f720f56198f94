"""Watches a camera's small stream while the large one rests, and tells whether the lane is calm. Has its own thread."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable

from camera.errors import CameraError
from camera.motion import MotionGate
from camera.settings import CameraSettings
from camera.shrink import thumbnail
from camera.source import FrameSource
from core.errors import FileUnusable

CALM_AFTER_S = 1.0
"""Seconds without motion in the small picture after which the lane is calm."""
STALE_S = 1.0
"""A small picture older than this says nothing."""

_TURN_S = 0.5

log = logging.getLogger(__name__)


class Lookout:
    """Looks at every picture of `source`. While there are none, the lane does not count as calm."""

    def __init__(
        self, source: FrameSource, *, settings: CameraSettings, clock: Callable[[], float] = time.monotonic
    ) -> None:
        left, top, right, bottom = settings.zone if not settings.rotate else (0.0, 0.0, 1.0, 1.0)
        self._source = source
        self._zone = (left, top, right, bottom)
        self._settings = settings
        self._clock = clock
        self._moved_at = math.inf
        self._seen_at = -math.inf
        self._stop = threading.Event()
        self._turn = threading.Lock()
        """Held by the thread that uses the source: a native read may outlive its thread's time."""

    def calm(self) -> bool:
        """Whether the small stream shows that nothing moves. May be called from any thread."""
        now = self._clock()
        return now - self._seen_at <= STALE_S and now - self._moved_at >= CALM_AFTER_S

    def start(self) -> None:
        self.stop()
        self._stop = threading.Event()
        # A native read can hang, so this is a daemon that nobody waits for.
        threading.Thread(target=self.run, args=(self._stop,), name="lookout", daemon=True).start()

    def stop(self) -> None:
        self._stop.set()

    def run(self, stop: threading.Event) -> None:
        """Watches until `stop` is set. A lost stream is retried with backoff."""
        while not self._turn.acquire(timeout=_TURN_S):
            if stop.is_set():
                return
        try:
            self._run(stop)
        finally:
            self._turn.release()

    def _run(self, stop: threading.Event) -> None:
        pause_s = self._settings.reconnect_min_s
        while not stop.is_set():
            try:
                self._source.open()
                self._watch(stop)
            except (CameraError, FileUnusable) as error:
                seen = self._seen_at > -math.inf
                (log.warning if seen or pause_s == self._settings.reconnect_min_s else log.debug)(
                    "малый поток не идёт, смотрю большой: %s", error
                )
                if seen:
                    pause_s = self._settings.reconnect_min_s
            finally:
                self._seen_at = -math.inf
                self._source.close()
            stop.wait(pause_s)
            pause_s = min(2 * pause_s, self._settings.reconnect_max_s)

    def _watch(self, stop: threading.Event) -> None:
        gate = MotionGate(
            zone=self._zone,
            motion_fraction=self._settings.motion_fraction,
            vehicle_fraction=self._settings.vehicle_fraction,
        )
        while not stop.is_set() and (frame := self._source.read()) is not None:
            seen = gate.look(thumbnail(frame.bgr), frame.captured, size=frame.size, keep=False)
            if seen.moving or seen.vehicle is not None:
                self._moved_at = frame.captured
            self._seen_at = frame.captured
