"""Pages of lists, built and compressed once however many gates ask. Event-loop thread; one set for each worker.

After a restore, or an outage of hours, every gate wants its list at once. Gates of one territory share what one of them
has had built; whatever has to be built waits its turn, so that the worker goes on answering everybody else; and when
that line is long, gates which have not begun are asked to come a little later, each at a time of its own.
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
ENTRY_BYTES = 700
"""What an entry takes beside its body (measured: 640)."""
"""What a worker keeps: the lists of some ten thousand territories, or of a few that are very long."""
KEPT_S = 3600.0
"""A first page leaves out what ended long ago, and so grows old."""
BUILDERS = 2
MOST_WAITING = 100
"""Pages being built or waited for, beyond which no new list is begun: some seconds of work."""
LATER_S = (5.0, 60.0)
WORTH_GZIP = 2000
LEVEL = 3


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a territory's list stands: its counters, read in one transaction."""

    epoch: int
    rev: int
    floor: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """One page as a gate asks for it."""

    territory_id: int
    cursor: str
    hours: bool


@dataclass(frozen=True, slots=True)
class Built:
    """One page as it is sent."""

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
    """The last page of the list: another change comes after it, and makes it another page."""
    at: float

    @property
    def size(self) -> int:
        return len(self.built.body) + ENTRY_BYTES

    def good(self, mark: Mark, now: float) -> bool:
        """A page that is full stays right while its epoch and floor do: what moved on since is told again further on."""
        same = self.mark == mark if self.whole else (self.mark.epoch, self.mark.floor) == (mark.epoch, mark.floor)
        return same and now - self.at < KEPT_S


Build = Callable[[], tuple[wire.PassPage, Mark]]
"""Reads a page and the counters it was read under; called on a worker thread, may raise `ApiProblem`."""


class ListPages:
    """`get` gives a page that is right for `mark`, from memory or built now."""

    def __init__(self, *, most_bytes: int = MOST_BYTES, now: Callable[[], float] = time.monotonic) -> None:
        self._most_bytes = most_bytes
        self._now = now
        self._kept: OrderedDict[Wanted, _Kept] = OrderedDict()  # used longest ago first
        self._bytes = 0
        self._builders = asyncio.Semaphore(BUILDERS)
        self._building: dict[tuple[Wanted, Mark], asyncio.Future[Built]] = {}

    async def get(self, wanted: Wanted, mark: Mark, build: Build) -> Built:
        """The page. Raises `ApiProblem`: 429 when a list cannot be begun just now, and what `build` raises."""
        kept = self._kept.get(wanted)
        if kept is not None and kept.good(mark, self._now()):
            self._kept.move_to_end(wanted)
            return kept.built
        running = self._building.get((wanted, mark))
        if running is None:
            if not wanted.cursor and len(self._building) >= MOST_WAITING:
                wait_s = random.uniform(*LATER_S)  # noqa: S311  # spread, no secret
                raise ApiProblem(429, "many lists are being read: come a little later", retry_after_s=wait_s)
            running = asyncio.ensure_future(self._build(wanted, build))
            self._building[wanted, mark] = running
            running.add_done_callback(lambda done: self._over((wanted, mark), done))
        return await asyncio.shield(running)  # whoever gives up leaves the others their page

    def _over(self, what: tuple[Wanted, Mark], done: asyncio.Future[Built]) -> None:
        self._building.pop(what, None)
        if not done.cancelled():
            done.exception()  # whoever still waits is told; if nobody does, nobody has to be

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
