"""Turns a declared page into an ASGI endpoint: limits, CSRF, identity, permission, transaction.

A handler runs only if all checks pass, on a worker thread with its own session.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from urllib.parse import quote

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cloud.cells import departure
from cloud.cells.freeze import is_frozen
from cloud.db.models import Device, Membership, MemberState, Role, Territory, utc_now
from cloud.domain.tokens import same, token_hash
from cloud.web import leading
from cloud.web.access import Access
from cloud.web.context import NOTICE_COOKIE, Context
from cloud.web.cookies import CSRF_FIELD, csrf_token, new_visitor, read_session, read_visitor, set_visitor
from cloud.web.failures import failed_page, is_ours
from cloud.web.forms import Form, read_form
from cloud.web.language import read_language
from cloud.web.notices import NOTICES
from cloud.web.portal import Portal
from cloud.web.routing import Page

SEEN_EVERY = timedelta(minutes=5)
LONGEST_ONWARD = 110
"""Longest address to which a log-in returns with its query; a longer one loses the query."""

Endpoint = Callable[[Request], Awaitable[Response]]


def endpoint(page: Page, portal: Portal) -> Endpoint:
    """The endpoint of `page`."""

    async def answer(request: Request) -> Response:
        form = await read_form(request, uploads=page.uploads) if page.method == "POST" else Form()
        return await run_in_threadpool(_answer, page, portal, request, form)

    return answer


def _answer(page: Page, portal: Portal, request: Request, form: Form) -> Response:
    try:
        return _answered(page, portal, request, form)
    except (HTTPException, IntegrityError):
        raise  # each has a page of its own
    except Exception as error:  # noqa: BLE001  # logged there
        return failed_page(portal, request, form, page, error)


def _answered(page: Page, portal: Portal, request: Request, form: Form) -> Response:
    context, fresh_visitor = identify(portal, request, form)
    if page.method == "POST" and not _honest(context):
        response: Response = context.render("forged.html", status=403)
    else:
        response = _served_unless_moving(page, context)
    if fresh_visitor is not None:
        set_visitor(response, portal.settings, fresh_visitor)
    return response


def _served_unless_moving(page: Page, context: Context) -> Response:
    """While a territory is being moved, for some seconds, it accepts no changes; the input is kept for another try."""
    try:
        return _serve(page, context)
    except IntegrityError as error:
        if not is_frozen(error):
            raise
    afresh, _ = identify(context.portal, context.request, context.form)  # the transaction took the objects with it
    return leading.moving(afresh)


def identify(portal: Portal, request: Request, form: Form) -> tuple[Context, str | None]:
    """The context of the request, and a visitor id to set if the browser has none yet."""
    now = utc_now()
    token = read_session(request, portal.settings)
    device = _device(portal, token, now=now) if token else None
    visitor = None if device is not None else read_visitor(request, portal.settings)
    fresh = new_visitor() if device is None and visitor is None else None
    holder = token if device is not None and token else visitor or fresh or ""
    context = Context(
        request=request,
        portal=portal,
        now=now,
        language=read_language(request.cookies.get("okter_language")),
        csrf=csrf_token(portal.settings, holder),
        form=form,
        address=request.client.host if request.client else "",
        theme=request.cookies.get("okter_theme", ""),
        notice=NOTICES.get(request.cookies.get(NOTICE_COOKIE, ""), ""),
        account=None if device is None else device.account,
        device=device,
    )
    return context, fresh


def enter_territory(session: Session, context: Context) -> bool:
    """Find the person's accepted membership in the territory of the path."""
    assert context.account is not None
    row = session.scalar(
        select(Membership)
        .join(Membership.territory)
        .options(joinedload(Membership.territory))
        .where(
            Membership.account_id == context.account.id,
            Membership.state == MemberState.ACCEPTED,
            Territory.code == context.path("code"),
        )
    )
    context.membership = row
    if row is not None and row.role == Role.MANAGER:
        context.requests_waiting = (
            session.scalar(
                select(func.count()).where(
                    Membership.territory_id == row.territory_id, Membership.state == MemberState.REQUESTED
                )
            )
            or 0
        )
    return row is not None


def _serve(page: Page, context: Context) -> Response:
    if (closed := turn_away(page.access, context)) is not None:
        return closed
    database = context.portal.database
    if page.own_transaction:
        if page.access.territorial:
            with database.read() as session:
                context.use(session)
                if (closed := _shut_out(page, context, session)) is not None:
                    return closed
            context.leave()
        return page.handler(context)
    try:
        with database.write() if page.method == "POST" else database.read() as session:
            return _kept(_inside(page, context, session))
    except _Refused as refused:
        return refused.response


def _inside(page: Page, context: Context, session: Session) -> Response:
    context.use(session)
    if page.access.territorial and (closed := _shut_out(page, context, session)) is not None:
        return closed
    return page.handler(context)


def _shut_out(page: Page, context: Context, session: Session) -> Response | None:
    """The response for somebody who is not a member of the territory, or lacks the role that the page requires."""
    if not enter_territory(session, context):
        there = departure.by_code(session, context.path("code"))
        if there is None:
            return context.missing()
        return leading.moved(context, there)
    return None if page.access.admits(context.role) else context.render("forbidden.html", status=403)


def _kept(response: Response) -> Response:
    if response.status_code >= 400:
        raise _Refused(response)
    return response


class _Refused(Exception):
    """Carries a response out of a transaction that must be rolled back."""

    def __init__(self, response: Response) -> None:
        self.response = response
        super().__init__()


def turn_away(access: Access, context: Context) -> Response | None:
    """The response for somebody who is not sufficiently logged in; None if they are."""
    if access is Access.PUBLIC:
        return None
    if context.device is None:
        url = context.request.url
        path = f"{url.path}?{url.query}" if url.query and len(url.path) + len(url.query) < LONGEST_ONWARD else url.path
        there = f"?next={quote(path)}" if context.request.method == "GET" and path != "/territories" else ""
        return RedirectResponse(f"/login{there}", 303)
    if context.device.pending != (access is Access.PENDING):
        return RedirectResponse("/devices/full" if context.device.pending else "/territories", 303)
    return None


def _honest(context: Context) -> bool:
    """Whether the form came from our page: the right token, and no other site as the origin."""
    return same(context.form.raw(CSRF_FIELD), context.csrf) and is_ours(context.portal, context.request)


def _device(portal: Portal, token: str, *, now: datetime) -> Device | None:
    with portal.database.read() as session:
        device = session.scalar(
            select(Device)
            .options(joinedload(Device.account))
            .where(Device.token_hash == token_hash(token), Device.expires_at > now)
        )
    if device is not None and now - device.last_seen_at > SEEN_EVERY:
        with portal.database.write() as session:
            session.execute(update(Device).where(Device.id == device.id).values(last_seen_at=now))
    return device
