"""`POST /calls` and `POST /calls/{id}`: a gate rings and stays in touch with its call (ADR 150)."""

from __future__ import annotations

import asyncio
import functools
from datetime import datetime

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from sqlalchemy.orm import Session

from cloud.api.openapi import answers, takes
from cloud.api.problems import ApiProblem, EdgeRoute
from cloud.api.requests import Caller, FromGate, database_of, decoded, hub_of
from cloud.calls import desk, ice, ringing
from cloud.calls.course import Phase
from cloud.calls.ice import IceSettings
from cloud.calls.ringing import TellCall
from cloud.db.engine import Database
from cloud.db.models import Call, Gate, Membership, utc_now
from cloud.push import call_topics
from sync import wire
from sync.call_wire import CallReport, CallRing, CallTold

router = APIRouter(route_class=EdgeRoute)
OFTEN_S = 300.0


@router.post(
    "/calls",
    responses=answers(CallTold, 401, 404, 408, 413, 415, 422, 429),
    openapi_extra=takes(CallRing),
    summary="Ring for a person; the call of the lane that is under way is answered instead of a second",
)
async def ring(request: Request, caller: FromGate) -> Response:
    asked = await decoded(request, CallRing)
    told = await run_in_threadpool(store_ring, database_of(request), caller, asked, *_parts(request))
    return _answer(told)


@router.post(
    "/calls/{call_id}",
    responses=answers(CallTold, 401, 404, 408, 413, 415, 422, 429),
    openapi_extra=takes(CallReport),
    summary="Stay in touch with a call; waits while nothing has changed since `seen`",
)
async def report(request: Request, caller: FromGate, call_id: str) -> Response:
    said = await decoded(request, CallReport)
    tell, servers = _parts(request)
    store = functools.partial(store_report, database_of(request), caller, call_id, said, tell, servers)
    hub, loop = hub_of(request), asyncio.get_running_loop()
    ends = loop.time() + said.wait_s
    async with hub.mailbox(*call_topics(caller.territory_id)) as box:
        told = await run_in_threadpool(store)
        while told.version == said.seen and told.phase != "ended" and not hub.stopping:
            left_s = ends - loop.time()
            if left_s <= 0:
                break
            await box.get(timeout_s=left_s)
            told = await run_in_threadpool(look, database_of(request), caller, call_id, servers)
    return _answer(told)


def store_ring(database: Database, caller: Caller, asked: CallRing, tell: TellCall, servers: IceSettings) -> CallTold:
    """Begin a call and ring, or return the lane's call under way. Raises ApiProblem."""
    now = utc_now()
    with database.write() as session:
        gate = session.get_one(Gate, caller.gate_id)
        try:
            row = desk.ring(session, gate, asked, now=now)
        except desk.NoSuchLane:
            raise ApiProblem(404, "no such lane") from None
        except desk.RungTooOften:
            raise ApiProblem(429, "this lane has rung too often", retry_after_s=OFTEN_S) from None
        if row.rang_at == now:
            ringing.rung(session, row, tell, now=now)
        return _state_of(row, servers, now)


def store_report(
    database: Database, caller: Caller, call_id: str, said: CallReport, tell: TellCall, servers: IceSettings
) -> CallTold:
    """Store the gate's report on its call, and ring the guest's host if that is due."""
    now = utc_now()
    with database.write() as session:
        row = _mine(session, caller, call_id, lock=True)
        desk.heard_gate(session, row, said, now=now)
        ringing.host_due(session, row, tell, now=now)
        return _state_of(row, servers, now)


def look(database: Database, caller: Caller, call_id: str, servers: IceSettings) -> CallTold:
    """The current state of the call."""
    with database.read() as session:
        return _state_of(_mine(session, caller, call_id), servers, utc_now())


def _mine(session: Session, caller: Caller, call_id: str, *, lock: bool = False) -> Call:
    known = 0 < len(call_id) <= 36 and call_id.isprintable()
    row = session.get(Call, call_id, with_for_update=lock) if known else None
    if row is None or row.gate_id != caller.gate_id:
        raise ApiProblem(404, "no such call")
    return row


def _state_of(row: Call, servers: IceSettings, now: datetime) -> CallTold:
    standing = desk.course_of(row, now)
    talking = standing.phase is Phase.ANSWERED
    return CallTold(
        id=row.id,
        version=row.version,
        phase=standing.phase.value,
        rings_until=standing.rings_until,
        ending="" if standing.ending is None else standing.ending.value,
        by=row.answered_by_name,
        attempt=row.attempt if talking else 0,
        offer=row.offer if talking else "",
        ice=ice.servers(servers, now=now) if talking else (),
    )


def _parts(request: Request) -> tuple[TellCall, IceSettings]:
    """The function that notifies people of a ringing call, and the ICE servers; an app without a portal has neither."""
    state = request.app.state
    tell: TellCall = getattr(state, "tell_call", _nobody)
    servers: IceSettings = getattr(state, "ice", None) or IceSettings()
    return tell, servers


def _nobody(session: Session, member: Membership, call: Call) -> None:
    """Without pages there is nobody to notify."""


def _answer(told: CallTold) -> Response:
    return Response(wire.encode(told), media_type="application/json")
