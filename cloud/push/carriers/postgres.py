"""A carrier over PostgreSQL's NOTIFY and LISTEN, in separate transactions.

A transaction with NOTIFY holds a database-wide lock while it commits, including the wait for the disk. Inside the
transactions that store events this serialized all of them. So one connection notifies afterwards, for everything queued:
its commit writes nothing and holds the lock for microseconds.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import Counter, deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import psycopg

from cloud.db.engine import conninfo
from cloud.push.carriers.seam import Deliver
from cloud.push.notices import Audience, Missed, Notice, Topic, parsed, topic_of, written

CHANNELS = 64
"""Number of channels per kind, shared by topics: PostgreSQL scans all channels of a connection at each notification."""
LISTEN_S = 0.05
"""How long a new stream may wait until its channel is listened to."""
RETRY_S = 0.5
STOP_S = 10.0
MOST_WAITING = 10_000
TELL = "SELECT pg_notify(channel, payload) FROM unnest(%s::text[], %s::text[]) AS told (channel, payload)"
log = logging.getLogger(__name__)


def channel_of(topic: Topic) -> str:
    """Gates and territories share channels. Topics only for pages have others, so that workers without pages are spared."""
    kind = "push" if topic.audience in {Audience.GATE, Audience.TERRITORY} else topic.audience
    return f"okter_{kind}_{topic.id % CHANNELS}"


class PostgresCarrier:
    """`Carrier` over a database. Owns the threads `push-listen` and `push-tell`."""

    def __init__(self, url: str) -> None:
        self._conninfo = conninfo(url)
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._wanted: Counter[str] = Counter()
        """Number of listeners by channel."""
        self._heard: set[str] = set()
        self._asked: list[Callable[[], None]] = []
        """Callbacks to call once all wanted channels are listened to."""
        self._told: deque[Notice] = deque(maxlen=MOST_WAITING)
        self._wake = threading.Event()
        self._connected = threading.Event()
        self._threads: list[threading.Thread] = []
        self._deliver: Deliver = _nobody

    # -- the event loop ----------------------------------------------------------------------------------------

    async def start(self, deliver: Deliver) -> None:
        self._deliver = deliver
        self._stopped.clear()
        self._threads = [
            threading.Thread(target=self._keep_listening, name="push-listen", daemon=True),
            threading.Thread(target=self._keep_telling, name="push-tell", daemon=True),
        ]
        for thread in self._threads:
            thread.start()
        await asyncio.to_thread(self._connected.wait, STOP_S)

    async def stop(self) -> None:
        self._stopped.set()
        self._wake.set()
        for thread in self._threads:
            await asyncio.to_thread(thread.join, STOP_S)

    async def listen(self, topic: Topic) -> None:
        loop = asyncio.get_running_loop()
        done = loop.create_future()
        with self._lock:
            channel = channel_of(topic)
            self._wanted[channel] += 1
            if channel in self._heard or not self._connected.is_set():
                return
            self._asked.append(partial(_resolve_soon, loop, done))
        await done

    def unlisten(self, topic: Topic) -> None:
        with self._lock:
            self._wanted[channel_of(topic)] -= 1

    @property
    def hearing(self) -> bool:
        return self._connected.is_set()

    @property
    def well(self) -> bool:
        return self._stopped.is_set() or all(thread.is_alive() for thread in self._threads)

    # -- any thread --------------------------------------------------------------------------------------------

    def tell(self, notices: Sequence[Notice]) -> None:
        self._told.extend(notices)
        self._wake.set()

    # -- push-tell ---------------------------------------------------------------------------------------------

    def _keep_telling(self) -> None:
        while not self._stopped.is_set():
            try:
                with self._connection() as connection:
                    self._tell_all(connection)
            except psycopg.Error:
                self._stopped.wait(RETRY_S)

    def _tell_all(self, connection: psycopg.Connection[Any]) -> None:
        while True:
            while batch := list(self._told):
                addressed = [(topic, notice) for notice in batch if (topic := topic_of(notice)) is not None]
                channels = [channel_of(topic) for topic, _ in addressed]
                connection.execute(TELL, (channels, [written(notice) for _, notice in addressed]))
                for _ in batch:  # notices queued meanwhile are behind these
                    self._told.popleft()
            if self._stopped.is_set():
                return
            self._wake.wait()
            self._wake.clear()

    # -- push-listen -------------------------------------------------------------------------------------------

    def _keep_listening(self) -> None:
        lost = False
        while not self._stopped.is_set():
            try:
                with self._connection() as connection:
                    self._listen_anew(connection)
                    if lost:
                        lost = False
                        log.info("push: listening again")
                        self._deliver(Missed())
                    self._listen(connection)
            except psycopg.Error as error:
                self._fall_silent()
                if not lost:
                    lost = True
                    log.warning(
                        "push: PostgreSQL lost (%s); until it is back each worker looks for itself",
                        type(error).__name__,
                    )
                    self._deliver(Missed())
                self._stopped.wait(RETRY_S)
        self._fall_silent()

    def _listen_anew(self, connection: psycopg.Connection[Any]) -> None:
        self._tune(connection)
        self._connected.set()

    def _listen(self, connection: psycopg.Connection[Any]) -> None:
        while not self._stopped.is_set():
            for notification in connection.notifies(timeout=LISTEN_S):
                notice = parsed(notification.payload)
                if notice is not None:
                    self._deliver(notice)
            self._tune(connection)

    def _tune(self, connection: psycopg.Connection[Any]) -> None:
        """LISTEN to newly wanted channels, UNLISTEN the others, then wake those who waited for this."""
        with self._lock:
            wanted = {channel for channel, count in self._wanted.items() if count > 0}
            words = [f"LISTEN {channel}" for channel in wanted - self._heard]
            words += [f"UNLISTEN {channel}" for channel in self._heard - wanted]
            asked, self._asked = self._asked, []
        try:
            if words:
                connection.execute("; ".join(words))
            with self._lock:
                self._heard = wanted
        finally:
            for done in asked:
                done()

    def _fall_silent(self) -> None:
        with self._lock:
            self._connected.clear()
            self._heard = set()
            asked, self._asked = self._asked, []
        for done in asked:
            done()

    def _connection(self) -> psycopg.Connection[Any]:
        # A listening connection sends nothing. Keepalives notice a silent loss within half a minute, not two hours.
        return psycopg.connect(
            self._conninfo,
            autocommit=True,
            connect_timeout=5,
            keepalives_idle=10,
            keepalives_interval=5,
            keepalives_count=3,
        )


def _resolve_soon(loop: asyncio.AbstractEventLoop, done: asyncio.Future[None]) -> None:
    loop.call_soon_threadsafe(_resolve, done)


def _resolve(done: asyncio.Future[None]) -> None:
    if not done.done():
        done.set_result(None)


def _nobody(_: Notice) -> None:
    """Before `start` there is nobody to deliver to."""
