"""The hub: one per server process, hands notices to the mailboxes of open streams.

It lives on the event loop; `publish` alone may be called from any thread.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from cloud.push.carriers.local import LocalCarrier
from cloud.push.carriers.seam import Carrier
from cloud.push.notices import Audience, Missed, Notice, PassesChanged, Topic, topic_of

MAILBOXES = 4
"""Streams one gate may have open."""
MAILBOX = 256
"""Notices a mailbox holds; a reader slower than that is told `Missed` instead."""


DEAF = Topic(Audience.TERRITORY, 0)
"""Of those who wait until the hub hears again: no notice has it, no carrier is asked for it."""


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

    def __init__(self, carrier: Carrier | None = None, *, room: int = 2**31) -> None:
        """`room`: streams that this process can hold at once."""
        self._carrier = carrier or LocalCarrier()
        self._room = room
        self._open = 0
        self._boxes: dict[Topic, dict[Mailbox, None]] = {}  # ordered: oldest first
        self._loop: asyncio.AbstractEventLoop | None = None
        self.stopping = False

    async def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.stopping = False
        await self._carrier.start(self.publish)

    async def stop(self) -> None:
        """Wake every stream, so that it sees `stopping` and ends."""
        self.stopping = True
        self.deliver(Missed())
        await self._carrier.stop()
        self._loop = None

    @asynccontextmanager
    async def mailbox(self, *topics: Topic) -> AsyncIterator[Mailbox]:
        """A mailbox that gets every notice of `topics` that is told while the block lasts, at any worker."""
        box = Mailbox()
        self._open += 1
        for topic in topics:
            self._boxes.setdefault(topic, {})[box] = None
        asked = []
        try:
            for topic in topics:
                asked.append(topic)
                await self._carrier.listen(topic)
            yield box
        finally:
            self._open -= 1
            for topic in asked:
                self._carrier.unlisten(topic)
            for topic in topics:
                boxes = self._boxes[topic]
                del boxes[box]
                if not boxes:
                    del self._boxes[topic]

    async def hears(self, *, within_s: float) -> bool:
        """Whether what other workers tell reaches this hub; when it does not, wait so long until it does again."""
        loop = asyncio.get_running_loop()
        ends, box = loop.time() + within_s, Mailbox()
        self._open += 1
        self._boxes.setdefault(DEAF, {})[box] = None
        try:
            # Whoever hears again says `Missed`, to every box.
            while not self.hearing and not self.stopping and (left_s := ends - loop.time()) > 0:
                await box.get(timeout_s=left_s)
        finally:
            self._open -= 1
            del self._boxes[DEAF][box]
            if not self._boxes[DEAF]:
                del self._boxes[DEAF]
        return self.hearing

    def crowd(self, topic: Topic) -> None:
        """Make room for one more mailbox of `topic`: the oldest of too many is told `Missed`, and so ends.

        A gate whose mobile network dies leaves streams that look alive for a quarter of an hour.
        """
        boxes = tuple(self._boxes.get(topic, ()))
        for box in boxes[: max(0, len(boxes) - MAILBOXES + 1)]:
            box.put(Missed())

    def tell(self, notices: Sequence[Notice]) -> None:
        """Tell every worker what has just been committed; from any thread."""
        self._carrier.tell(notices)

    def publish(self, notice: Notice) -> None:
        """Hand a notice out in this worker; from any thread, also when the server is not (or no longer) running."""
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
    def full(self) -> bool:
        """Whether one more stream would take what the process needs for everything else."""
        return self._open >= self._room

    @property
    def hearing(self) -> bool:
        """Whether what other workers tell reaches this hub."""
        return self._carrier.hearing

    @property
    def well(self) -> bool:
        """Whether it will again, if it does not."""
        return self._carrier.well

    def _topics(self, notice: Notice) -> tuple[Topic, ...]:
        topic = topic_of(notice)
        return tuple(self._boxes) if topic is None else (topic,)
