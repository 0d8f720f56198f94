"""What is done every hour by one worker of all: retention, and letters of passes that end. A job, put by who claims the hour."""

from __future__ import annotations

import asyncio
import itertools
import logging
import random
from datetime import timedelta

from starlette.concurrency import run_in_threadpool

from cloud.cells.freeze import frozen
from cloud.db.models import utc_now
from cloud.domain import chores, endings, retention
from cloud.jobs import Work
from cloud.jobs import sweep as forget_jobs
from cloud.web import tidings
from cloud.web.portal import Portal

SWEEP = "sweep"
EVERY = timedelta(hours=1)
LOOK_S = 300.0
"""How soon another worker sees that an hour has passed and nobody has begun."""
log = logging.getLogger(__name__)


async def sweep_for_ever(portal: Portal) -> None:
    """Look at the start and every few minutes, not all workers at once."""
    while True:
        try:
            await run_in_threadpool(sweep_if_due, portal)
        except Exception:
            log.exception("the hourly sweep could not be begun; next look in minutes")
        await asyncio.sleep(LOOK_S * (0.5 + random.random()))  # noqa: S311  # spread, no secret


def sweep_if_due(portal: Portal) -> bool:
    """Have the hour's chores done, unless another worker has or had; whether it was we who said so."""
    return chores.claim(
        portal.database, SWEEP, every=EVERY, now=utc_now(), then=lambda session: portal.jobs.put(session, SWEEP)
    )


def sweep(portal: Portal, work: Work) -> None:
    """The hour's chores, as a job: what a killed worker leaves, another goes on with.

    A territory that moves at this moment is passed over; one that begins to meanwhile fails the job, which comes again in half a minute.
    """
    steps = itertools.count(1)

    def told() -> None:
        work.told(next(steps))

    moving = frozen(portal.database)
    retention.sweep(portal.database, portal.pictures, now=utc_now(), told=told, moving=moving)
    with portal.database.write() as session:
        forget_jobs(session, now=utc_now())
    tell, count = tidings.pass_ending(portal), endings.BATCH
    while count == endings.BATCH:  # a batch a transaction
        told()
        with portal.database.write() as session:
            count = endings.tell_endings(session, tell, now=utc_now(), moving=moving)
