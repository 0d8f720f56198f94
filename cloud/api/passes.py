"""`GET /passes`: the changes of a territory's list since a cursor."""

from __future__ import annotations

import dataclasses
import functools
import logging
import re
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from cloud.api.list_pages import ListPages, Mark, Wanted
from cloud.api.openapi import answers
from cloud.api.problems import ApiProblem, EdgeRoute
from cloud.api.requests import FromGate, database_of, recognised
from cloud.db.engine import Database
from cloud.db.models import Pass, Territory, utc_now
from cloud.push import list_cursor
from sync import wire

log = logging.getLogger(__name__)
CURSOR = re.compile(r"(\d{1,18})-(\d{1,18})")
LONG_OVER = timedelta(days=31)
"""A full list omits passes that ended longer ago: they would only take up the gate's memory."""
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


class PollRoute(EdgeRoute):
    """Takes a shortcut for a gate whose list is up to date, which is the usual case: it is answered before anything else."""

    async def at_once(self, request: Request) -> Response | None:
        cursor = request.query_params.get("cursor", "")
        caller = await recognised(request) if cursor else None
        return _unchanged(request, cursor) if caller is not None and cursor == caller.newest else None


router = APIRouter(route_class=PollRoute)


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
    wanted = Wanted(caller.territory_id, cursor, "hours" in speaks.split(","))
    assert caller.mark is not None  # `recognised` always sets it
    build = functools.partial(build_page, database_of(request), wanted)
    built = await pages_of(request).get(wanted, caller.mark, build)
    headers = {"Cache-Control": "no-store", "Vary": "Accept-Encoding"}
    if not built.packed:
        return Response(built.body, media_type="application/json", headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        return Response(built.body, media_type="application/json", headers=headers)
    return Response(await run_in_threadpool(built.plain), media_type="application/json", headers=headers)


def pages_of(request: Request) -> ListPages:
    """The `ListPages` of this worker."""
    state = request.app.state
    if not hasattr(state, "edge_pages"):
        state.edge_pages = ListPages()
    assert isinstance(state.edge_pages, ListPages)
    return state.edge_pages


def _unchanged(request: Request, cursor: str) -> Response:
    """The answer if nothing has changed. It needs only the counter read with the gate's token, not the list."""
    headers = {"Cache-Control": "no-store", "Vary": "Accept-Encoding", "ETag": f'"{cursor}"'}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    body = wire.encode(wire.PassPage(items=(), cursor=cursor, more=False, reset=False))
    return Response(body, media_type="application/json", headers=headers)


def read_page(database: Database, territory_id: int, cursor: str, *, hours: bool = False) -> wire.PassPage:
    """One page of changes after `cursor`, oldest first. If `cursor` is empty, the first page of the whole list.

    `hours`: the gate supports passes limited to days and hours. For one that does not, they are sent as deleted (ADR 106).
    """
    return build_page(database, Wanted(territory_id, cursor, hours))[0]


def build_page(database: Database, wanted: Wanted) -> tuple[wire.PassPage, Mark]:
    """Like `read_page`, and returns the counters that were read before the page."""
    with database.read() as session:
        epoch, newest, floor = session.execute(
            select(Territory.pass_epoch, Territory.pass_rev, Territory.pass_floor).where(
                Territory.id == wanted.territory_id
            )
        ).one()
        mark = Mark(epoch, newest, floor)
        after = _place(wanted.cursor, mark) if wanted.cursor else None
        rows = _changes(session, wanted.territory_id, after)
    more = len(rows) > wire.PAGE
    rows = rows[: wire.PAGE]
    end = rows[-1][-1] if more else newest
    # The page was read after the counter. A pass changed in between has a later revision and is sent again next time.
    page = wire.PassPage(
        items=tuple(_item(row, hours=wanted.hours) for row in rows),
        cursor=list_cursor(epoch, end),
        more=more,
        reset=after is None,
    )
    return _readable(page), mark


def _place(cursor: str, mark: Mark) -> int:
    """The list revision that a cursor stands for; 410 if the changes since then are not available."""
    match = CURSOR.fullmatch(cursor)
    if match is None or int(match[1]) != mark.epoch or not mark.floor <= int(match[2]) <= mark.rev:
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


def _readable(page: wire.PassPage) -> wire.PassPage:
    """Checks that gates can decode the page: first as a whole, then pass by pass if that fails, dropping the bad ones."""
    try:
        wire.decode(wire.PassPage, wire.encode(page))
    except wire.WireError:
        return dataclasses.replace(page, items=tuple(filter(_sound, page.items)))
    return page


def _sound(item: wire.PassItem) -> bool:
    """Whether gates can decode the pass. A single undecodable pass would make them reject the whole list."""
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
