"""`[web_push]` as it stands in the file now: it is live (ADR 206), so the page must not go on by what it began with."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path

from core.errors import GateError
from edge.config import GateConfig, load
from edge.neighbours.settings import WebPushSettings


class NoticesNow:
    """Reads the file again once it has changed. From any thread; a file that does not parse changes nothing."""

    def __init__(self, config: GateConfig) -> None:
        self._file = config.file
        self._settings = config.web_push
        self._seen = _mark(self._file)
        self._lock = threading.Lock()

    @property
    def settings(self) -> WebPushSettings:
        mark = _mark(self._file)
        with self._lock:
            if mark is not None and mark != self._seen:
                self._seen = mark
                with contextlib.suppress(GateError):  # the gate goes on with what it has, too
                    self._settings = load(self._file).web_push
            return self._settings

    @property
    def on(self) -> bool:
        return self.settings.on


def _mark(file: Path) -> tuple[int, int, int] | None:
    """What tells one state of the file from another; None if it cannot be looked at."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
