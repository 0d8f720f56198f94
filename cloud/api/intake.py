"""Group commit for events: all requests that arrive while one transaction is being written share the next one.

A commit waits for the disk. At two hundred events a second, separate commits would occupy the server completely. The intake
lives on the event loop, one per worker; only one thread at a time writes.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from fastapi.concurrency import run_in_threadpool

from cloud.api.requests import Caller
from sync.wire import GateEvent

log = logging.getLogger(__name__)
GROUP = 64
"""Maximum number of requests per transaction."""


@dataclass(frozen=True, slots=True, eq=False)
class Submission:
    """The events of one request."""

    caller: Caller
    events: Sequence[GateEvent]
    done: asyncio.Future[float]


class Intake:
    """`take` returns once the events are committed. `write` receives the requests of one transaction in order of arrival.

    It returns which gates' events it has not stored, because they have to wait, and for how many seconds.
    """

    def __init__(self, write: Callable[[Sequence[tuple[Caller, Sequence[GateEvent]]]], Mapping[int, float]]) -> None:
        self._write = write
        self._waiting: list[Submission] = []
        self._task: asyncio.Task[None] | None = None

    async def take(self, caller: Caller, events: Sequence[GateEvent]) -> float:
        """Returns 0.0 once the events are stored; or how many seconds the gate must wait, and then none is.

        Raises whatever `write` raises for these events.
        """
        submission = Submission(caller, events, asyncio.get_running_loop().create_future())
        self._waiting.append(submission)
        if self._task is None:
            self._task = asyncio.create_task(self._work())
        return await submission.done

    async def _work(self) -> None:
        try:
            while self._waiting:
                group, self._waiting = self._waiting[:GROUP], self._waiting[GROUP:]
                await self._write_group(group)
        finally:
            self._task = None

    async def _write_group(self, group: list[Submission]) -> None:
        """Writes all in one transaction. If it fails, each gets its own, so that no request fails because of another."""
        try:
            waits = await run_in_threadpool(self._write, [(one.caller, one.events) for one in group])
        except Exception as error:  # noqa: BLE001  # it is passed on to the waiting request
            if len(group) > 1:
                log.warning("a group of %d requests could not be written together", len(group))
                for submission in group:
                    await self._write_group([submission])
            elif not group[0].done.done():
                group[0].done.set_exception(error)
            return
        for submission in group:
            if not submission.done.done():  # the request may have been cancelled meanwhile
                submission.done.set_result(waits.get(submission.caller.gate_id, 0.0))
