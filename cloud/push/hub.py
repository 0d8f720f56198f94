"""The hub: one per server process, hands notices to the mailboxes of open streams.

It lives on the event loop; `publish` alone may be called from any thread.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

from cloud.push.notices import CommandIssued, EventArrived, GateRevoked, HealthArrived, Missed, Notice, PassesChanged

Topic = tuple[str, int]
MAILBOXES = 4
"""Streams one gate may have open."""
MAILBOX = 256
"""Notices a mailbox holds; a reader slower than that is told `Missed` instead."""


def gate_topic(gate_id: int) -> Topic:
    return ("gate", gate_id)


def territory_topic(territory_id: int) -> Topic:
    return ("territory", territory_id)


class Mailbox:
    """Notices waiting for one stream. Bounded: what does not fit becomes one `Missed`."""

    def __init__(self) -> None:
        self._waiting: deque[Notice] = deque()
        self._filled = asyncio.Event()

    def put(self, notice: Notice) -> None:
        if isinstance(notice, PassesChanged):  # a later change of the list says all that an earlier one did
            self._waiting = deque(other for other in self._waiting if not isinstance(other, PassesChanged))
        if len(self._waiting) >= MAILBOX:
            self._waiting.clear()
            notice = Missed()
        self._waiting.append(notice)
        self._filled.set()

    async def get(self, *, timeout_s: float) -> Notice | None:
        """The next notice; None when nothing came in time."""
        if not self._waiting:
            try:
                await asyncio.wait_for(self._filled.wait(), timeout_s)
            except TimeoutError:
                return None
        notice = self._waiting.popleft()
        if not self._waiting:
            self._filled.clear()
        return notice

    async def __aiter__(self) -> AsyncIterator[Notice | None]:
        while True:
            yield await self.get(timeout_s=15.0)


class Hub:
    """Who listens to what. `start` and `stop` belong to the server's lifespan."""

    def __init__(self) -> None:
        self._boxes: dict[Topic, dict[Mailbox, None]] = {}  # ordered: oldest first
        self._loop: asyncio.AbstractEventLoop | None = None
        self.stopping = False

    async def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.stopping = False

    async def stop(self) -> None:
        """Wake every stream, so that it sees `stopping` and ends."""
        self.stopping = True
        self.deliver(Missed())
        self._loop = None

    @contextmanager
    def mailbox(self, *topics: Topic) -> Iterator[Mailbox]:
        """A mailbox that gets every notice of `topics` while the block lasts."""
        box = Mailbox()
        for topic in topics:
            self._boxes.setdefault(topic, {})[box] = None
        try:
            yield box
        finally:
            for topic in topics:
                boxes = self._boxes[topic]
                del boxes[box]
                if not boxes:
                    del self._boxes[topic]

    def crowd(self, topic: Topic) -> None:
        """Make room for one more mailbox of `topic`: the oldest of too many is told `Missed`, and so ends.

        A gate whose mobile network dies leaves streams that look alive for a quarter of an hour.
        """
        boxes = tuple(self._boxes.get(topic, ()))
        for box in boxes[: max(0, len(boxes) - MAILBOXES + 1)]:
            box.put(Missed())

    def publish(self, notice: Notice) -> None:
        """Hand a notice out; from any thread, also when the server is not (or no longer) running."""
        loop = self._loop
        if loop is None:
            return
        try:
            loop.call_soon_threadsafe(self.deliver, notice)
        except RuntimeError:  # the loop closed between the two lines: nobody is left to tell
            return

    def deliver(self, notice: Notice) -> None:
        """As `publish`, on the loop itself."""
        for topic in self._topics(notice):
            for box in tuple(self._boxes.get(topic, ())):
                box.put(notice)

    @property
    def open_mailboxes(self) -> int:
        return len({box for boxes in self._boxes.values() for box in boxes})

    @property
    def well(self) -> bool:
        """Whether notices reach this hub."""
        return True

    def _topics(self, notice: Notice) -> tuple[Topic, ...]:
        match notice:
            case PassesChanged(territory_id=territory_id) | EventArrived(territory_id=territory_id):
                return (territory_topic(territory_id),)
            case HealthArrived(territory_id=territory_id):
                return (territory_topic(territory_id),)
            case CommandIssued(gate_id=gate_id) | GateRevoked(gate_id=gate_id):
                return (gate_topic(gate_id),)
            case Missed():
                return tuple(self._boxes)
