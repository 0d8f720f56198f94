"""What every route of the edge API checks first: the caller, the size of the body and the rate. Event-loop thread."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Annotated, TypeVar

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import update

from cloud.api.forwarding import MovedAway
from cloud.api.limits import RateLimit
from cloud.api.list_pages import Mark
from cloud.api.problems import ApiProblem
from cloud.api.quotas import Daily
from cloud.cells import departure
from cloud.db.engine import Database
from cloud.db.models import Gate, utc_now
from cloud.domain.tokens import token_hash
from cloud.pictures import Pictures
from cloud.push import Hub, list_cursor
from cloud.settings import Quota
from sync import wire

T = TypeVar("T")
BODY_S = 60.0
"""How long a body may take to arrive, so that a slow sender cannot hold a worker."""
TOKEN_CHARS = 200
OF_TOKEN = """
SELECT gates.id, gates.territory_id, gates.token_hash, pass_epoch, pass_rev, pass_floor
FROM gates JOIN territories ON territories.id = gates.territory_id
WHERE (token_hash = :hash OR next_token_hash = :hash) AND revoked_at IS NULL
"""
bearer = HTTPBearer(auto_error=False, scheme_name="device", description="Device token, bought by `POST /enroll`.")


@dataclass(frozen=True, slots=True)
class Caller:
    """The gate that makes the request."""

    gate_id: int
    territory_id: int
    mark: Mark | None = None
    """The version of the territory's list when the gate was recognised."""

    @property
    def newest(self) -> str:
        """The newest cursor; empty = no cursor is valid."""
        mark = self.mark
        return list_cursor(mark.epoch, mark.rev) if mark is not None and mark.floor <= mark.rev else ""


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits as one worker sees them, kept on `app.state`."""

    device: RateLimit
    """Requests per gate to this worker, whose time they protect: other workers have limits of their own (ADR 208).

    Generous, because a gate back after a month offline has thousands of pictures to send."""
    daily: Daily
    """What a gate may send in a day, to all workers together."""
    update_bytes: RateLimit = field(default_factory=lambda: RateLimit(per_s=8e6, burst=64e6))
    """For all gates together: a ring of thousands downloads slowly and leaves bandwidth for the lists."""


def make_limits(quota: Quota) -> Limits:
    """The limits of a worker whose gates may send `quota` a day."""
    return Limits(
        device=RateLimit(per_s=50, burst=500),
        daily=Daily(quota),
    )


def limits_of(request: Request) -> Limits:
    state = request.app.state
    if not hasattr(state, "edge_limits"):
        state.edge_limits = make_limits(Quota())
    assert isinstance(state.edge_limits, Limits)
    return state.edge_limits


def database_of(request: Request) -> Database:
    database = request.app.state.database
    assert isinstance(database, Database)
    return database


def hub_of(request: Request) -> Hub:
    hub = request.app.state.hub
    assert isinstance(hub, Hub)
    return hub


def pictures_of(request: Request) -> Pictures:
    pictures: Pictures = request.app.state.pictures
    return pictures


async def caller_of(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
) -> Caller:
    """The gate whose token the request carries; otherwise 401. Raises MovedAway if the token's territory has moved."""
    if not 0 < len(credentials.credentials if credentials else "") <= TOKEN_CHARS:
        raise ApiProblem(401, "a device token is wanted")
    caller = await recognised(request)
    if caller is None:
        await lead_away(request, token_hash(credentials.credentials if credentials else ""))
        raise ApiProblem(401, "this device token is unknown or revoked")
    return caller


async def lead_away(request: Request, hashed: str, *, body: bytes | None = None) -> None:
    """Raises MovedAway if the hash is of a credential whose territory has moved away; 429 like `throttle`."""
    there = await run_in_threadpool(departure.by_credential, database_of(request), hashed)
    if there is not None:
        throttle(limits_of(request).device, hashed)
        raise MovedAway(there, body=body)


async def recognised(request: Request) -> Caller | None:
    """The gate whose token the request carries, if any. One indexed read, once per request; 429 like `throttle`."""
    if hasattr(request.state, "caller"):
        known: Caller | None = request.state.caller
        return known
    request.state.caller = None
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not 0 < len(token) <= TOKEN_CHARS:
        return None
    caller = await run_in_threadpool(find_caller, database_of(request), token_hash(token))
    if caller is not None:
        throttle(limits_of(request).device, caller.gate_id)
        request.state.caller = caller
    return caller


def find_caller(database: Database, hashed: str) -> Caller | None:
    """The gate of a token's hash. Every poll of every gate runs this, so it bypasses SQLAlchemy's query building."""
    row = database.one(OF_TOKEN, {"hash": hashed})
    if row is None:
        return None
    gate_id, territory_id, current, *counters = row
    if current != hashed:
        _promote(database, gate_id, hashed)
    return Caller(gate_id, territory_id, Mark(*counters))


def _promote(database: Database, gate_id: int, hashed: str) -> None:
    """Makes the new token the current one, since the gate has used it. The old token is invalid from now on."""
    with database.write() as session:
        session.execute(
            update(Gate)
            .where(Gate.id == gate_id, Gate.next_token_hash == hashed)
            .values(token_hash=hashed, next_token_hash=None, token_at=utc_now())
        )


FromGate = Annotated[Caller, Depends(caller_of)]


def throttle(limit: RateLimit, key: object, amount: float = 1.0) -> None:
    """Takes `amount` from the limit of `key`; 429 if it is exhausted."""
    wait_if(limit.take(key, amount))


def wait_if(wait_s: float) -> None:
    """429 if the caller has to wait."""
    if wait_s:
        raise ApiProblem(429, "too many requests", retry_after_s=wait_s)


async def body_of(request: Request, *, most: int = wire.BODY_BYTES) -> bytes:
    """The body; 413 if it is larger than `most` bytes, 408 if it takes longer than `BODY_S`, 415 if it is compressed."""
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise ApiProblem(415, "bodies are sent uncompressed")
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > most:
                    raise ApiProblem(413, f"at most {most} bytes are taken")
    except TimeoutError:
        raise ApiProblem(408, "the body took too long") from None
    return bytes(body)


async def decoded(request: Request, kind: type[T]) -> T:
    """The body decoded as the contract's `kind`; 422 if it is invalid."""
    try:
        return wire.decode(kind, await body_of(request))
    except wire.WireError as error:
        raise ApiProblem(422, str(error)) from None
