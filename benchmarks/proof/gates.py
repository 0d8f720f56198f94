"""Simulated gates: each holds a stream, polls, reports its health, and sends its events until they are acknowledged.

They keep a real gate's pauses, by its own rules (`sync.tasks`, `sync.backoff`, the defaults of `[cloud]`), and its
messages. They have no cameras and send no pictures.
"""

from __future__ import annotations

import asyncio
import json
import math
import random
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import uuid4

import msgspec

from benchmarks.proof.links import Links, answer_head, head
from benchmarks.proof.log import Log
from core.errors import GateError
from sync import wire
from sync.backoff import Patience, pause_s, poll_pause_s
from sync.errors import AnswerInvalid, CloudBusy, CloudError, CloudUnreachable, EnrolmentLost
from sync.listener import STEADY_S
from sync.settings import CloudSettings
from sync.tasks import Task

SETTINGS = CloudSettings()
PATIENCE = Patience(SETTINGS.retry_low_s, SETTINGS.retry_high_s, SETTINGS.reenrol_s)
DRAIN_S = 3600.0
TRACE = ("clock: trusted", "pass: found", "period: holds", "decision: open, pass_valid")


@dataclass
class Seen:
    """The simulator's own counts for the gates of one cell."""

    counts: Counter[str] = field(default_factory=Counter)
    streams: int = 0
    tries: list[float] = field(default_factory=list)
    """When a gate began to open a stream, in seconds of CLOCK_MONOTONIC."""
    opened: list[tuple[float, float]] = field(default_factory=list)
    """When a stream was open, and how long its gate had waited for that."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a gate is."""

    cell: int
    territory: int
    port: int


def rev_of(cursor: str) -> int:
    return int(cursor.partition("-")[2] or 0)


def error_of(status: int, after_s: float) -> CloudError:
    """How a gate interprets an unexpected answer; 0 = no complete answer came."""
    if status == 0:
        return CloudUnreachable("")
    if status in {401, 403}:
        return EnrolmentLost(status)
    if status in {408, 425, 429} or status >= 500:
        return CloudBusy(status, retry_after_s=after_s or None)
    return AnswerInvalid("")


class SimulatedGate:
    """One gate. `run` is its whole life, except for cars, which come through `happen`."""

    def __init__(self, place: Place, number: int, token: str, links: Links, log: Log, seen: Seen) -> None:
        self.place, self.number = place, number
        self._token, self._links, self._log, self._seen = token, links, log, seen
        self.cursor = ""
        self.held: set[str] = set()
        self.waiting: list[str] = []
        self._wake = asyncio.Event()
        self._nudged = asyncio.Event()
        self._streaming = self._was_streaming = False
        self._hint = self._last_id = ""
        self._open_since = math.inf
        self._pull = Task("pull", bool, SETTINGS.poll_s)
        self._drain = Task("drain", bool, DRAIN_S)
        self._report = Task("report", bool, SETTINGS.health_s, time.monotonic() + random.random() * SETTINGS.health_s)

    async def run(self) -> None:
        await asyncio.gather(self._keep_listening(), self._go_round())

    def happen(self) -> None:
        """A car has come."""
        self.waiting.append(str(uuid4()))
        self._drain.hasten(time.monotonic())
        self._wake.set()

    # -- the rounds of the sync thread -----------------------------------------------------------------------------

    async def _go_round(self) -> None:
        chores = ((self._pull, self._pull_step), (self._drain, self._drain_step), (self._report, self._report_step))
        while True:
            self._wake.clear()
            self._take_hint()
            self._pace(time.monotonic())
            recovered = [await self._attempt(task, work) for task, work in chores]
            if any(recovered):
                self._nudged.set()
                self._reachable()
            wait_s = min(task.due for task, _ in chores) - time.monotonic()
            if wait_s > 0:
                with suppress(TimeoutError):
                    async with asyncio.timeout(wait_s):
                        await self._wake.wait()

    def _take_hint(self) -> None:
        """Like `sync.link`, between two rounds: a hint that arrives during a pull may be newer than the pull's answer."""
        hint, self._hint = self._hint, ""
        if hint and hint != self.cursor:
            self._pull.hasten(time.monotonic())

    def _reachable(self) -> None:
        for task in (self._pull, self._drain, self._report):
            task.reachable(time.monotonic())

    def _pace(self, now: float) -> None:
        """As in `sync.link`: polls rarely while the stream reports changes, and soon once it no longer does."""
        chance = random.random()
        self._pull.period_s = poll_pause_s(
            poll_s=SETTINGS.poll_s, push_s=SETTINGS.poll_push_s, pushing=self._streaming, chance=chance
        )
        if self._was_streaming and not self._streaming and self._pull.error is None:
            self._pull.due = min(self._pull.due, now + SETTINGS.poll_s * chance)
        self._was_streaming = self._streaming

    async def _attempt(self, task: Task, work: Callable[[], Awaitable[bool]]) -> bool:
        """Like `Task.attempt`, but waits for the answer; returns whether something that had failed now succeeded."""
        if time.monotonic() < task.due:
            return False
        failed = task.failures > 0
        try:
            more = await work()
        except GateError as error:
            self._seen.counts[f"{task.name}_failed"] += 1
            task.failures, task.error = task.failures + 1, error
            task.due = time.monotonic() + pause_s(
                error, failures=task.failures, patience=PATIENCE, chance=random.random()
            )
            return False
        self._seen.counts[task.name] += 1
        task.failures, task.error = 0, None
        task.due = time.monotonic() + (0.0 if more else task.period_s)
        return failed

    async def _drain_step(self) -> bool:
        batch = self.waiting[: wire.BATCH]
        if not batch:
            return False
        body = await self._ask("POST", "/events", events_body(batch))
        answer = wire.decode(wire.Accepted, body)
        self._log.put(*(("e", self.place.cell, self.number, name) for name in answer.accepted),
                      *(("r", self.place.cell, self.number, one.id, one.why) for one in answer.rejected))  # fmt: skip
        settled = {*answer.accepted, *(one.id for one in answer.rejected)}
        self.waiting = [name for name in self.waiting if name not in settled]
        self._seen.counts["events"] += len(answer.accepted)
        return bool(self.waiting)

    async def _pull_step(self) -> bool:
        """One complete pull; the list is replaced at its end, as in a gate."""
        more, cursor, staging = True, self.cursor, None
        while more:
            body = await self._ask("GET", f"/passes?cursor={cursor}&speaks={wire.SPEAKS}")
            if not body:  # 410
                cursor = ""
                continue
            page = msgspec.json.decode(body)
            self._seen.counts["items"] += len(page["items"])
            if page["reset"] and staging is None:
                staging = set()
                self._seen.counts["whole_lists"] += 1
            held = self.held if staging is None else staging
            for item in page["items"]:
                (held.discard if item["deleted"] else held.add)(sys.intern(item["id"]))  # gates of a place share them
            more, cursor = page["more"], page["cursor"]
        self.held = self.held if staging is None else staging
        self.cursor = cursor
        self._told(cursor)
        return False

    async def _report_step(self) -> bool:
        await self._ask("POST", "/health", wire.encode(wire.Health(
            version="0.1.0", clock=datetime.now(UTC), clock_trusted=True, uptime_s=9,
            cameras=(wire.CameraHealth("entry", alive=True),), relay_alive=True, disk_free_bytes=9_000_000_000,
            queue_events=len(self.waiting), queue_snapshots=0, dropped=0, list_cursor=self.cursor,
            list_count=len(self.held), list_age_s=5.0,
        )))  # fmt: skip
        return False

    async def _ask(self, method: str, path: str, body: bytes = b"") -> bytes:
        """The body; empty for 410. Raises CloudError."""
        status, content, after_s = await self._links.call(method, wire.BASE + path, self._token, body)
        if status in {200, 204, 410}:
            return b"" if status == 410 else content
        if 400 <= status < 500 and status != 429:
            self._log.put(("x", f"{method} {path.partition('?')[0]} {status} {content[:100]!r}"))
        raise error_of(status, after_s)

    def _told(self, cursor: str) -> None:
        heard = f"{time.monotonic():.4f}"
        self._log.put(("t", self.place.cell, self.place.territory, self.number, rev_of(cursor), heard))

    # -- the stream ------------------------------------------------------------------------------------------------

    async def _keep_listening(self) -> None:
        failures = 0
        while True:
            after_s, self._open_since = 0.0, math.inf
            self._nudged.clear()
            try:
                after_s = await self._listen()
            except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError, TimeoutError) as error:
                self._seen.counts[f"stream_{'cut' if self._streaming else 'not_opened'}_{type(error).__name__}"] += 1
            else:
                self._seen.counts["stream_refused" if after_s else "stream_ended"] += 1
            if self._streaming:
                self._seen.streams -= 1
                self._streaming = False
                self._wake.set()
            failures = 0 if time.monotonic() - self._open_since > STEADY_S else failures + 1
            error = CloudBusy(503, retry_after_s=after_s) if after_s else CloudUnreachable("")
            pause = pause_s(error, failures=failures, patience=PATIENCE, chance=random.random())
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._nudged.wait()

    async def _listen(self) -> float:
        """The Retry-After of a refusal; 0 if the portal ended the stream."""
        began = time.monotonic()
        self._seen.tries.append(began)
        opening = asyncio.open_connection("127.0.0.1", self.place.port, limit=2**14)
        reader, writer = await asyncio.wait_for(opening, SETTINGS.connect_s)
        try:
            more = f"Last-Event-ID: {self._last_id}\r\n" if self._last_id else ""
            writer.write(head("GET", f"{wire.BASE}/stream", self._token, more=more))
            async with asyncio.timeout(SETTINGS.request_s):
                status, headers = await answer_head(reader)
            if status != 200:
                return float(headers.get("retry-after", "0"))
            self._streaming = True
            self._open_since = time.monotonic()
            self._seen.opened.append((self._open_since, self._open_since - began))
            self._seen.streams += 1
            self._reachable()
            self._wake.set()
            while True:
                async with asyncio.timeout(SETTINGS.silence_s):
                    line = await reader.readline()
                if line in {b"", b"0\r\n"}:  # cut off, or the last chunk: the portal ended the stream
                    return 0.0
                if line.startswith(b"id: "):
                    self._hear(line[4:].strip().decode())
        finally:
            writer.transport.abort()

    def _hear(self, cursor: str) -> None:
        self._last_id = cursor
        self._seen.counts["hints"] += 1
        self._told(cursor)
        self._hint = cursor
        self._wake.set()


def events_body(names: list[str]) -> bytes:
    """A batch of visits as sent by gates, with a short trace."""
    now = wire.instant_text(datetime.now(UTC))
    return json.dumps({"events": [
        {"id": name, "kind": "visit", "at": now, "clock_trusted": True, "lane": "entry", "plate": "A777AA77",
         "confidence": 0.97, "decision": "open", "reason": "pass_valid", "trace": TRACE} for name in names
    ]}).encode()  # fmt: skip
