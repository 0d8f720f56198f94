"""`GET /stream`: server-sent events, so that a gate need not wait for its next poll."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from datetime import datetime
from time import monotonic

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from cloud.api.openapi import answers
from cloud.api.problems import ApiProblem, EdgeRoute
from cloud.api.requests import Caller, FromGate, database_of, hub_of
from cloud.db.engine import Database
from cloud.db.models import Command, Gate, utc_now
from cloud.domain.tokens import token_hash
from cloud.push import (
    CommandIssued,
    GateRevoked,
    Hub,
    Missed,
    Notice,
    PassesChanged,
    RulesChosen,
    SentAway,
    gate_topics,
    list_cursor,
)
from sync import wire

router = APIRouter(route_class=EdgeRoute)
SILENCE_S = 15.0
"""After this much silence a comment is sent: proxies and mobile networks close idle connections."""
RETRY_MS = 2000
AWAY_S = 15.0
LOOKS_WITHIN_S = 1.0
"""When a worker may have missed notices, each of its streams reads the database at a random moment within this time."""
SEEN = """
SELECT gates.id, gates.territory_id, pass_epoch, pass_rev,
       EXISTS (SELECT 1 FROM commands WHERE commands.gate_id = gates.id AND commands.outcome IS NULL)
FROM gates JOIN territories ON territories.id = gates.territory_id
WHERE (token_hash = :hash OR next_token_hash = :hash) AND revoked_at IS NULL
"""
"""Everything a stream needs when it begins, in one statement and without a session: when another host dies, thousands of
streams begin within one second."""
REPORT_EVENT = b"event: report\ndata: {}\n\n"
"""Asks the gate to report now, because the answer has news. A gate that does not know this event ignores it."""


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
        raise ApiProblem(503, "this process has as many streams as it can hold", retry_after_s=AWAY_S)
    if not hub.serves:  # without a stream, the gate polls ten times as often
        raise ApiProblem(503, "push is out of order", retry_after_s=AWAY_S)
    known, token = request.headers.get("last-event-id", ""), request.headers["authorization"].partition(" ")[2]
    told = _tell(hub, database_of(request), caller, token_hash(token), known=known)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(told, media_type="text/event-stream", headers=headers)


async def _tell(hub: Hub, database: Database, caller: Caller, hashed: str, *, known: str) -> AsyncIterator[bytes]:
    """The body of the stream, until the gate disconnects or is revoked, or the server stops. `hashed`: hash of its token."""
    topics = gate_topics(caller.gate_id, caller.territory_id)
    hub.crowd(topics[0])
    async with hub.mailbox(*topics) as box:
        yield f"retry: {RETRY_MS}\n: {wire.instant_text(utc_now())}\n\n".encode()
        telling = _Telling(hub, database, caller, hashed, known)
        while (news := await telling.looked()) is not None:
            for said in news:
                yield said
            notice = await box.get(timeout_s=telling.wait_s())
            if await telling.ends(notice):
                return
            if (answer := await telling.said(notice)) is not None:
                yield answer


class _Telling:
    """State of one stream: what the gate was told, when something was last sent, when to read the database next."""

    def __init__(self, hub: Hub, database: Database, caller: Caller, hashed: str, known: str) -> None:
        self._hub, self._database, self._caller, self._hashed = hub, database, caller, hashed
        self._known = known
        self._spoke = monotonic()
        # Look at once: the gate may have missed what happened before the mailbox existed.
        self._look_at: float | None = self._spoke

    def wait_s(self) -> float:
        """How long to wait for a notice."""
        silent_at = self._spoke + SILENCE_S
        until = silent_at if self._look_at is None else min(self._look_at, silent_at)
        return max(0.0, until - monotonic())

    async def looked(self) -> list[bytes] | None:
        """Events found in the database, if it is time to look; None if the stream must end."""
        if self._look_at is None or monotonic() < self._look_at:
            return []
        self._look_at = None
        try:
            seen = await run_in_threadpool(_look, self._database, self._caller, self._hashed)
        except SQLAlchemyError:  # the gate reconnects; by then the database, or another host, may be up
            return None
        if seen is None:
            return None
        cursor, commands = seen
        news = [command_event(command) for command in commands]
        if cursor != self._known:
            self._known = cursor
            news.insert(0, passes_event(cursor))
        if news:
            self._spoke = monotonic()
        return news

    async def ends(self, notice: Notice | None) -> bool:
        if self._hub.stopping or isinstance(notice, GateRevoked | SentAway):
            return True
        # On SQLite another process may have moved the gate, and this process gets no notice of that.
        return (
            self._silent() and self._database.is_sqlite and await run_in_threadpool(_left, self._database, self._caller)
        )

    async def said(self, notice: Notice | None) -> bytes | None:
        """The bytes to send for a notice, or the comment that ends a silence; None if nothing is to be sent."""
        words: bytes | None = None
        match notice:
            case PassesChanged(cursor=cursor) if cursor != self._known:
                self._known, words = cursor, passes_event(cursor)
            case CommandIssued(command_id=command_id):
                issued = await run_in_threadpool(_command, self._database, self._caller, command_id)
                words = None if issued is None else command_event(issued)
            case RulesChosen():
                words = REPORT_EVENT
            case Missed() if (
                self._hub.hearing and self._look_at is None
            ):  # while the hub hears nothing, it looks for all streams
                self._look_at = monotonic() + random.random() * LOOKS_WITHIN_S  # noqa: S311  # spread
        if words is None and self._silent():
            words = f": {wire.instant_text(utc_now())}\n\n".encode()
        if words is not None:
            self._spoke = monotonic()
        return words

    def _silent(self) -> bool:
        return monotonic() - self._spoke >= SILENCE_S


def passes_event(cursor: str) -> bytes:
    data = wire.encode(wire.PassesHint(cursor)).decode()
    return f"event: passes\nid: {cursor}\ndata: {data}\n\n".encode()


def command_event(command: wire.Command) -> bytes:
    return f"event: command\ndata: {wire.encode(command).decode()}\n\n".encode()


def _look(database: Database, caller: Caller, hashed: str) -> tuple[str, list[wire.Command]] | None:
    """The newest cursor and the commands still waiting; None if the token is no longer this gate's."""
    row = database.one(SEEN, {"hash": hashed})
    if row is None or (row[0], row[1]) != (caller.gate_id, caller.territory_id):
        return None
    _, _, epoch, rev, waits = row
    return list_cursor(epoch, rev), _waiting(database, caller) if waits else []


def _waiting(database: Database, caller: Caller) -> list[wire.Command]:
    with database.read() as session:
        found = session.scalars(
            select(Command)
            .where(Command.gate_id == caller.gate_id, Command.expires_at > utc_now(), Command.outcome.is_(None))
            .order_by(Command.created_at)
        )
        return [_wired(command) for command in found]


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
