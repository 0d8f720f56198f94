"""`GET /update` and its pieces: the build that a gate should have. Only gates whose owners enabled updates ask for it."""

from __future__ import annotations

import functools
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from cloud.api.openapi import answers
from cloud.api.problems import ApiProblem, EdgeRoute
from cloud.api.requests import Caller, FromGate, database_of, limits_of, throttle
from cloud.db.engine import Database
from cloud.db.models import utc_now
from cloud.fleet import bundles, rollouts
from sync import wire

router = APIRouter(route_class=EdgeRoute)
MOST_PIECES = 1 << 14


@router.get(
    "/update",
    responses={
        **answers(wire.UpdateWanted, 401, 422, 429),
        204: {"description": "What the gate has is what it should have."},
    },
    summary="The build that the gate should have",
)
async def update(
    request: Request,
    caller: FromGate,
    python: Annotated[str, Query(max_length=8, description="Of the gate, such as `3.11`.")],
    machine: Annotated[str, Query(max_length=20, description="Of the gate, such as `aarch64`.")],
    running: Annotated[str, Query(max_length=64, description="The build in use; empty = not from a bundle.")] = "",
) -> Response:
    asked = functools.partial(ask, database_of(request), caller, python=python, machine=machine, running=running)
    found = await run_in_threadpool(asked)
    if found is None:
        return Response(status_code=204, headers={"Cache-Control": "no-store"})
    return Response(wire.encode(found), media_type="application/json", headers={"Cache-Control": "no-store"})


@router.get(
    "/update/{release}/{number}",
    responses=answers(None, 401, 404, 422, 429),
    summary="One piece of the file of a build, counted from 0",
)
async def piece(request: Request, caller: FromGate, release: str, number: int) -> Response:
    if not 0 <= number < MOST_PIECES or len(release) > 64 or not release.isprintable():
        raise ApiProblem(404, "no such piece")
    throttle(limits_of(request).update_bytes, "all", wire.PIECE_BYTES)
    body = await run_in_threadpool(read_piece, database_of(request), caller, release, number)
    return Response(body, media_type="application/octet-stream", headers={"Cache-Control": "no-store"})


def ask(database: Database, caller: Caller, *, python: str, machine: str, running: str) -> wire.UpdateWanted | None:
    now = utc_now()
    rollouts.advance(database, now=now)
    with database.write() as session:
        return rollouts.wanted(session, caller.gate_id, python=python, machine=machine, running=running, now=now)


def read_piece(database: Database, caller: Caller, release: str, number: int) -> bytes:
    """Reads a piece; 404 also if the gate may not have it now, so that stopping a rollout ends downloads in progress."""
    with database.read() as session:
        release_id = rollouts.release_for(session, caller.gate_id, release)
        body = None if release_id is None else bundles.piece(session, release_id, number)
    if body is None:
        raise ApiProblem(404, "this build is not for this gate now")
    return body
