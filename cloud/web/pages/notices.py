"""«Уведомления»: what one wants to hear of, by which way, and on which browsers."""

from __future__ import annotations

from starlette.responses import Response

from cloud.couriers import web_push
from cloud.db.models import Membership
from cloud.domain.errors import Invalid
from cloud.web.access import Access
from cloud.web.context import Context
from cloud.web.pushes import trial
from cloud.web.routing import Pages

pages = Pages()


@pages.get("/t/{code}/notices", Access.RESIDENT)
def wishes(page: Context) -> Response:
    assert page.device is not None
    return page.render(
        "notices.html",
        browsers=web_push.of_account(page.session, page.me, now=page.now),
        this=web_push.of_device(page.session, page.device),
        push_key=page.portal.push_key,
    )


@pages.post("/t/{code}/notices", Access.RESIDENT)
def save_wishes(page: Context) -> Response:
    row = page.session.get_one(Membership, page.member.id)
    form = page.form
    row.tell_arrived, row.tell_refused = form.ticked("tell_arrived"), form.ticked("tell_refused")
    row.tell_left, row.tell_ending = form.ticked("tell_left"), form.ticked("tell_ending")
    row.by_mail, row.by_push = form.ticked("by_mail"), form.ticked("by_push")
    if page.is_manager:
        row.tell_joining = form.ticked("tell_joining")
    return page.go(f"{page.base}/notices", "settings-saved")


@pages.post("/account/push", Access.ACCOUNT)
def subscribe(page: Context) -> Response:
    """What the browser's script sends after its owner has allowed notices; a first notice shows that they arrive."""
    assert page.device is not None
    form = page.form
    try:
        row = web_push.subscribe(
            page.session,
            page.device,
            endpoint=form.text("endpoint"),
            p256dh=form.text("p256dh", longest=200),
            auth=form.text("auth", longest=200),
            language=page.language.value,
            now=page.now,
        )
    except Invalid as error:
        return Response(page.say(error.text), 422, media_type="text/plain")
    trial(page.portal, page.session, row)
    return Response(status_code=204)


@pages.post("/account/push/off", Access.ACCOUNT)
def unsubscribe(page: Context) -> Response:
    assert page.device is not None
    web_push.unsubscribe(page.session, page.device)
    return Response(status_code=204)
