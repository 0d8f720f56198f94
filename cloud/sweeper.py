"""What is done every hour by one worker of all: retention, and letters of passes that end. Owned by the server's lifespan."""

from __future__ import annotations

import asyncio
import logging
import random
from datetime import timedelta

from starlette.concurrency import run_in_threadpool

from cloud.db.models import utc_now
from cloud.domain import chores, endings, retention
from cloud.web import tidings
from cloud.web.portal import Portal

EVERY = timedelta(hours=1)
LOOK_S = 300.0
"""How soon another worker sees that an hour has passed and nobody has begun."""
log = logging.getLogger(__name__)


async def sweep_for_ever(portal: Portal) -> None:
    """Look at the start and every few minutes, not all workers at once; a failure waits for the next hour."""
    while True:
        try:
            await run_in_threadpool(sweep_if_due, portal)
        except Exception:
            log.exception("the hourly sweep failed; next in an hour")
        await asyncio.sleep(LOOK_S * (0.5 + random.random()))  # noqa: S311  # spread, no secret


def sweep_if_due(portal: Portal) -> bool:
    """Do the hour's chores, unless another worker does or has done; whether it was we."""
    if not chores.claim(portal.database, "sweep", every=EVERY, now=utc_now()):
        return False
    retention.sweep(portal.database, portal.pictures, now=utc_now())
    tell, told = tidings.pass_ending(portal), endings.BATCH
    while told == endings.BATCH:  # a batch a transaction
        with portal.database.write() as session:
            told = endings.tell_endings(session, tell, now=utc_now())
    return True
