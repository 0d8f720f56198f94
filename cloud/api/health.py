"""`POST /health`: the health of the box, and what the cloud wants of it."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import UpdateBase, bindparam, literal_column, update

from cloud import push
from cloud.api.openapi import answers, takes
from cloud.api.problems import ApiProblem, EdgeRoute
from cloud.api.requests import Caller, FromGate, database_of, decoded, hub_of, recognised
from cloud.db.engine import Database
from cloud.db.models import Gate, utc_now
from cloud.domain import device_tokens
from cloud.fleet import rollouts, standing
from sync import wire

IN_ROLLOUT = f"""EXISTS (
    SELECT 1 FROM rollout_gates JOIN rollouts ON rollouts.id = rollout_gates.rollout_id
    WHERE rollout_gates.gate_id = gates.id AND rollouts.phase IN ({", ".join(f"'{phase}'" for phase in rollouts.LIVE)})
)"""  # noqa: S608  # words of ours
"""In plain words, because SQLAlchemy leaves out the tables' names in what SQLite returns."""
REPORTED: UpdateBase = (
    update(Gate)
    .where(Gate.id == bindparam("gate"))
    .values(
        health=bindparam("health"),
        health_at=bindparam("now"),
        last_seen_at=bindparam("now"),
        version=bindparam("version"),
        list_cursor=bindparam("list_cursor"),
        grade=bindparam("grade"),
    )
    .returning(
        Gate.token_at,
        Gate.token_wanted_at,
        Gate.anti_passback_h,
        Gate.convoy,
        literal_column(IN_ROLLOUT),
    )
)
"""Stores a report; says what it is answered from, and whether the gate is in a live rollout."""


class ReportRoute(EdgeRoute):
    """Takes a report without the machinery of the route, like a poll: the portal gets a report of every gate every minute."""

    async def at_once(self, request: Request) -> Response | None:
        caller = await recognised(request)
        return None if caller is None else await heard(request, caller)


router = APIRouter(route_class=ReportRoute)


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
    return await heard(request, caller)


async def heard(request: Request, caller: Caller) -> Response:
    report = await decoded(request, wire.Health)
    wanted = await run_in_threadpool(store_health, database_of(request), caller, report)
    hub_of(request).tell([push.HealthArrived(caller.territory_id, caller.gate_id)])
    if wanted == wire.HealthAnswer():
        return Response(status_code=204)
    return Response(wire.encode(wanted), media_type="application/json", headers={"Cache-Control": "no-store"})


def store_health(database: Database, caller: Caller, report: wire.Health) -> wire.HealthAnswer:
    """Stores the report as the newest. Returns what the cloud wants from the gate.

    Every gate reports every minute, and nearly always nobody waits for it: that costs one statement (ADR 199).
    """
    now = utc_now()
    row = database.change(
        REPORTED,
        {
            "gate": caller.gate_id,
            "health": wire.parse(wire.encode(report)),
            "now": now,
            "version": report.version,
            "list_cursor": report.list_cursor,
            "grade": standing.grade_of(report),
        },
    )
    if row is None:  # deleted since it was recognised
        raise ApiProblem(401, "this device token is unknown or revoked")
    token_at, wanted_at, anti_passback_h, convoy, in_rollout = row
    if in_rollout:
        with database.write() as session:
            rollouts.take_report(session, caller.gate_id, report, now=now)
        rollouts.advance(database, now=now)
    due = device_tokens.rotation_due(gate_id=caller.gate_id, token_at=token_at, wanted_at=wanted_at, now=now)
    chosen = wire.RulesChosen(float(anti_passback_h), convoy)
    known = report.rules is None or report.rules.chosen == chosen  # a gate reporting no rules accepts none (ADR 170)
    return wire.HealthAnswer(rotate_token=due, rules=None if known else chosen)
