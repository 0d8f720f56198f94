"""The running gate's plate reader: if it fails, plates are not read, but vehicles are still noticed.

Exits then open by presence and entries by the button, and opening the networks is retried. Used by the vision thread.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from camera.frame import Frame
from camera.reader import PlateReader
from core.errors import GateError
from core.reading.reads import PlateRead
from edge.runtime.alarms import Alarms, Fault

AGAIN_S = 30.0

log = logging.getLogger(__name__)


class SteadyReader:
    """`camera.reader.PlateReader` that never raises."""

    def __init__(
        self, open_reader: Callable[[], PlateReader], *, alarms: Alarms, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._open = open_reader
        self._alarms = alarms
        self._clock = clock
        self._reader: PlateReader | None = None
        self._open_at = clock()

    def start(self) -> None:
        """Open the networks now, so that the first frame need not wait. A failure raises an alarm, no exception."""
        try:
            self._reader = self._open()
        except Exception as error:  # noqa: BLE001 - whatever is wrong with the networks, exits must still open
            self._failed(error)

    def read(self, frame: Frame) -> tuple[PlateRead, ...]:
        """The plates that can be read; none while the networks fail."""
        try:
            if self._reader is None:
                if self._clock() < self._open_at:
                    return ()
                self._reader = self._open()
            plates = self._reader.read(frame)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with the networks, exits must still open
            self._failed(error)
            return ()
        self._alarms.clear(Fault.VISION_DEAD)
        return plates

    def _failed(self, error: Exception) -> None:
        self._reader = None
        self._open_at = self._clock() + AGAIN_S
        if not isinstance(error, GateError):
            log.error("распознавание: непредвиденная ошибка", exc_info=error)
        self._alarms.set(Fault.VISION_DEAD, str(error) or type(error).__name__)
