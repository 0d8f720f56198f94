"""`POST /commands/{id}/ack` and `POST /health`: the outcome of a command, and the health of the box."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import update

from cloud import push
from cloud.api.openapi import answers, takes
from cloud.api.problems import ApiProblem, EdgeRoute
from cloud.api.requests import Caller, FromGate, database_of, decoded
from cloud.db.engine import Database
from cloud.db.models import Command, Gate, utc_now
from cloud.domain import device_tokens
from cloud.fleet import rollouts, standing
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


@router.post(
    "/health",
    responses={
        **answers(wire.HealthAnswer, 401, 408, 413, 415, 422, 429),
        204: {"description": "Nothing is wanted of the gate."},
    },
    openapi_extra=takes(wire.Health),
    summary="How the gate is; what the cloud would like of it",
)
async def health(request: Request, caller: FromGate) -> Response:
    report = await decoded(request, wire.Health)
    wanted = await run_in_threadpool(store_health, database_of(request), caller, report)
    if wanted == wire.HealthAnswer():
        return Response(status_code=204)
    return Response(wire.encode(wanted), media_type="application/json", headers={"Cache-Control": "no-store"})


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


def store_health(database: Database, caller: Caller, report: wire.Health) -> wire.HealthAnswer:
    """Stores the report as the newest. Returns what the cloud wants from the gate."""
    now = utc_now()
    with database.write() as session:
        token_at, wanted_at, anti_passback_h, convoy = session.execute(
            update(Gate)
            .where(Gate.id == caller.gate_id)
            .values(
                health=wire.parse(wire.encode(report)),
                health_at=now,
                last_seen_at=now,
                version=report.version,
                list_cursor=report.list_cursor,
                grade=standing.grade_of(report),
            )
            .returning(Gate.token_at, Gate.token_wanted_at, Gate.anti_passback_h, Gate.convoy)
            .execution_options(synchronize_session=False)
        ).one()
        in_rollout = rollouts.hear(session, caller.gate_id, report, now=now)
        push.announce(session, push.HealthArrived(caller.territory_id, caller.gate_id))
    if in_rollout:
        rollouts.advance(database, now=now)
    due = device_tokens.rotation_due(gate_id=caller.gate_id, token_at=token_at, wanted_at=wanted_at, now=now)
    chosen = wire.RulesChosen(float(anti_passback_h), convoy)
    known = report.rules is None or report.rules.chosen == chosen  # a gate reporting no rules accepts none (ADR 170)
    return wire.HealthAnswer(rotate_token=due, rules=None if known else chosen)
