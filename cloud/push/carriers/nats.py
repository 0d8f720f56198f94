"""A carrier over NATS: each topic is a subject, and a worker subscribes only to the topics of its own streams.

Plain subjects, no JetStream: a notice is a hint that is worthless a minute later, and a worker that was disconnected
delivers `Missed`, so that its streams read the database.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import suppress

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error, SlowConsumerError

from cloud.push.carriers.seam import Deliver
from cloud.push.notices import Audience, Missed, Notice, Topic, parsed, topic_of, written

CONNECT_S = 5
ANSWER_S = 5
RETRY_S = 0.25
"""Hints are delayed by at most this long beyond the server's outage; four tries a second per worker are cheap."""
PING_S, PINGS = 10, 2
"""A server that disappears silently is noticed within half a minute."""
AGAIN_S, AGAIN = 30.0, 1000
"""Notices sent to a server that died may be lost. Up to `AGAIN` of the last `AGAIN_S` that concern gates are sent again."""
log = logging.getLogger(__name__)


def subject_of(topic: Topic) -> str:
    return f"okter.{topic.audience}.{topic.id}"


class NatsCarrier:
    """`Carrier` over NATS; `servers` is one URL, or several separated by commas. Lives on the event loop."""

    well = True

    def __init__(self, servers: str) -> None:
        self._servers = servers.split(",")
        self._client = Client()
        self._wanted: Counter[Topic] = Counter()
        self._subscriptions: dict[Topic, Subscription] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._deliver: Deliver | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lost = False
        self._lost_at = 0.0
        self._recent: deque[tuple[float, Notice]] = deque(maxlen=AGAIN)
        """Notices sent, with their time by the loop's clock."""
        self._this_question: asyncio.Task[None] | None = None
        self._next_question: asyncio.Task[None] | None = None
        """One is on its way; those who subscribed since wait for the next."""
        self._turn = asyncio.Lock()
        """Two streams that want the same topic at once make only one subscription."""

    async def start(self, deliver: Deliver) -> None:
        self._deliver, self._loop = deliver, asyncio.get_running_loop()
        self._client = Client()
        first = self._loop.create_task(self._connect())
        self._keep(first)
        await asyncio.wait({first}, timeout=CONNECT_S)

    async def stop(self) -> None:
        self._loop = None
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with suppress(Error, OSError):  # there may be no server to say goodbye to
            await self._client.close()
        self._subscriptions.clear()

    async def listen(self, topic: Topic) -> None:
        self._wanted[topic] += 1
        if self.hearing:
            await self._subscribe(topic)

    def unlisten(self, topic: Topic) -> None:
        self._wanted[topic] -= 1
        if self._wanted[topic] > 0:
            return
        del self._wanted[topic]
        subscription = self._subscriptions.pop(topic, None)
        if subscription is not None and self._loop is not None:
            self._keep(self._loop.create_task(_unsubscribe(subscription)))

    @property
    def hearing(self) -> bool:
        return self._client.is_connected

    def tell(self, notices: Sequence[Notice]) -> None:
        loop = self._loop
        if loop is None:
            return
        try:
            loop.call_soon_threadsafe(self._tell_soon, tuple(notices))
        except RuntimeError:  # the loop was closed meanwhile
            return

    # -- the event loop ----------------------------------------------------------------------------------------

    async def _connect(self) -> None:
        """Make the first connection. The client makes later ones by itself and restores its subscriptions."""
        while True:
            try:
                await self._client.connect(
                    self._servers,
                    name="okter",
                    connect_timeout=CONNECT_S,
                    reconnect_time_wait=RETRY_S,  # type: ignore[arg-type]  # passed to sleep: need not be an int
                    max_reconnect_attempts=-1,
                    ping_interval=PING_S,
                    max_outstanding_pings=PINGS,
                    disconnected_cb=self._disconnected,
                    reconnected_cb=self._reconnected,
                    error_cb=self._failed,
                )
                break
            except (TimeoutError, Error, OSError) as error:
                self._say_lost(error)
                await asyncio.sleep(RETRY_S)
        if self._lost:
            await self._reconnected()
        else:
            await self._subscribe_all()

    async def _subscribe_all(self) -> None:
        """Subscribe to topics wanted while there was no connection; the client restores earlier subscriptions itself."""
        await self._subscribe(*(topic for topic in self._wanted if topic not in self._subscriptions))

    async def _subscribe(self, *topics: Topic) -> None:
        """Subscribe; returns once the server has processed it. The server answers in the order of requests."""
        try:
            for topic in topics:
                async with self._turn:
                    await self._ask_for(topic)
            await self._taken_up()
        except (TimeoutError, Error, OSError) as error:
            self._say_lost(error)

    async def _taken_up(self) -> None:
        """Return once the server has processed what was subscribed to so far.

        All who wait while a question is on its way share the next one: when thousands of streams begin at once, each
        with two topics, questions of their own would cost more than the subscriptions.
        """
        if self._next_question is None:
            self._next_question = asyncio.create_task(self._question(self._this_question))
            self._next_question.add_done_callback(
                lambda done: done.cancelled() or done.exception()
            )  # seen, if all left
        await asyncio.shield(self._next_question)

    async def _question(self, before: asyncio.Task[None] | None) -> None:
        if before is not None and not before.done():
            await asyncio.wait({before})
        self._this_question, self._next_question = self._next_question, None
        # The client sends a ping ahead of the buffer that may still hold the subscription. The first answer means
        # that the buffer was sent, the second that the server has read it.
        await self._client.flush(ANSWER_S)
        await self._client.flush(ANSWER_S)

    async def _ask_for(self, topic: Topic) -> None:
        if topic in self._subscriptions:
            return
        made = await self._client.subscribe(subject_of(topic), cb=self._on_message)
        if self._wanted[topic] > 0:
            self._subscriptions[topic] = made
        else:  # no longer wanted
            await made.unsubscribe()

    async def _on_message(self, message: Msg) -> None:
        notice = parsed(message.data.decode(errors="replace"))
        if notice is not None:
            self._hand_out(notice)

    def _tell_soon(self, notices: tuple[Notice, ...]) -> None:
        if self._loop is not None:
            self._keep(self._loop.create_task(self._tell(notices)))

    async def _tell(self, notices: tuple[Notice, ...]) -> None:
        try:
            for notice in notices:
                topic = topic_of(notice)
                if topic is not None:
                    self._recent.append((asyncio.get_running_loop().time(), notice))
                    await self._client.publish(subject_of(topic), written(notice).encode())
        except (Error, OSError) as error:  # others see it at their next look; `Missed` follows on reconnection
            self._say_lost(error)

    async def _disconnected(self) -> None:
        if self._loop is not None:
            self._lost_at = self._loop.time()
            self._say_lost(None)
            self._hand_out(Missed())

    async def _reconnected(self) -> None:
        self._lost = False
        log.info("push: NATS is there again")
        await self._subscribe_all()
        # Only now, with all topics subscribed: a stream that reads the database after this misses nothing.
        self._hand_out(Missed())
        self._tell_soon(tuple(self._told_into_the_loss()))

    def _told_into_the_loss(self) -> Iterator[Notice]:
        """Notices for gates sent from shortly before the server was lost until now. Hints may arrive twice."""
        recent, self._recent = self._recent, deque(maxlen=AGAIN)
        for at, notice in recent:
            topic = topic_of(notice)
            wanted = topic is not None and topic.audience in {Audience.GATE, Audience.TERRITORY}
            if wanted and at >= self._lost_at - AGAIN_S:
                yield notice

    async def _failed(self, error: Exception) -> None:
        if isinstance(error, SlowConsumerError):
            self._hand_out(Missed())

    def _say_lost(self, error: BaseException | None) -> None:
        if not self._lost:
            self._lost = True
            log.warning(
                "push: NATS lost (%s); until it is back each worker looks for itself",
                type(error).__name__ if error else "cut off",
            )

    def _hand_out(self, notice: Notice) -> None:
        if self._deliver is not None:
            self._deliver(notice)

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _unsubscribe(subscription: Subscription) -> None:
    try:
        await subscription.unsubscribe()
    except (Error, OSError):  # the connection was lost first
        return
