"""The controller's queue: every event in order, but only the latest few frames.

A full queue must drop old frames, not new ones, and never a button press.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass

from camera.frame import Frame
from core.events import Event, FrameRead

MOST_PICTURES = 8


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """One event, and the frame it came from."""

    event: Event
    frame: Frame | None = None


class Inbox:
    """Filled by any thread, emptied by the controller."""

    def __init__(self) -> None:
        self._ready = threading.Condition()
        self._items: deque[Item] = deque()
        self._pictures = 0
        self.dropped = 0

    def put(self, event: Event, frame: Frame | None = None) -> None:
        with self._ready:
            if isinstance(event, FrameRead):
                self._pictures += 1
                if self._pictures > MOST_PICTURES:
                    self._drop_oldest_picture()
            self._items.append(Item(event, frame))
            self._ready.notify()

    def take(self, timeout_s: float) -> Item | None:
        """The oldest event, or None if none came in time."""
        with self._ready:
            self._ready.wait_for(lambda: bool(self._items), timeout_s)
            if not self._items:
                return None
            item = self._items.popleft()
            self._pictures -= isinstance(item.event, FrameRead)
            return item

    def __len__(self) -> int:
        with self._ready:
            return len(self._items)

    def _drop_oldest_picture(self) -> None:
        oldest = next(item for item in self._items if isinstance(item.event, FrameRead))
        self._items.remove(oldest)
        self._pictures -= 1
        self.dropped += 1
