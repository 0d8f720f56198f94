"""`GET /stream`: server-sent events that spare the gate the wait for its next poll."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from time import monotonic

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from sqlalchemy import select

from cloud.api.openapi import answers
from cloud.api.problems import ApiProblem, EdgeRoute
from cloud.api.requests import Caller, FromGate, database_of, hub_of
from cloud.db.engine import Database
from cloud.db.models import Command, Gate, Territory, utc_now
from cloud.push import (
    CommandIssued,
    GateRevoked,
    Hub,
    Missed,
    Notice,
    PassesChanged,
    RulesChosen,
    gate_topics,
    list_cursor,
)
from sync import wire

router = APIRouter(route_class=EdgeRoute)
SILENCE_S = 15.0
"""A comment goes out after so much silence: proxies and mobile networks close what is idle."""
RETRY_MS = 2000
HEARS_S = 10.0
"""What carries push is back in a few seconds where it was only begun anew: a gate that is kept so long has its stream at
once, and one that is sent away learns of what changed meanwhile by its next poll."""
DEAF_S = 15.0
REPORT_EVENT = b"event: report\ndata: {}\n\n"
"""Report now: the answer says more than the last one did. A gate that does not know the event passes it over."""


@router.get(
    "/stream",
    response_class=StreamingResponse,
    responses={
        **answers(None, 401, 422, 429, 503),
        200: {
            "description": "Events `passes {cursor}` and `command {id, kind, lane, expires_at, minutes}`, `report {}` (send `/health` now); a comment each 15 s.",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        },
    },
    summary="Push: what has changed, as it changes",
)
async def stream(request: Request, caller: FromGate) -> StreamingResponse:
    hub = hub_of(request)
    if hub.full:
        raise ApiProblem(503, "this process has as many streams as it can hold", retry_after_s=DEAF_S)
    if not await hub.hears(within_s=HEARS_S):  # a gate without a stream polls twenty times as often
        raise ApiProblem(503, "push is out of order", retry_after_s=DEAF_S)
    known = request.headers.get("last-event-id", "")
    told = _tell(hub, database_of(request), caller, known=known)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(told, media_type="text/event-stream", headers=headers)


async def _tell(hub: Hub, database: Database, caller: Caller, *, known: str) -> AsyncIterator[bytes]:
    """The body of the stream, until the gate goes, is revoked, or the server stops."""
    topics = gate_topics(caller.gate_id, caller.territory_id)
    hub.crowd(topics[0])
    async with hub.mailbox(*topics) as box:
        yield f"retry: {RETRY_MS}\n: {wire.instant_text(utc_now())}\n\n".encode()
        # What happened before the mailbox was there: the gate may have missed it.
        allowed, cursor, commands = await run_in_threadpool(_missed, database, caller)
        if not allowed:
            return
        if cursor != known:
            yield passes_event(cursor)
        for command in commands:
            yield command_event(command)
        spoke = monotonic()
        while True:
            notice = await box.get(timeout_s=max(0.0, spoke + SILENCE_S - monotonic()))
            # A notice that is none of a gate's, of a newer version's kind perhaps, breaks no silence.
            silent = notice is None or monotonic() - spoke >= SILENCE_S
            if silent and database.is_sqlite and await run_in_threadpool(_left, database, caller):
                return  # it was moved by another process, of which nothing is heard here
            if hub.stopping or isinstance(notice, GateRevoked | Missed):
                return  # after `Missed` the gate comes back in two seconds and hears everything anew
            said = await _said(database, caller, notice)
            if said is None and silent:
                said = f": {wire.instant_text(utc_now())}\n\n".encode()
            if said is not None:
                spoke = monotonic()
                yield said


async def _said(database: Database, caller: Caller, notice: Notice | None) -> bytes | None:
    """What the stream says about a notice; None = nothing."""
    match notice:
        case PassesChanged():
            return passes_event(notice.cursor)
        case CommandIssued(command_id=command_id):
            issued = await run_in_threadpool(_command, database, caller, command_id)
            return None if issued is None else command_event(issued)
        case RulesChosen():
            return REPORT_EVENT
        case _:
            return None


def passes_event(cursor: str) -> bytes:
    data = wire.encode(wire.PassesHint(cursor)).decode()
    return f"event: passes\nid: {cursor}\ndata: {data}\n\n".encode()


def command_event(command: wire.Command) -> bytes:
    return f"event: command\ndata: {wire.encode(command).decode()}\n\n".encode()


def _missed(database: Database, caller: Caller) -> tuple[bool, str, list[wire.Command]]:
    """Whether the gate is still welcome, the newest cursor, and the commands that still wait."""
    now = utc_now()
    with database.read() as session:
        allowed = session.scalar(
            select(Gate.id).where(Gate.id == caller.gate_id, Gate.revoked_at.is_(None), Gate.token_hash.is_not(None))
        )
        epoch, rev = session.execute(
            select(Territory.pass_epoch, Territory.pass_rev).where(Territory.id == caller.territory_id)
        ).one()
        waiting = session.scalars(
            select(Command)
            .where(Command.gate_id == caller.gate_id, Command.expires_at > now, Command.outcome.is_(None))
            .order_by(Command.created_at)
        )
        return allowed is not None, list_cursor(epoch, rev), [_wired(command) for command in waiting]


def _left(database: Database, caller: Caller) -> bool:
    with database.read() as session:
        return session.scalar(select(Gate.id).where(Gate.id == caller.gate_id)) is None


def _command(database: Database, caller: Caller, command_id: str) -> wire.Command | None:
    with database.read() as session:
        command = session.get(Command, command_id)
        if command is None or command.gate_id != caller.gate_id or _over(command.expires_at):
            return None
        return _wired(command)


def _over(expires_at: datetime) -> bool:
    return expires_at <= utc_now()


def _wired(command: Command) -> wire.Command:
    return wire.Command(
        id=command.id,
        kind=command.kind,
        lane=command.lane,
        expires_at=command.expires_at,
        minutes=command.minutes,
        by=command.created_by.name if command.created_by is not None else "",
        call=_in_call(command),
    )


def _in_call(command: Command) -> wire.OpenedInCall | None:
    if command.call_id is None:
        return None
    return wire.OpenedInCall(command.call_id, _flowed(command.picture), _flowed(command.sound))


def _flowed(kept: str | None) -> wire.Flowed:
    return "yes" if kept == "yes" else "no" if kept == "no" else "unknown"
