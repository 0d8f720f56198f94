"""`POST /commands/{id}/ack`: the outcome of a command."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool

from cloud import push
from cloud.api.openapi import answers, takes
from cloud.api.problems import ApiProblem, EdgeRoute
from cloud.api.requests import Caller, FromGate, database_of, decoded
from cloud.db.engine import Database
from cloud.db.models import Command, utc_now
from sync import wire

router = APIRouter(route_class=EdgeRoute)


@router.post(
    "/commands/{command_id}/ack",
    status_code=204,
    responses=answers(None, 401, 404, 408, 413, 415, 422, 429, status=204),
    openapi_extra=takes(wire.CommandAck),
    summary="How a command ended",
)
async def acknowledge(request: Request, caller: FromGate, command_id: str) -> Response:
    ack = await decoded(request, wire.CommandAck)
    await run_in_threadpool(store_ack, database_of(request), caller, command_id, ack)
    return Response(status_code=204)


def store_ack(database: Database, caller: Caller, command_id: str, ack: wire.CommandAck) -> None:
    """Stores the first outcome reported. A repeat changes nothing."""
    if not 0 < len(command_id) <= 36 or not command_id.isprintable():
        raise ApiProblem(404, "no such command")
    with database.write() as session:
        command = session.get(Command, command_id)
        if command is None or command.gate_id != caller.gate_id:
            raise ApiProblem(404, "no such command")
        if command.outcome is None:
            command.outcome, command.outcome_detail, command.acked_at = ack.outcome, ack.detail, utc_now()
            push.health_arrived(session, command.gate)
