"""Passes one value between two threads: the newest wins, the others are counted."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

T = TypeVar("T")


class LatestSlot(Generic[T]):
    """Hands the newest value from one thread to another; a value not taken in time is dropped.

    At a gate only the newest picture matters: a queue would show a car that has already gone.
    """

    def __init__(self) -> None:
        self._ready = threading.Condition()
        self._value: T | None = None
        self._dropped = 0

    def put(self, value: T) -> None:
        """Stores `value`, replacing one that was not taken."""
        with self._ready:
            if self._value is not None:
                self._dropped += 1
            self._value = value
            self._ready.notify()

    def take(self, timeout_s: float) -> T | None:
        """Takes the newest value, waiting up to `timeout_s` seconds for one; None if none came."""
        with self._ready:
            self._ready.wait_for(lambda: self._value is not None, timeout_s)
            value, self._value = self._value, None
            return value

    @property
    def dropped(self) -> int:
        """How many values were replaced before they were taken."""
        with self._ready:
            return self._dropped
