"""Group commit for events: all requests that arrive while one transaction is being written share the next one.

A commit waits for the disk. At two hundred events a second, separate commits would occupy the server completely. The intake
lives on the event loop, one per worker; only one thread at a time writes.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fastapi.concurrency import run_in_threadpool

from cloud.api.requests import Caller
from sync.wire import GateEvent

log = logging.getLogger(__name__)
GROUP = 64
"""Maximum number of requests per transaction."""


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """The events of one request."""

    caller: Caller
    events: Sequence[GateEvent]
    done: asyncio.Future[None]


class Intake:
    """`take` returns once the events are committed. `write` receives the requests of one transaction in order of arrival."""

    def __init__(self, write: Callable[[Sequence[tuple[Caller, Sequence[GateEvent]]]], None]) -> None:
        self._write = write
        self._waiting: list[Told] = []
        self._task: asyncio.Task[None] | None = None

    async def take(self, caller: Caller, events: Sequence[GateEvent]) -> None:
        """Raises whatever `write` raises for these events."""
        told = Told(caller, events, asyncio.get_running_loop().create_future())
        self._waiting.append(told)
        if self._task is None:
            self._task = asyncio.create_task(self._work())
        await told.done

    async def _work(self) -> None:
        try:
            while self._waiting:
                group, self._waiting = self._waiting[:GROUP], self._waiting[GROUP:]
                await self._write_group(group)
        finally:
            self._task = None

    async def _write_group(self, group: list[Told]) -> None:
        """Writes all in one transaction. If it fails, each gets its own, so that no request fails because of another."""
        try:
            await run_in_threadpool(self._write, [(told.caller, told.events) for told in group])
        except Exception as error:  # noqa: BLE001  # it is passed on to the waiting request
            if len(group) > 1:
                log.warning("a group of %d requests could not be written together", len(group))
                for told in group:
                    await self._write_group([told])
            elif not group[0].done.done():
                group[0].done.set_exception(error)
            return
        for told in group:
            if not told.done.done():  # the request may have been cancelled meanwhile
                told.done.set_result(None)
