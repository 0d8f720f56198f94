"""People who add passes by the public API, and cells that reserve codes in the directory. All retry until answered."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import time
from collections import Counter
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from benchmarks.proof.links import Links
from benchmarks.proof.log import Log
from benchmarks.proof.plates import plate
from sync.wire import instant_text

AGAIN_S = 1.0
"""A person whose form failed submits it again after this long. The pass is the same, and stays one however often it is sent."""
FIRST_PLATE = 5_000_000


@dataclass(frozen=True, slots=True)
class Filer:
    """A key for adding passes to a territory."""

    cell: int
    place: int
    key: str


class People:
    """`filings` and `claims` run until cancelled; `rest` finishes what is in progress then."""

    def __init__(self, filers: Sequence[Filer], links: Sequence[Links], log: Log, counts: Counter[str]) -> None:
        self._filers, self._links, self._log, self._counts = filers, links, log, counts
        self._numbers = itertools.count(FIRST_PLATE)
        self._codes = itertools.count(0)
        self._tasks: set[asyncio.Task[None]] = set()

    async def filings(self, per_s: float) -> None:
        """One after another at random intervals, each for some territory."""
        while True:
            await asyncio.sleep(random.expovariate(per_s))
            self._keep(self._file(random.choice(self._filers), next(self._numbers)))

    async def claims(self, per_s: float, directory: Links, secret: str, url: str) -> None:
        while True:
            await asyncio.sleep(random.expovariate(per_s))
            number = next(self._codes)
            self._keep(self._claim(directory, secret, f"9{number // 1000:02}-{number % 1000:03}", url))

    async def rest(self, within_s: float) -> int:
        """Wait for what is in progress; returns how many are still unanswered, which are given up."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=within_s)
        left = [task for task in self._tasks if not task.done()]
        for task in left:
            task.cancel()
        return len(left)

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _file(self, who: Filer, number: int) -> None:
        body = json.dumps({
            "plate": plate(number), "valid_until": instant_text(datetime.now(UTC) + timedelta(days=30)), "object": "Участок 1",
        }).encode()  # fmt: skip
        while True:
            status, content, after_s = await self._links[who.cell].call("POST", "/api/v1/passes", who.key, body)
            answered = time.monotonic()
            if status == 201:
                name = msgspec.json.decode(content)["id"]
                self._log.put(("p", who.cell, who.place, name, f"{answered:.4f}"))
                self._counts["filings"] += 1
                return
            self._counts["filings_failed"] += 1
            if 400 <= status < 500 and status != 429:
                self._log.put(("x", f"filing {status} {content[:100]!r}"))
            await asyncio.sleep(max(AGAIN_S, after_s))

    async def _claim(self, directory: Links, secret: str, code: str, url: str) -> None:
        asked = 0
        while True:
            asked += 1
            body = json.dumps({"cell": url}).encode()
            status, content, _ = await directory.call("POST", f"/v1/territories/{code}", secret, body)
            if status == 409 and asked > 1:  # it may be the answer to our earlier attempt
                status, content, _ = await directory.call("GET", f"/v1/territories/{code}", secret)
                status = 201 if status == 200 and msgspec.json.decode(content)["cell"] == url else status
            if status == 201:
                self._log.put(("d", code, url))
                self._counts["claims"] += 1
                return
            self._counts["claims_failed"] += 1
            if 400 <= status < 500:
                self._log.put(("x", f"claim {status} {content[:100]!r}"))
            await asyncio.sleep(AGAIN_S)
