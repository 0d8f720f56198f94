"""«Webhook»: addresses of other programs that receive every visit; their state, and a test."""

from __future__ import annotations

from starlette.responses import Response

from cloud.couriers import webhooks
from cloud.db.models import Webhook
from cloud.domain.errors import Invalid
from cloud.public_api.webhooks import ping
from cloud.web.access import Access
from cloud.web.context import Context
from cloud.web.pages.account import check_password
from cloud.web.routing import Pages

pages = Pages()


@pages.get("/t/{code}/webhooks", Access.MANAGER)
def overview(page: Context) -> Response:
    return _overview(page)


def _overview(page: Context, *, error: Invalid | None = None, made: Webhook | None = None) -> Response:
    heard = {row.id for row in webhooks.live(page.session, page.territory.id)}
    rows = webhooks.of(page.session, page.territory)
    return page.refuse(
        "webhooks.html",
        error,
        rows=[(row, row.id in heard, webhooks.waiting(page.session, row)) for row in rows],
        made=made,
        values=page.form.fields,
    )


@pages.post("/t/{code}/webhooks", Access.MANAGER, own_transaction=True)
def add(page: Context) -> Response:
    """Requires the password, because a stolen session must not receive visits for ever. Shows the secret."""
    database = page.portal.database
    try:
        check_password(page)
        with database.write() as session:
            page.use(session)
            row = webhooks.add(session, page.territory, page.form.text("url", longest=600), by=page.me, now=page.now)
            page.audit("webhook-added", row.url)
    except Invalid as error:
        with database.read() as session:
            page.use(session)
            return _overview(page, error=error)
    with database.read() as session:
        page.use(session)
        return _overview(page, made=row)


@pages.post("/t/{code}/webhooks/{webhook_id}/test", Access.MANAGER)
def test(page: Context) -> Response:
    row = webhooks.find(page.session, page.territory, page.path("webhook_id"))
    if row is None or row.off_at is not None:
        return page.missing()
    row.next_at = page.now
    ping(page.session, row, wake=page.portal.webhooks)
    return page.go(f"{page.base}/webhooks", "webhook-tried")


@pages.post("/t/{code}/webhooks/{webhook_id}/on", Access.MANAGER)
def switch_on(page: Context) -> Response:
    row = webhooks.find(page.session, page.territory, page.path("webhook_id"))
    if row is None:
        return page.missing()
    webhooks.switch_on(row, by=page.me, now=page.now)
    page.audit("webhook-on", row.url)
    return page.go(f"{page.base}/webhooks", "webhook-on")


@pages.post("/t/{code}/webhooks/{webhook_id}/off", Access.MANAGER)
def switch_off(page: Context) -> Response:
    row = webhooks.find(page.session, page.territory, page.path("webhook_id"))
    if row is None:
        return page.missing()
    webhooks.switch_off(page.session, row, webhooks.BY_HAND, now=page.now)
    page.audit("webhook-off", row.url)
    return page.go(f"{page.base}/webhooks", "webhook-off")


@pages.post("/t/{code}/webhooks/{webhook_id}/remove", Access.MANAGER)
def remove(page: Context) -> Response:
    row = webhooks.find(page.session, page.territory, page.path("webhook_id"))
    if row is None:
        return page.missing()
    page.session.delete(row)
    page.audit("webhook-removed", row.url)
    return page.go(f"{page.base}/webhooks", "webhook-removed")
