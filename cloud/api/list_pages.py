"""A cache of list pages, each built and compressed once however many gates ask. Event-loop thread; one cache per worker.

After a restore, or an outage of hours, every gate wants its whole list at once. Gates of one territory share the pages built
for one of them. Builds queue for a few threads, so that the worker still answers everybody else. When that queue is long,
gates that have not begun their list are told to retry a little later, each after a different random delay.
"""

from __future__ import annotations

import asyncio
import gzip
import random
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from fastapi.concurrency import run_in_threadpool

from cloud.api.problems import ApiProblem
from sync import wire

MOST_BYTES = 64_000_000
"""Cache size per worker: enough for the lists of some ten thousand territories, or of a few very large ones."""
ENTRY_BYTES = 700
"""Memory of an entry beside its body (measured: 640)."""
KEPT_S = 3600.0
"""A page is rebuilt after this time, because a first page omits passes that ended long ago, and more of them do."""
BUILDERS = 2
MOST_WAITING = 100
"""With this many pages being built or queued, no new list is begun. That is some seconds of work."""
LATER_S = (5.0, 60.0)
WORTH_GZIP = 2000
LEVEL = 3


@dataclass(frozen=True, slots=True)
class Mark:
    """The version of a territory's list: its counters, read in one transaction."""

    epoch: int
    rev: int
    floor: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """A page as requested by a gate."""

    territory_id: int
    cursor: str
    hours: bool


@dataclass(frozen=True, slots=True)
class Built:
    """A page as it is sent."""

    body: bytes
    packed: bool
    """`body` is gzip."""

    def plain(self) -> bytes:
        return gzip.decompress(self.body) if self.packed else self.body


@dataclass(frozen=True, slots=True)
class _Kept:
    built: Built
    mark: Mark
    whole: bool
    """This is the last page of the list. The next change is appended to it, so it is then out of date."""
    at: float

    @property
    def size(self) -> int:
        return len(self.built.body) + ENTRY_BYTES

    def good(self, mark: Mark, now: float) -> bool:
        """Whether the page is still valid. A full page is, as long as epoch and floor are the same.

        A pass on it that has changed since gets a new place in the list and appears again on a later page.
        """
        same = self.mark == mark if self.whole else (self.mark.epoch, self.mark.floor) == (mark.epoch, mark.floor)
        return same and now - self.at < KEPT_S


Build = Callable[[], tuple[wire.PassPage, Mark]]
"""Reads a page and the counters it belongs to. Called on a worker thread; may raise `ApiProblem`."""


class ListPages:
    """The cache. `get` returns a page valid for `mark`, cached or built now."""

    def __init__(self, *, most_bytes: int = MOST_BYTES, now: Callable[[], float] = time.monotonic) -> None:
        self._most_bytes = most_bytes
        self._now = now
        self._kept: OrderedDict[Wanted, _Kept] = OrderedDict()  # least recently used first
        self._bytes = 0
        self._builders = asyncio.Semaphore(BUILDERS)
        self._building: dict[tuple[Wanted, Mark], asyncio.Future[Built]] = {}

    async def get(self, wanted: Wanted, mark: Mark, build: Build) -> Built:
        """Returns the page. Raises `ApiProblem` 429 if no new list can be begun just now, and whatever `build` raises."""
        kept = self._kept.get(wanted)
        if kept is not None and kept.good(mark, self._now()):
            self._kept.move_to_end(wanted)
            return kept.built
        running = self._building.get((wanted, mark))
        if running is None:
            if not wanted.cursor and len(self._building) >= MOST_WAITING:
                wait_s = random.uniform(*LATER_S)  # noqa: S311  # spreads the load, not a secret
                raise ApiProblem(429, "many lists are being read: come a little later", retry_after_s=wait_s)
            running = asyncio.ensure_future(self._build(wanted, build))
            self._building[wanted, mark] = running
            running.add_done_callback(lambda done: self._over((wanted, mark), done))
        return await asyncio.shield(running)  # a cancelled request must not cancel the build for the others

    def _over(self, what: tuple[Wanted, Mark], done: asyncio.Future[Built]) -> None:
        self._building.pop(what, None)
        if not done.cancelled():
            done.exception()  # marks it as retrieved, so that asyncio does not warn if nobody is waiting any more

    async def _build(self, wanted: Wanted, build: Build) -> Built:
        async with self._builders:
            page, mark, built = await run_in_threadpool(_built, build)
        self._keep(wanted, _Kept(built, mark, not page.more, self._now()))
        return built

    def _keep(self, wanted: Wanted, kept: _Kept) -> None:
        if (old := self._kept.pop(wanted, None)) is not None:
            self._bytes -= old.size
        self._kept[wanted] = kept
        self._bytes += kept.size
        while self._bytes > self._most_bytes and self._kept:
            _, oldest = self._kept.popitem(last=False)
            self._bytes -= oldest.size

    @property
    def kept_bytes(self) -> int:
        return self._bytes


def _built(build: Build) -> tuple[wire.PassPage, Mark, Built]:
    page, mark = build()
    body = wire.encode(page)
    packed = len(body) >= WORTH_GZIP
    return page, mark, Built(gzip.compress(body, LEVEL) if packed else body, packed)
