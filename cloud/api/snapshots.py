"""`PUT /events/{id}/snapshot`: receives the pictures of events."""

from __future__ import annotations

import logging

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError

from cloud import push
from cloud.api.events import UUID
from cloud.api.openapi import answers, takes_jpeg
from cloud.api.problems import ApiProblem, EdgeRoute
from cloud.api.quotas import Daily
from cloud.api.requests import Caller, FromGate, body_of, database_of, limits_of, pictures_of, wait_if
from cloud.db.engine import Database
from cloud.db.models import GateEvent, GateQuota, utc_now
from cloud.domain import gate_quotas
from cloud.domain.gate_quotas import CountUnknown
from cloud.pictures import Pictures, PicturesAway, PicturesNotAsked
from cloud.pictures.seam import key_of
from cloud.settings import Quota
from sync import wire

log = logging.getLogger(__name__)
AWAY_S = 30.0
"""Seconds after which a gate may retry a picture that could not be stored."""
JPEG_START = b"\xff\xd8\xff"
router = APIRouter(route_class=EdgeRoute)


@router.put(
    "/events/{event_id}/snapshot",
    status_code=204,
    responses=answers(None, 401, 404, 408, 413, 415, 422, 429, 503, status=204),
    openapi_extra=takes_jpeg(),
    summary="The picture of an event",
)
async def snapshot(request: Request, caller: FromGate, event_id: str) -> Response:
    if not UUID.fullmatch(event_id):
        raise ApiProblem(404, "no such event")
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != "image/jpeg":
        raise ApiProblem(415, "image/jpeg is taken")
    picture = await body_of(request, most=wire.SNAPSHOT_BYTES)
    if not picture.startswith(JPEG_START):
        raise ApiProblem(422, "body: this is no JPEG")
    daily = limits_of(request).daily
    wait_if(daily.refused.wait_s(("pictures", caller.gate_id)))
    wait_s = await run_in_threadpool(
        store_snapshot, database_of(request), pictures_of(request), caller, event_id, picture, daily
    )
    if wait_s:
        daily.refused.note(("pictures", caller.gate_id), wait_s)
        wait_if(wait_s)
    return Response(status_code=204)


def store_snapshot(
    database: Database, pictures: Pictures, caller: Caller, event_id: str, picture: bytes, daily: Daily
) -> float:
    """Stores the picture of an event of this gate and returns 0.0. A repeat replaces it with the same bytes.

    If too little is left of the gate's daily quota, it stores nothing and returns the seconds to wait. What is stored is
    counted with it: a picture that the storage did not take costs nothing.
    """
    key = key_of(caller.gate_id, event_id)
    wait_s = daily.counted(lambda quota: _wait_s(database, caller, event_id, len(picture), quota))
    if wait_s:
        return wait_s
    try:
        pictures.put(key, picture)
        if not daily.counted(lambda quota: _keep(database, caller, event_id, len(picture), quota)):
            pictures.drop([key])  # the event was deleted meanwhile: nothing would refer to the picture
            raise ApiProblem(404, "no such event")
    except PicturesAway as error:
        if not isinstance(error, PicturesNotAsked):
            log.error("pictures: %s", error)  # noqa: TRY400  # one line
        raise ApiProblem(503, "pictures cannot be kept just now", retry_after_s=AWAY_S) from error
    return 0.0


def _wait_s(database: Database, caller: Caller, event_id: str, size: int, quota: Quota | None) -> float:
    """Seconds until the gate may store a picture of `size` bytes. Raises ApiProblem if it has no such event."""
    found = select(GateEvent.id).where(GateEvent.gate_id == caller.gate_id, GateEvent.event_id == event_id)
    with database.read() as session:
        if quota is None:
            if session.scalar(found) is None:
                raise ApiProblem(404, "no such event")
            return 0.0
        both = found.add_columns(GateQuota.pictures_full_at).outerjoin(
            GateQuota, GateQuota.gate_id == GateEvent.gate_id
        )
        try:
            row = session.execute(both).one_or_none()
        except DBAPIError as error:
            raise CountUnknown from error
    if row is None:
        raise ApiProblem(404, "no such event")
    full_at = row.pictures_full_at
    return gate_quotas.picture_wait_s(full_at, size, most=quota.picture_bytes, now=utc_now().timestamp())


def _keep(database: Database, caller: Caller, event_id: str, size: int, quota: Quota | None) -> bool:
    """Writes down that the event has a picture, and counts it. False if the event was deleted meanwhile."""
    of_gate = GateEvent.gate_id == caller.gate_id, GateEvent.event_id == event_id
    key = key_of(caller.gate_id, event_id)
    with database.write() as session:
        number = session.scalar(update(GateEvent).where(*of_gate).values(snapshot_path=key).returning(GateEvent.id))
        if number is not None:
            push.event_arrived(session, caller.territory_id, number)
            if quota is not None:
                now = utc_now().timestamp()
                gate_quotas.count_picture(session, caller.gate_id, size, most=quota.picture_bytes, now=now)
    return number is not None
