"""`POST /enroll` exchanges a one-time pairing code for a device token; `/token` renews the token."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import null, select, update
from sqlalchemy.orm import Session

from cloud import push
from cloud.api.forwarding import HOPS_HEADER
from cloud.api.openapi import answers, takes
from cloud.api.problems import ApiProblem, EdgeRoute
from cloud.api.requests import Caller, FromGate, body_of, database_of, lead_away
from cloud.db.engine import Database
from cloud.db.models import Arrival, Gate, PairingCode, Territory, utc_now
from cloud.domain import limits
from cloud.domain.limits import Backoff
from cloud.domain.pairing import code_hash, make_token
from cloud.domain.tokens import token_hash
from sync import wire

CODES = Backoff("enrol", 10, timedelta(seconds=10), timedelta(minutes=15), timedelta(hours=1))
"""Attempts to enrol, per network. A valid code resets the count."""
router = APIRouter(route_class=EdgeRoute)


@router.post(
    "/enroll",
    responses=answers(wire.EnrollAnswer, 403, 408, 413, 415, 422, 429),
    openapi_extra=takes(wire.EnrollRequest),
    summary="Bind a gate to a territory by a one-time code",
)
async def enroll(request: Request) -> Response:
    network = limits.network(request.client.host if request.client else "")
    await run_in_threadpool(count_try, database_of(request), network)
    body = await body_of(request)
    try:
        wanted = wire.decode(wire.EnrollRequest, body)
    except wire.WireError as error:
        raise ApiProblem(422, str(error)) from None
    await lead_away(request, code_hash(wanted.code), body=body)
    moves = Moves.told_in(request)
    answer = await run_in_threadpool(enrol_gate, database_of(request), wanted, network=network, moves=moves)
    return Response(wire.encode(answer), media_type="application/json", headers={"Cache-Control": "no-store"})


def count_try(database: Database, network: str) -> None:
    """Counts an attempt, to stop the guessing of pairing codes; 429 if there were too many.

    The count is in the database, so that all workers share it.
    """
    with database.write() as session:
        wait = limits.attempt(session, CODES, network, now=utc_now())
    if wait:
        raise ApiProblem(429, "too many requests", retry_after_s=wait.total_seconds())


@dataclass(frozen=True, slots=True)
class Moves:
    """What a gate is told about moves together with a token (ADR 147)."""

    key: str = ""
    """The public key that verifies redirects to another cell; empty = none is configured."""
    led_on: bool = False
    """An older cell forwarded the gate's request. The gate has yet to receive the redirects that lead here."""

    @classmethod
    def told_in(cls, request: Request) -> Moves:
        """What the answer to `request` says about moves."""
        return cls(str(getattr(request.app.state, "move_key", "")), HOPS_HEADER in request.headers)


NO_MOVES = Moves()


def enrol_gate(
    database: Database, wanted: wire.EnrollRequest, *, network: str = "", moves: Moves = NO_MOVES
) -> wire.EnrollAnswer:
    """Uses up the code and gives the gate a new token. Its old token is invalid from now on."""
    with database.write() as session:
        territory_id, gate_id = _spend(session, wanted.code)
        limits.forget(session, CODES, network)  # whoever knows a code is not guessing: a site may enrol many boxes
        gate = session.get(Gate, gate_id) if gate_id is not None else None
        if gate is None:
            gate = Gate(territory_id=territory_id, name=wanted.name)
            session.add(gate)
        gate.lanes = [{"name": lane.name, "direction": lane.direction} for lane in wanted.lanes]
        gate.version = wanted.version
        territory = session.get_one(Territory, territory_id)
        token = make_token(territory.code)
        gate.token_hash = token_hash(token)
        gate.next_token_hash = None
        gate.token_at = gate.enrolled_at = gate.last_seen_at = utc_now()
        gate.revoked_at = None
        # What stood here was said by the box before, of its own cameras, disk and list: of this one nothing is known yet.
        gate.health, gate.health_at, gate.grade, gate.list_cursor = null(), None, None, None
        session.flush()
        push.gate_revoked(session, gate.id)  # closes the streams of the old token
        push.health_arrived(session, gate)
        return _answer(session, territory, token, moves)


@router.post(
    "/token",
    responses=answers(wire.EnrollAnswer, 401, 429),
    summary="A new token for the gate; the old one ends with the first use of the new",
)
async def renew(request: Request, caller: FromGate) -> Response:
    moves = Moves.told_in(request)
    answer = await run_in_threadpool(renew_token, database_of(request), caller, moves=moves)
    return Response(wire.encode(answer), media_type="application/json", headers={"Cache-Control": "no-store"})


@router.get(
    "/token",
    status_code=204,
    responses=answers(None, 401, 429, status=204),
    summary="Whether the token is good; the first use of a new one",
)
async def prove(caller: FromGate) -> Response:  # noqa: ARG001  # the dependency has already checked the token
    return Response(status_code=204)


def renew_token(database: Database, caller: Caller, *, moves: Moves = NO_MOVES) -> wire.EnrollAnswer:
    """Issues a token that replaces the current one when it is first used. Asking again voids the one issued before."""
    with database.write() as session:
        gate = session.get_one(Gate, caller.gate_id)
        token = make_token(gate.territory.code)
        gate.next_token_hash = token_hash(token)
        return _answer(session, gate.territory, token, moves)


def _answer(session: Session, territory: Territory, token: str, moves: Moves) -> wire.EnrollAnswer:
    arrival = None if moves.led_on else session.get(Arrival, territory.code)
    return wire.EnrollAnswer(
        device_token=token,
        territory=territory.name,
        timezone=territory.timezone,
        code=territory.code,
        move_key=moves.key,
        move_serial=0 if arrival is None else arrival.serial,
    )


def _spend(session: Session, code: str) -> tuple[int, int | None]:
    """Uses up a code and returns its territory and gate. The condition in the UPDATE lets only one of two callers win."""
    now = utc_now()
    hashed = code_hash(code)
    spent = session.scalar(
        update(PairingCode)
        .where(PairingCode.code_hash == hashed, PairingCode.used_at.is_(None), PairingCode.expires_at > now)
        .values(used_at=now)
        .returning(PairingCode.id)
        .execution_options(synchronize_session=False)
    )
    if spent is None:
        raise ApiProblem(403, "this code is unknown, used or too old")
    row = session.execute(select(PairingCode.territory_id, PairingCode.gate_id).where(PairingCode.id == spent)).one()
    return row.territory_id, row.gate_id
