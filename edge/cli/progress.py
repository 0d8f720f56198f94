"""Progress of a long command: one line on a terminal's stderr, after the first two seconds. Nothing in a pipe."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self, TextIO

from edge.language import say
from edge.words import span

QUIET_S = 2.0
"""A command that finishes sooner needs no line."""
EVERY_S = 0.2
_WIDTH = 24
_CLEAR = "\r\033[K"


class Progress:
    """Call `at(done)` as often as you like, and `aside()` before anything else is printed. Not thread-safe."""

    def __init__(
        self,
        what: str,
        *,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._what = what
        self._stream = sys.stderr if stream is None else stream
        self._clock = clock
        self._began = clock()
        self._next = self._began + QUIET_S
        self._shown = False

    def at(self, done: float, whole: float) -> None:
        """`done` of `whole`, in any unit. A `whole` of zero, or less than `done`, means that the total is unknown."""
        now = self._clock()
        if now < self._next or not self._stream.isatty():
            return
        self._next = now + EVERY_S
        self._stream.write(_CLEAR + line(self._what, done, whole, now - self._began))
        self._stream.flush()
        self._shown = True

    def aside(self) -> None:
        """Remove the line; the next `at` shows it again."""
        if self._shown:
            self._stream.write(_CLEAR)
            self._stream.flush()
            self._shown = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.aside()


class Steps:
    """Steps of unknown length: each is printed as it begins, and below it a line says for how long it has been going."""

    def __init__(
        self,
        out: TextIO,
        *,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
        every_s: float = EVERY_S,
    ) -> None:
        self._out = out
        self._stream = stream
        self._clock = clock
        self._every_s = every_s
        self._lock = threading.Lock()
        self._progress: Progress | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="progress", daemon=True)

    def begin(self, text: str) -> None:
        with self._lock:
            self._aside()
            print(f"  {text}", file=self._out, flush=True)
            self._progress = Progress(f"  {say('идёт уже')}", stream=self._stream, clock=self._clock)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join()
        self._aside()

    def _aside(self) -> None:
        if self._progress is not None:
            self._progress.aside()

    def _run(self) -> None:
        while not self._stop.wait(self._every_s):
            with self._lock:
                if self._progress is not None:
                    self._progress.at(0, 0)


def line(what: str, done: float, whole: float, took_s: float) -> str:
    """The text of the line. The remaining time is shown once a twentieth is done."""
    if not 0 < done <= whole:
        return f"{what}: {span(took_s)}"
    share = done / whole
    full = round(share * _WIDTH)
    bar = "█" * full + "░" * (_WIDTH - full)
    if share < 0.05:
        return f"{what} {bar} {share:4.0%}"
    left = span(took_s * (1 - share) / share)
    return say("{what} {bar} {share}, осталось {left}", what=what, bar=bar, share=f"{share:4.0%}", left=left)
