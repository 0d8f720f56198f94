"""What every route of the edge API does first: who is it, how much do they send, how often. Event-loop thread."""

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
from cloud.api.pairing import token_hash
from cloud.api.problems import ApiProblem
from cloud.cells import departure
from cloud.db.engine import Database
from cloud.db.models import Gate, utc_now
from cloud.pictures import Pictures
from cloud.push import Hub, list_cursor
from cloud.settings import Quota
from sync import wire

T = TypeVar("T")
BODY_S = 60.0
"""Time a body may take to arrive: a drip-fed one must not hold a worker."""
TOKEN_CHARS = 200
DAY_S = 86_400.0
OF_TOKEN = """
SELECT gates.id, gates.territory_id, gates.token_hash, pass_epoch, pass_rev, pass_floor
FROM gates JOIN territories ON territories.id = gates.territory_id
WHERE (token_hash = :hash OR next_token_hash = :hash) AND revoked_at IS NULL
"""
bearer = HTTPBearer(auto_error=False, scheme_name="device", description="Device token, bought by `POST /enroll`.")


@dataclass(frozen=True, slots=True)
class Caller:
    """The gate that calls."""

    gate_id: int
    territory_id: int
    mark: Mark | None = None
    """Where the territory's list stood at the moment when the gate was recognised."""

    @property
    def newest(self) -> str:
        """The newest cursor; empty = none can be continued."""
        mark = self.mark
        return list_cursor(mark.epoch, mark.rev) if mark is not None and mark.floor <= mark.rev else ""


@dataclass(frozen=True, slots=True)
class Limits:
    """The rate limits of one worker; they live on `app.state`."""

    device: RateLimit
    """A gate that comes back after a month offline has thousands of pictures to send."""
    events: RateLimit
    picture_bytes: RateLimit
    """By gate: its quota of a day, refilled evenly."""
    update_bytes: RateLimit = field(default_factory=lambda: RateLimit(per_s=8e6, burst=64e6))
    """Of all gates together: a ring of thousands takes its time, and leaves the line to the lists."""


def make_limits(quota: Quota) -> Limits:
    """The limits of a worker whose gates have `quota` a day."""
    return Limits(
        device=RateLimit(per_s=50, burst=500),
        events=RateLimit(per_s=quota.events / DAY_S, burst=quota.events),
        picture_bytes=RateLimit(per_s=quota.picture_bytes / DAY_S, burst=quota.picture_bytes),
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
    """The gate whose token the request carries; 401 for everybody else."""
    if not 0 < len(credentials.credentials if credentials else "") <= TOKEN_CHARS:
        raise ApiProblem(401, "a device token is wanted")
    caller = await recognised(request)
    if caller is None:
        await lead_away(request, token_hash(credentials.credentials if credentials else ""))
        raise ApiProblem(401, "this device token is unknown or revoked")
    return caller


async def lead_away(request: Request, hashed: str, *, body: bytes | None = None) -> None:
    """Raises MovedAway when the hash is of something that left with its territory; 429 as `throttle`."""
    there = await run_in_threadpool(departure.by_credential, database_of(request), hashed)
    if there is not None:
        throttle(limits_of(request).device, hashed)
        raise MovedAway(there, body=body)


async def recognised(request: Request) -> Caller | None:
    """Whose token the request carries, if anybody's: one read by index, once for each request; 429 as `throttle`."""
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
    """The gate of a token's hash. Every poll of every gate asks: the words go to the driver as they are."""
    row = database.one(OF_TOKEN, {"hash": hashed})
    if row is None:
        return None
    gate_id, territory_id, current, *counters = row
    if current != hashed:
        _promote(database, gate_id, hashed)
    return Caller(gate_id, territory_id, Mark(*counters))


def _promote(database: Database, gate_id: int, hashed: str) -> None:
    """The gate has its new token and uses it: the old one is worth nothing from now on."""
    with database.write() as session:
        session.execute(
            update(Gate)
            .where(Gate.id == gate_id, Gate.next_token_hash == hashed)
            .values(token_hash=hashed, next_token_hash=None, token_at=utc_now())
        )


FromGate = Annotated[Caller, Depends(caller_of)]


def throttle(limit: RateLimit, key: object, amount: float = 1.0) -> None:
    """429 when `key` comes too often, or with too much."""
    wait_s = limit.take(key, amount)
    if wait_s:
        raise ApiProblem(429, "too many requests", retry_after_s=wait_s)


async def body_of(request: Request, *, most: int = wire.BODY_BYTES) -> bytes:
    """The body, at most `most` bytes of it, within `BODY_S`."""
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
    """The body as the contract's `kind`; 422 when it is something else."""
    try:
        return wire.decode(kind, await body_of(request))
    except wire.WireError as error:
        raise ApiProblem(422, str(error)) from None
