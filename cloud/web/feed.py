"""The stream that tells an operator's page that something happened; the page then fetches what."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from cloud.db.models import Membership, MemberState
from cloud.push import territory_topic
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
        found = await run_in_threadpool(_watcher, portal, request)
        if isinstance(found, Response):
            return found
        return StreamingResponse(
            _hints(portal, found), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"}
        )

    return answer


def _watcher(portal: Portal, request: Request) -> Response | Membership:
    """The membership that may watch, or the refusal."""
    context, _ = identify(portal, request, Form())
    if (closed := turn_away(Access.OPERATOR, context)) is not None:
        return closed
    with portal.database.read() as session:
        if not enter_territory(session, context):
            return Response(status_code=404)
    return context.member if Access.OPERATOR.admits(context.role) else Response(status_code=403)


async def _hints(portal: Portal, member: Membership) -> AsyncIterator[str]:
    with portal.hub.mailbox(territory_topic(member.territory_id)) as box:
        yield "retry: 3000\n\n"
        for _ in range(LASTS_BEATS):
            notice = await box.get(timeout_s=HEARTBEAT_S)
            if portal.hub.stopping:
                return
            if notice is None:
                if not await run_in_threadpool(_still_in, portal, member.id):
                    return
                yield ": \n\n"
            else:
                yield "event: changed\ndata: 1\n\n"


def _still_in(portal: Portal, member_id: int) -> bool:
    with portal.database.read() as session:
        row = session.get(Membership, member_id)
        return row is not None and row.state == MemberState.ACCEPTED
