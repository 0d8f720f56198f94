"""The hourly chores: retention, and notices of passes that end. The worker that claims the hour queues them as one job."""

from __future__ import annotations

import asyncio
import itertools
import logging
import random
from datetime import timedelta

from starlette.concurrency import run_in_threadpool

from cloud.cells.freeze import frozen
from cloud.cells.unfinished import frozen_in
from cloud.db.models import utc_now
from cloud.domain import chores, endings, gone, retention
from cloud.jobs import Work
from cloud.jobs import sweep as forget_jobs
from cloud.web import tidings
from cloud.web.portal import Portal

SWEEP = "sweep"
EVERY = timedelta(hours=1)
LOOK_S = 300.0
"""Average interval at which each worker checks whether the chores are due."""
log = logging.getLogger(__name__)


async def sweep_for_ever(portal: Portal) -> None:
    """Checks at the start and then every few minutes, at random intervals so that workers do not check all at once."""
    while True:
        try:
            await run_in_threadpool(sweep_if_due, portal)
        except Exception:
            log.exception("the hourly sweep could not be begun; next look in minutes")
        await asyncio.sleep(LOOK_S * (0.5 + random.random()))  # noqa: S311  # spreads the checks, not a secret


def sweep_if_due(portal: Portal) -> bool:
    """Queues the hourly chores unless another worker has done so within the hour. Returns whether it did."""
    return chores.claim(
        portal.database, SWEEP, every=EVERY, now=utc_now(), then=lambda session: portal.jobs.put(session, SWEEP)
    )


def sweep(portal: Portal, work: Work) -> None:
    """The hourly chores as a job: if a worker is killed, another continues.

    Territories that are moving now are skipped. If one starts to move meanwhile, the job fails and is retried in half a
    minute.
    """
    steps = itertools.count(1)

    def told() -> None:
        work.report(next(steps))

    moving = frozen(portal.database)
    for one in frozen_in(portal.database) if moving else ():
        if not one.moving:
            log.error(
                "%s: takes no writes: its move to another cell was cut off, and no command goes on with it. Run `okter territory "
                "check --cells FILE`, which says how to end it; FILE has to name this cell, %s", one.code, portal.settings.public_url
            )  # fmt: skip
    retention.sweep(portal.database, portal.pictures, now=utc_now(), told=told, moving=moving)
    gone.forget_pictures(portal.database, portal.pictures, now=utc_now(), told=told)
    gone.forget_codes(portal.database, portal.directory, now=utc_now())
    with portal.database.write() as session:
        forget_jobs(session, now=utc_now())
    tell, count = tidings.pass_ending(portal), endings.BATCH
    while count == endings.BATCH:  # one transaction per batch
        told()
        with portal.database.write() as session:
            count = endings.tell_endings(session, tell, now=utc_now(), moving=moving)
