"""The stream that tells an operator's page that something happened; the page then fetches what."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from cloud.db.models import Device, Membership, MemberState, Role, utc_now
from cloud.push import page_topics
from cloud.web.access import Access
from cloud.web.forms import Form
from cloud.web.gatekeeper import enter_territory, identify, turn_away
from cloud.web.portal import Portal

HEARTBEAT_S = 15.0
LASTS_BEATS = 40
"""The stream ends by itself after some minutes; the browser comes back and is asked again who it is."""


def feed_stream(portal: Portal) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint `/t/{code}/feed/stream`."""

    async def answer(request: Request) -> Response:
        if portal.hub.full:
            return Response(status_code=503)
        found = await run_in_threadpool(_watcher, portal, request)
        if isinstance(found, Response):
            return found
        return StreamingResponse(
            _hints(portal, found), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"}
        )

    return answer


@dataclass(frozen=True, slots=True)
class Watcher:
    """Who watches, and by which log-in."""

    member_id: int
    territory_id: int
    device_id: int


def _watcher(portal: Portal, request: Request) -> Response | Watcher:
    """Who may watch, or the refusal."""
    context, _ = identify(portal, request, Form())
    if (closed := turn_away(Access.OPERATOR, context)) is not None:
        return closed
    with portal.database.read() as session:
        if not enter_territory(session, context):
            return Response(status_code=404)
    if not Access.OPERATOR.admits(context.role):
        return Response(status_code=403)
    assert context.device is not None
    return Watcher(context.member.id, context.member.territory_id, context.device.id)


async def _hints(portal: Portal, watcher: Watcher) -> AsyncIterator[str]:
    async with portal.hub.mailbox(*page_topics(watcher.territory_id)) as box:
        yield "retry: 3000\n\n"
        for _ in range(LASTS_BEATS):
            notice = await box.get(timeout_s=HEARTBEAT_S)
            if portal.hub.stopping or not await run_in_threadpool(_still_in, portal, watcher):
                return
            yield ": \n\n" if notice is None else "event: changed\ndata: 1\n\n"


def _still_in(portal: Portal, watcher: Watcher) -> bool:
    """Whether the person may still watch: in the territory, as one who may, and on a device that is logged in."""
    with portal.database.read() as session:
        row = session.get(Membership, watcher.member_id)
        device = session.get(Device, watcher.device_id)
        return (
            row is not None
            and row.state == MemberState.ACCEPTED
            and Access.OPERATOR.admits(Role(row.role))
            and device is not None
            and device.expires_at > utc_now()
        )
