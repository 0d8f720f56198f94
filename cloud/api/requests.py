"""What every route of the edge API does first: who is it, how much do they send, how often. Event-loop thread."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypeVar

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import select

from cloud.api.limits import RateLimit
from cloud.api.pairing import token_hash
from cloud.api.problems import ApiProblem
from cloud.db.engine import Database
from cloud.db.models import Gate
from cloud.push import Hub
from sync import wire

T = TypeVar("T")
BODY_S = 60.0
"""Time a body may take to arrive: a drip-fed one must not hold a worker."""
TOKEN_CHARS = 200
bearer = HTTPBearer(auto_error=False, scheme_name="device", description="Device token, bought by `POST /enroll`.")


@dataclass(frozen=True, slots=True)
class Caller:
    """The gate that calls."""

    gate_id: int
    territory_id: int


@dataclass(frozen=True, slots=True)
class Limits:
    """The rate limits of one worker; they live on `app.state`."""

    device: RateLimit
    """A gate that comes back after a month offline has thousands of pictures to send."""


def limits_of(request: Request) -> Limits:
    state = request.app.state
    if not hasattr(state, "edge_limits"):
        state.edge_limits = Limits(device=RateLimit(per_s=50, burst=500))
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


def data_dir_of(request: Request) -> Path:
    return Path(request.app.state.data_dir)


async def caller_of(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
) -> Caller:
    """The gate whose token the request carries; 401 for everybody else."""
    token = credentials.credentials if credentials else ""
    if not 0 < len(token) <= TOKEN_CHARS:
        raise ApiProblem(401, "a device token is wanted")
    caller = await run_in_threadpool(find_caller, database_of(request), token_hash(token))
    if caller is None:
        raise ApiProblem(401, "this device token is unknown or revoked")
    throttle(limits_of(request).device, caller.gate_id)
    return caller


def find_caller(database: Database, hashed: str) -> Caller | None:
    with database.read() as session:
        row = session.execute(
            select(Gate.id, Gate.territory_id).where(Gate.token_hash == hashed, Gate.revoked_at.is_(None))
        ).one_or_none()
    return None if row is None else Caller(*row)


FromGate = Annotated[Caller, Depends(caller_of)]


def throttle(limit: RateLimit, key: object) -> None:
    """429 when `key` comes too often."""
    wait_s = limit.take(key)
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
