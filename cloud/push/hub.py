"""The hub: one per server process; it hands notices to the mailboxes of open streams.

It lives on the event loop; only `publish` and `tell` may be called from any thread. While its carrier hears nothing, a
lookout finds what gates must know (ADR 179).
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from sqlalchemy.exc import SQLAlchemyError

from cloud.push.carriers.local import LocalCarrier
from cloud.push.carriers.seam import Carrier
from cloud.push.lookout import Lookout
from cloud.push.notices import Audience, Missed, Notice, PassesChanged, SentAway, Topic, topic_of

MAILBOXES = 4
"""How many streams one gate may have open."""
MAILBOX = 256
"""How many notices a mailbox holds; a slower reader gets `Missed` instead."""
LOOK_S = 1.0
"""How often a hub that hears nothing looks."""
BLIND_S = 20.0
"""After this long without hearing or seeing anything, streams here are useless: their gates should poll, or go elsewhere."""
log = logging.getLogger(__name__)


class Mailbox:
    """Notices waiting for one stream. Bounded: on overflow all of them are replaced by one `Missed`."""

    def __init__(self) -> None:
        self._waiting: deque[Notice] = deque()
        self._filled = asyncio.Event()

    def put(self, notice: Notice) -> None:
        if isinstance(notice, PassesChanged):  # a later change of the list includes the earlier ones
            self._waiting = deque(other for other in self._waiting if not isinstance(other, PassesChanged))
        if len(self._waiting) >= MAILBOX:
            self._waiting.clear()
            notice = Missed()
        self._waiting.append(notice)
        self._filled.set()

    async def get(self, *, timeout_s: float) -> Notice | None:
        """The next notice; None if none came in time."""
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
    """The mailboxes by topic. `start` and `stop` belong to the server's lifespan."""

    def __init__(self, carrier: Carrier | None = None, *, room: int = 2**31, lookout: Lookout | None = None) -> None:
        """`room`: streams this process can hold at once. Without a `lookout`, a hub that hears nothing cannot look either."""
        self._carrier = carrier or LocalCarrier()
        self._lookout = lookout
        self._lost = asyncio.Event()
        self._blind = False
        self._looking: asyncio.Task[None] | None = None
        self._room = room
        self._open = 0
        self._boxes: dict[Topic, dict[Mailbox, None]] = {}  # ordered: oldest first
        self._loop: asyncio.AbstractEventLoop | None = None
        self.stopping = False

    async def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.stopping = False
        await self._carrier.start(self.publish)
        self._blind = False
        self._lost = asyncio.Event()
        self._heed()
        if self._lookout is not None:
            self._looking = self._loop.create_task(self._keep_looking(self._lookout))

    async def stop(self) -> None:
        """Wake every stream, so that it sees `stopping` and ends."""
        self.stopping = True
        self.deliver(Missed())
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
            self._looking = None
        await self._carrier.stop()
        self._loop = None

    @asynccontextmanager
    async def mailbox(self, *topics: Topic) -> AsyncIterator[Mailbox]:
        """A mailbox that gets every notice of `topics` sent by any worker while the block lasts."""
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

    def crowd(self, topic: Topic) -> None:
        """Make room for one more mailbox of `topic`: if there are too many, the oldest are sent away.

        When a gate's mobile network fails, its old streams look alive for a quarter of an hour.
        """
        boxes = tuple(self._boxes.get(topic, ()))
        for box in boxes[: max(0, len(boxes) - MAILBOXES + 1)]:
            box.put(SentAway())

    def tell(self, notices: Sequence[Notice]) -> None:
        """Send notices of a commit to every worker; from any thread."""
        self._carrier.tell(notices)

    def publish(self, notice: Notice) -> None:
        """Deliver a notice in this worker; from any thread, also while the server is not running."""
        loop = self._loop
        if loop is None:
            return
        try:
            loop.call_soon_threadsafe(self.deliver, notice)
        except RuntimeError:  # the loop was closed meanwhile: nobody is left to tell
            return

    def deliver(self, notice: Notice) -> None:
        """Like `publish`, but called on the loop itself."""
        if isinstance(notice, Missed):
            self._heed()
        # Each box gets the notice once, even if it listens to several matching topics.
        for box in dict.fromkeys(box for topic in self._topics(notice) for box in self._boxes.get(topic, ())):
            box.put(notice)

    @property
    def full(self) -> bool:
        """Whether there is no room for another stream: the rest is needed for everything else in the process."""
        return self._open >= self._room

    @property
    def hearing(self) -> bool:
        """Whether notices of other workers reach this hub."""
        return self._carrier.hearing

    @property
    def serves(self) -> bool:
        """Whether a stream here gets what its gate must know, at once or soon after."""
        return self.hearing or (self._lookout is not None and not self._blind)

    @property
    def well(self) -> bool:
        """Whether the hub works or can recover by itself; false if its carrier or its lookout task is dead."""
        return self._carrier.well and (self._looking is None or not self._looking.done())

    def _heed(self) -> None:
        if self.hearing:
            return
        self._lost.set()
        if self._lookout is None:
            self.deliver(SentAway())

    async def _keep_looking(self, lookout: Lookout) -> None:
        while True:
            await self._lost.wait()
            self._lost.clear()
            lookout.begin()
            await self._look(lookout)

    async def _look(self, lookout: Lookout) -> None:
        """Look until the carrier hears again; the carrier then delivers `Missed` to everybody."""
        loop = asyncio.get_running_loop()
        seen_at, self._blind = loop.time(), False
        await asyncio.sleep(LOOK_S)
        while not self.hearing:
            gates, places = self._watched(Audience.GATE), self._watched(Audience.TERRITORY)
            looking = asyncio.ensure_future(asyncio.to_thread(lookout.look, gates, places))
            await asyncio.wait({looking}, timeout=max(0.0, seen_at + BLIND_S - loop.time()))
            if not looking.done():
                self._send_away()
            try:
                found = await looking
            except SQLAlchemyError:
                if loop.time() - seen_at >= BLIND_S:
                    self._send_away()
            else:
                seen_at, self._blind = loop.time(), False
                for notice in found:
                    self.deliver(notice)
            await asyncio.sleep(LOOK_S)
        self._blind = False

    def _watched(self, audience: Audience) -> list[int]:
        return [topic.id for topic in self._boxes if topic.audience is audience]

    def _send_away(self) -> None:
        if not self._blind:
            self._blind = True
            log.warning("push: neither heard nor seen for %.0f s; gates fall back to polling", BLIND_S)
            self.deliver(SentAway())

    def _topics(self, notice: Notice) -> tuple[Topic, ...]:
        topic = topic_of(notice)
        return tuple(self._boxes) if topic is None else (topic,)
