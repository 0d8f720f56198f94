"""`GET /passes`: what has changed in a territory's list since a cursor."""

from __future__ import annotations

import gzip
import logging
import re
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from cloud.api.openapi import answers
from cloud.api.problems import ApiProblem, EdgeRoute
from cloud.api.requests import FromGate, database_of
from cloud.db.engine import Database
from cloud.db.models import Pass, Territory, utc_now
from cloud.push import list_cursor
from sync import wire

log = logging.getLogger(__name__)
router = APIRouter(route_class=EdgeRoute)
CURSOR = re.compile(r"(\d{1,18})-(\d{1,18})")
LONG_OVER = timedelta(days=31)
"""A first list leaves out passes that ended longer ago: they would only cost the gate its memory."""
WORTH_GZIP = 2000
_COLUMNS = (
    Pass.id,
    Pass.plate,
    Pass.valid_from,
    Pass.valid_until,
    Pass.one_time,
    Pass.blocked,
    Pass.object_label,
    Pass.deleted_at,
    Pass.used_at,
    Pass.hours,
    Pass.rev,
)


@router.get(
    "/passes",
    responses={
        **answers(wire.PassPage, 401, 410, 422, 429),
        304: {"description": "Nothing since the cursor, which `If-None-Match` names too."},
    },
    summary="Changes of the pass list since a cursor",
)
async def passes(
    request: Request,
    caller: FromGate,
    cursor: Annotated[str, Query(description="Empty = the whole list.")] = "",
    speaks: Annotated[
        str, Query(description="What the gate understands beyond the first contract, such as `hours`.")
    ] = "",
) -> Response:
    if cursor and cursor == caller.newest:
        return _unchanged(request, cursor)
    hours = "hours" in speaks.split(",")
    page = await run_in_threadpool(read_page, database_of(request), caller.territory_id, cursor, hours=hours)
    body = await run_in_threadpool(wire.encode, page)
    headers = {"Cache-Control": "no-store", "Vary": "Accept-Encoding"}
    if len(body) >= WORTH_GZIP and "gzip" in request.headers.get("accept-encoding", ""):
        body = await run_in_threadpool(gzip.compress, body, 3)
        headers["Content-Encoding"] = "gzip"
    return Response(body, media_type="application/json", headers=headers)


def _unchanged(request: Request, cursor: str) -> Response:
    """Nothing since: told from the counter that was read with the gate's token, without a look at the list."""
    headers = {"Cache-Control": "no-store", "Vary": "Accept-Encoding", "ETag": f'"{cursor}"'}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    body = wire.encode(wire.PassPage(items=(), cursor=cursor, more=False, reset=False))
    return Response(body, media_type="application/json", headers=headers)


def read_page(database: Database, territory_id: int, cursor: str, *, hours: bool = False) -> wire.PassPage:
    """One page of changes after `cursor`, oldest first; the whole list from its start when `cursor` is empty.

    `hours`: the gate knows of days and hours; to one that does not, a pass with them is no more (ADR 106).
    """
    with database.read() as session:
        epoch, newest, floor = session.execute(
            select(Territory.pass_epoch, Territory.pass_rev, Territory.pass_floor).where(Territory.id == territory_id)
        ).one()
        after = _place(cursor, epoch=epoch, newest=newest, floor=floor) if cursor else None
        rows = _changes(session, territory_id, after)
    more = len(rows) > wire.PAGE
    rows = rows[: wire.PAGE]
    end = rows[-1][-1] if more else newest
    # The page was read after the counter: a pass changed in between has a later place, and is told again next time.
    return wire.PassPage(
        items=tuple(item for row in rows if _sound(item := _item(row, hours=hours))),
        cursor=list_cursor(epoch, end),
        more=more,
        reset=after is None,
    )


def _place(cursor: str, *, epoch: int, newest: int, floor: int) -> int:
    """The place a cursor stands for; 410 when a delta from there cannot be told."""
    match = CURSOR.fullmatch(cursor)
    if match is None or int(match[1]) != epoch or not floor <= int(match[2]) <= newest:
        raise ApiProblem(410, "this cursor is too old: begin again without one")
    return int(match[2])


def _changes(session: Session, territory_id: int, after: int | None) -> list[tuple[Any, ...]]:
    query = select(*_COLUMNS).where(Pass.territory_id == territory_id).order_by(Pass.rev).limit(wire.PAGE + 1)
    if after is not None:
        query = query.where(Pass.rev > after)
    else:
        lately = or_(Pass.valid_until.is_(None), Pass.valid_until > utc_now() - LONG_OVER)
        spent = and_(Pass.one_time, Pass.used_at.is_not(None))
        query = query.where(Pass.deleted_at.is_(None), lately, ~spent)
    return [tuple(row) for row in session.execute(query)]


def _sound(item: wire.PassItem) -> bool:
    """Whether the gate will read it: one pass that it cannot read would cost the territory its whole list."""
    try:
        wire.decode(wire.PassItem, wire.encode(item))
    except wire.WireError as error:
        log.error("pass %s is kept from the gates: %s", item.id, error)  # noqa: TRY400  # one line
        return False
    return True


def _item(row: tuple[Any, ...], *, hours: bool) -> wire.PassItem:
    pass_id, plate, valid_from, valid_until, one_time, blocked, label, deleted_at, used_at, held, _rev = row
    used = bool(one_time) and used_at is not None
    return wire.PassItem(
        id=pass_id,
        plate=plate,
        valid_from=valid_from,
        valid_until=valid_until,
        one_time=bool(one_time),
        blocked=bool(blocked),
        object=label,
        deleted=deleted_at is not None or used or bool(held and not hours and not blocked),
        used=used,
        hours=held if hours and not blocked else "",
    )
