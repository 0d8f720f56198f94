"""`/api/v1/passes` and `/api/v1/visits`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from cloud.api.openapi import PROBLEMS, answers, takes
from cloud.api.requests import body_of, database_of
from cloud.db.engine import Database
from cloud.db.models import ApiToken, GateEvent, Pass, utc_now
from cloud.domain import audit, doubts, passes
from cloud.domain.errors import Invalid, RuledOut
from cloud.domain.objects import read_object
from cloud.domain.periods import Period, check_period
from cloud.odd_plates import read_typed
from cloud.plates import PlateInvalid
from cloud.public_api.bodies import PAGE, NewPass, PassPage, PassView, Problem, VisitPage, visit_of
from cloud.public_api.callers import ForJournal, ForPasses
from cloud.public_api.problems import (
    BASE,
    Code,
    PublicProblem,
    PublicRoute,
    body_invalid,
    field_invalid,
    ruled_out,
)
from sync import wire

BODY_BYTES = 16 * 1024
LONGEST_NUMBER = 18
SAID = {
    **PROBLEMS,
    401: "The token is missing, unknown, over or revoked.",
    403: "This token may not do that.",
    404: "There is no such pass of this token.",
    409: "The territory's limits, its ban or its closing stand against it.",
}
router = APIRouter(prefix=BASE, tags=["public"], route_class=PublicRoute)


@router.get(
    "/passes",
    responses=answers(PassPage, 401, 403, 422, 429, said=SAID, body=Problem),
    summary="Passes in force or to come, by id",
)
async def list_passes(
    request: Request,
    caller: ForPasses,
    after: Annotated[str, Query(description="The last id of the page before.")] = "",
) -> Response:
    return _json(await run_in_threadpool(read_passes, database_of(request), caller, after))


@router.post(
    "/passes",
    status_code=201,
    responses=answers(PassView, 401, 403, 408, 409, 413, 415, 422, 429, status=201, said=SAID, body=Problem),
    openapi_extra=takes(NewPass),
    summary="File a pass; the same one twice is one",
)
async def file_pass(request: Request, caller: ForPasses) -> Response:
    try:
        wanted = wire.decode(NewPass, await body_of(request, most=BODY_BYTES))
    except wire.WireError as error:
        raise body_invalid(error) from None
    return _json(await run_in_threadpool(store_pass, database_of(request), caller, wanted), status=201)


@router.delete(
    "/passes/{pass_id}",
    status_code=204,
    responses=answers(None, 401, 403, 404, 429, status=204, said=SAID, body=Problem),
    summary="End a pass that was filed in this token's name",
)
async def end_pass(request: Request, caller: ForPasses, pass_id: str) -> Response:
    await run_in_threadpool(withdraw, database_of(request), caller, pass_id)
    return Response(status_code=204)


@router.get(
    "/visits",
    responses=answers(VisitPage, 401, 403, 422, 429, said=SAID, body=Problem),
    summary="The journal, in the order in which the portal heard of it",
)
async def list_visits(
    request: Request,
    caller: ForJournal,
    after: Annotated[str, Query(description="The last id that was seen; empty = from the first.")] = "",
) -> Response:
    if after and not (after.isascii() and after.isdecimal() and len(after) <= LONGEST_NUMBER):
        raise PublicProblem(422, Code.FIELD_INVALID, field="after")
    return _json(await run_in_threadpool(read_visits, database_of(request), caller, int(after or 0)))


def read_passes(database: Database, caller: ApiToken, after: str) -> PassPage:
    query = (
        select(Pass)
        .where(Pass.territory_id == caller.territory_id, Pass.blocked.is_(False), passes.is_live(utc_now()))
        .order_by(Pass.id)
        .limit(PAGE + 1)
    )
    if after:
        query = query.where(Pass.id > _clean(after))
    with database.read() as session:
        rows = list(session.scalars(query))
    return PassPage(tuple(_view(row, caller) for row in rows[:PAGE]), len(rows) > PAGE)


def store_pass(database: Database, caller: ApiToken, wanted: NewPass) -> PassView:
    """Files a pass in the manager's name, within the territory's limits.

    The caller is a program, so an oddly typed plate is accepted without asking back.
    """
    now = utc_now()
    try:
        plate = read_typed(wanted.plate)
        period = Period(wanted.valid_from, wanted.valid_until)
        check_period(period, now=now)
        label, note = read_object(wanted.object, required=False), passes.read_note(wanted.note)
        if not note.isprintable():
            raise PublicProblem(422, Code.FIELD_INVALID, field="note")
    except PlateInvalid as error:
        raise PublicProblem(422, Code.FIELD_INVALID, text=error.reason, field="plate") from None
    except Invalid as error:
        raise field_invalid(error) from None
    with database.write() as session:
        territory, owner = session.merge(caller.territory, load=False), session.merge(caller.made_by, load=False)
        session.refresh(territory)
        if doubts.blocked_among(session, territory, {plate.canonical}, now=now):
            raise PublicProblem(409, Code.PLATE_BLOCKED, field="plate")
        request = passes.PassRequest(plate, period, wanted.one_time, label, note)
        try:
            row = passes.file(session, territory, request, owner=owner, filed_by=owner, limited=True, now=now)
        except RuledOut as error:
            raise ruled_out(error) from None
        except Invalid as error:
            raise field_invalid(error) from None
        session.flush()
        subject = f"{plate.canonical}: API, {caller.name}"
        audit.record(session, "pass-added", actor=owner, territory=territory, subject=subject)
        return _view(row, caller)


def withdraw(database: Database, caller: ApiToken, pass_id: str) -> None:
    with database.write() as session:
        row = session.get(Pass, _clean(pass_id))
        mine = row is not None and (row.territory_id, row.owner_id) == (caller.territory_id, caller.made_by_id)
        if row is None or not mine or row.blocked:
            raise PublicProblem(404, Code.PASS_UNKNOWN)
        owner = session.merge(caller.made_by, load=False)
        passes.end(session, row, now=utc_now())
        territory = session.merge(caller.territory, load=False)
        audit.record(
            session, "pass-ended", actor=owner, territory=territory, subject=f"{row.plate}: API, {caller.name}"
        )


def read_visits(database: Database, caller: ApiToken, after: int) -> VisitPage:
    query = (
        select(GateEvent)
        .options(joinedload(GateEvent.gate))
        .where(GateEvent.territory_id == caller.territory_id, GateEvent.id > after)
        .order_by(GateEvent.id)
        .limit(PAGE + 1)
    )
    with database.read() as session:
        rows = list(session.scalars(query))
    return VisitPage(tuple(visit_of(row) for row in rows[:PAGE]), len(rows) > PAGE)


def _clean(typed: str) -> str:
    """`typed` if a database can hold it as an id, otherwise «-», which matches no pass."""
    return typed if typed.isascii() and typed.isprintable() and len(typed) <= 36 else "-"


def _view(row: Pass, caller: ApiToken) -> PassView:
    return PassView(
        row.id, row.plate, row.valid_from, row.valid_until, row.one_time, row.object_label, row.note,
        row.owner_id == caller.made_by_id,
    )  # fmt: skip


def _json(body: object, *, status: int = 200) -> Response:
    headers = {"Cache-Control": "no-store"}
    return Response(wire.encode(body), status_code=status, media_type="application/json", headers=headers)
