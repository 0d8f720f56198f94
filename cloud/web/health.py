"""`/healthz` and `/readyz`, for a supervisor and a load balancer. Plain text, one line for each part checked.

`/healthz` is about this process: 503 if one of its own threads is dead, so that a restart helps. `/readyz` is about
serving: 503 if the database does not answer in time or has another version than the program, or if the disk is full or
not writable. Both report everything. Waiting mail, an unreachable bucket and a move that was cut off are reported but are
no reason to restart.
The endpoints are public, so messages of other programs go to the log and not here.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from anyio import CapacityLimiter, to_thread
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from cloud import jobs, outbox
from cloud.cells.unfinished import frozen_in
from cloud.db.migrate import current_version, newest_version
from cloud.db.models import utc_now
from cloud.pictures import PicturesAway, PicturesNotAsked
from cloud.rounds import Rounds
from cloud.web.portal import Portal
from core.words.system import system_words

ANSWER_S = 3.0
"""A database that takes longer is of no use to anybody."""
LEAST_FREE_BYTES = 100_000_000
LOOKS_AT_ONCE = 8
Seen = TypeVar("Seen")
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Finding:
    """One part: whether it is well, and what was found."""

    part: str
    well: bool
    seen: str

    def line(self) -> str:
        return f"{self.part}: {'ok' if self.well else 'FAILED'} ({self.seen})"


def health_routes(portal: Portal) -> list[BaseRoute]:
    """The two routes. They use threads of their own, because they are needed most when all others are busy."""
    threads = CapacityLimiter(LOOKS_AT_ONCE)

    def answering(
        look: Callable[[Portal, CapacityLimiter], Awaitable[tuple[list[Finding], ...]]], *, ready: bool
    ) -> Route:
        async def answer(_: Request) -> Response:
            own, needed, told = await look(portal, threads)
            well = all(found.well for found in (needed if ready else own))
            lines = ["ok" if well else "failed", *(found.line() for found in (*own, *needed, *told))]
            return PlainTextResponse("\n".join(lines) + "\n", 200 if well else 503)

        return Route("/readyz" if ready else "/healthz", answer)

    return [answering(_look, ready=False), answering(_look, ready=True)]


async def _look(portal: Portal, threads: CapacityLimiter) -> tuple[list[Finding], list[Finding], list[Finding]]:
    """Findings on this process, on what it needs, and on what it can do without for a while."""
    needed, pictures, moves = await asyncio.gather(
        _look_at_needed(portal, threads), _look_at_pictures(portal, threads), _look_at_moves(portal, threads)
    )
    return _own(portal), needed, [*pictures, *moves, *_bot(portal)]


async def _in_time(look: Callable[[], Seen], threads: CapacityLimiter) -> Seen:
    """The result of `look`. Raises TimeoutError after `ANSWER_S`; the thread then ends by itself."""
    return await asyncio.wait_for(to_thread.run_sync(look, abandon_on_cancel=True, limiter=threads), ANSWER_S)


async def _look_at_needed(portal: Portal, threads: CapacityLimiter) -> list[Finding]:
    try:
        return await _in_time(lambda: _needed(portal), threads)
    except TimeoutError:
        return [Finding("database", well=False, seen=f"no answer in {ANSWER_S:g} s")]


async def _look_at_pictures(portal: Portal, threads: CapacityLimiter) -> list[Finding]:
    """An unreachable bucket is the same for every host, so no host is better than another, and all else works on."""
    try:
        return [Finding("pictures", well=True, seen=await _in_time(portal.pictures.look, threads))]
    except TimeoutError:
        return [Finding("pictures", well=False, seen=f"no answer in {ANSWER_S:g} s")]
    except PicturesAway as error:
        if not isinstance(error, PicturesNotAsked):
            log.error("pictures: %s", error)  # noqa: TRY400  # one line
        return [Finding("pictures", well=False, seen="away: see the log")]


async def _look_at_moves(portal: Portal, threads: CapacityLimiter) -> list[Finding]:
    """Territories that take no writes. Their codes are for the operator: the log of the hourly sweep names them."""
    try:
        found = await _in_time(lambda: frozen_in(portal.database), threads)
    except (TimeoutError, SQLAlchemyError):
        return [Finding("moves", well=False, seen="unknown")]
    stuck = sum(not one.moving for one in found)
    seen = f"territories frozen: {len(found)}, of them moved by no command: {stuck}; see okter territory check"
    return [Finding("moves", not stuck, seen if found else "no territory frozen")]


def _push(portal: Portal) -> str:
    if not portal.hub.well:
        return "its thread is dead"
    return "listening" if portal.hub.hearing else "out of touch, trying"


def _own(portal: Portal) -> list[Finding]:
    listening = (portal.telegram.listener,) if portal.telegram else ()
    threaded: tuple[Rounds, ...] = (*portal.couriers, portal.jobs, portal.quiet, *listening)
    return [
        Finding("mail thread", not portal.outbox.dead, "alive" if portal.outbox.alive else "not running"),
        *(Finding(f"{one.name} threads", not one.dead, "alive" if one.alive else "not running") for one in threaded),
        Finding("push", portal.hub.well, _push(portal)),
    ]


def _bot(portal: Portal) -> list[Finding]:
    """If Telegram is unreachable, only its own notices wait; its error messages are in the log."""
    if portal.telegram is None:
        return []
    listener = portal.telegram.listener
    error = listener.error.partition(":")[0]
    return [Finding("telegram bot", not error, error or listener.seen)]


def _needed(portal: Portal) -> list[Finding]:
    return [*_database(portal), _disk(portal.settings.data_dir)]


def _database(portal: Portal) -> list[Finding]:
    try:
        version, wanted = current_version(portal.database.engine), newest_version()
        with portal.database.read() as session:
            mail = outbox.standing(session, now=utc_now())
            work = jobs.standing(session, now=utc_now())
            posted = [(one.name, one.standing(session, now=utc_now())) for one in portal.couriers]
    except SQLAlchemyError as error:
        return [Finding("database", well=False, seen=type(error).__name__)]
    waiting = f"{mail.waiting} waiting, oldest {mail.oldest_s:.0f} s, {mail.failed} failed"
    return [
        Finding("database", version == wanted, f"version {version}, program {wanted}"),
        Finding("mail", well=True, seen=waiting),
        Finding("jobs", well=True, seen=f"{work.waiting} waiting, oldest {work.oldest_s:.0f} s, {work.failed} failed"),
        *(
            Finding(name, well=True, seen=f"{one.waiting} waiting, oldest {one.oldest_s:.0f} s, {one.failing} failing")
            for name, one in posted
        ),
    ]


def _disk(folder: Path) -> Finding:
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        return Finding("disk", well=False, seen=system_words(error) or "unreadable")
    if not os.access(folder, os.W_OK):
        return Finding("disk", well=False, seen="cannot be written")
    return Finding("disk", free >= LEAST_FREE_BYTES, f"{free / 1e9:.1f} GB free")
