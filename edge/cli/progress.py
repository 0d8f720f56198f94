"""How far a long command has come: one line on a terminal's stderr, from the third second on; in a pipe, nothing."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self, TextIO

from edge.language import say
from edge.words import span

QUIET_S = 2.0
"""What is over sooner needs no line."""
EVERY_S = 0.2
_WIDTH = 24
_CLEAR = "\r\033[K"


class Progress:
    """`at(done)` as often as one likes; `aside()` before anything else is printed. Not for several threads."""

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
        """`done` of `whole`, in whatever unit; a `whole` of nothing, or less than `done`, is not known."""
        now = self._clock()
        if now < self._next or not self._stream.isatty():
            return
        self._next = now + EVERY_S
        self._stream.write(_CLEAR + line(self._what, done, whole, now - self._began))
        self._stream.flush()
        self._shown = True

    def aside(self) -> None:
        """Take the line away; the next `at` brings it back."""
        if self._shown:
            self._stream.write(_CLEAR)
            self._stream.flush()
            self._shown = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.aside()


def line(what: str, done: float, whole: float, took_s: float) -> str:
    """What stands there; how long it will take is told once a twentieth is done."""
    if not 0 < done <= whole:
        return f"{what}: {span(took_s)}"
    share = done / whole
    full = round(share * _WIDTH)
    bar = "█" * full + "░" * (_WIDTH - full)
    if share < 0.05:
        return f"{what} {bar} {share:4.0%}"
    left = span(took_s * (1 - share) / share)
    return say("{what} {bar} {share}, осталось {left}", what=what, bar=bar, share=f"{share:4.0%}", left=left)
