"""«Уведомления»: what one wants to hear of, by which way, on which browsers and in which chat."""

from __future__ import annotations

from starlette.responses import Response

from cloud.couriers import web_push
from cloud.db.models import Membership, Outcome, Role
from cloud.domain import addressed, audit, held, quiet
from cloud.domain.errors import Invalid
from cloud.telegram import links
from cloud.web import briefs, telegrams, words
from cloud.web.access import Access
from cloud.web.context import Context
from cloud.web.pushes import trial
from cloud.web.qr import qr_code
from cloud.web.routing import Pages

pages = Pages()


@pages.get("/t/{code}/notices", Access.RESIDENT)
def wishes(page: Context) -> Response:
    return _wishes(page)


def _wishes(page: Context, *, error: Invalid | None = None) -> Response:
    assert page.device is not None
    telegram = page.portal.telegram
    hours = quiet.hours_of(page.member)
    first, until = quiet.USUAL if hours is None else hours.texts()
    typed = page.form.fields if "quiet_from" in page.form.fields else {}
    return page.refuse(
        "notices.html",
        error,
        quiet_on=page.form.ticked("quiet") if typed else hours is not None,
        quiet_from=page.form.text("quiet_from", longest=8) if typed else first,
        quiet_until=page.form.text("quiet_until", longest=8) if typed else until,
        quiet_now=quiet.ends(page.member, page.now),
        rings=page.role is not Role.RESIDENT or page.territory.calls_host,
        waiting=held.waiting(page.session, page.member),
        held=[
            (briefs.line_of(row, page.zone, page.language), words.HELD[Outcome(row.outcome)])
            for row in held.lately(page.session, page.member)
        ],
        browsers=web_push.of_account(page.session, page.me, now=page.now),
        this=web_push.of_device(page.session, page.device),
        push_key=page.portal.push_key,
        telegram=telegram is not None,
        bot=telegram.listener.bot if telegram else "",
        chat=links.of(page.session, page.me) if telegram else None,
    )


@pages.post("/t/{code}/notices", Access.RESIDENT)
def save_wishes(page: Context) -> Response:
    row = page.session.get_one(Membership, page.member.id)
    form = page.form
    try:
        _save_quiet(page, row)
    except Invalid as error:
        return _wishes(page, error=error)
    row.tell_arrived, row.tell_refused = form.ticked("tell_arrived"), form.ticked("tell_refused")
    row.tell_left, row.tell_ending = form.ticked("tell_left"), form.ticked("tell_ending")
    row.by_mail, row.by_push = form.ticked("by_mail"), form.ticked("by_push")
    if page.portal.telegram is not None:  # else the tick is not shown, and no wish is an answer
        row.by_telegram = form.ticked("by_telegram")
        if not row.by_telegram:
            telegrams.take_back(page.session, page.territory, of=page.me)
    if page.is_manager:
        row.tell_joining = form.ticked("tell_joining")
    return page.go(f"{page.base}/notices", "settings-saved")


def _save_quiet(page: Context, row: Membership) -> None:
    """Raises `Invalid`, before anything was changed."""
    form = page.form
    if "quiet_from" not in form.fields:
        return
    hours = None
    if form.ticked("quiet"):
        hours = quiet.read_hours(form.text("quiet_from", longest=8), form.text("quiet_until", longest=8))
    row.quiet_from, row.quiet_until = (None, None) if hours is None else (hours.first_min, hours.until_min)
    row.loud_refused, row.loud_arrived = form.ticked("loud_refused"), form.ticked("loud_arrived")
    row.loud_left, row.loud_ending = form.ticked("loud_left"), form.ticked("loud_ending")
    if page.is_manager:
        row.loud_joining = form.ticked("loud_joining")
    if "rings" in form.fields:  # else the tick is not shown, and no wish is an answer
        row.loud_call = form.ticked("loud_call")
    addressed.look_anew(page.session, Membership.id == row.id, now=page.now)
    for rounds in (page.portal.quiet, page.portal.outbox, *page.portal.couriers):
        rounds.wake_after(page.session)


@pages.post("/t/{code}/notices/telegram", Access.RESIDENT)
def connect(page: Context) -> Response:
    """Answers with the link that ties the person's chat: shown this once, good once and for minutes."""
    telegram = page.portal.telegram
    if telegram is None:
        return page.missing()
    try:
        code = _code(page, telegram.listener.bot)
    except Invalid as error:
        return _wishes(page, error=error)
    link = f"https://t.me/{telegram.listener.bot}?start={code}"
    minutes = int(links.CODE_LASTS.total_seconds() // 60)
    return page.render("telegram.html", link=link, code=qr_code(link), minutes=minutes)


def _code(page: Context, bot: str) -> str:
    """Raises `Invalid`."""
    if page.territory.telegram_off:
        raise Invalid("", "Управляющий не отправляет уведомления этой территории в Telegram.")
    if not bot:
        raise Invalid("", "Telegram сейчас не отвечает. Попробуйте позже.")
    if not page.form.ticked("agree"):
        raise Invalid("agree", "Без согласия на передачу за границу Telegram не подключить.")
    return links.issue(page.session, page.me, language=page.language.value, now=page.now)


@pages.post("/t/{code}/notices/telegram/off", Access.RESIDENT)
def disconnect(page: Context) -> Response:
    if page.portal.telegram is None:
        return page.missing()
    if links.of(page.session, page.me) is not None:
        links.untie(page.session, page.me)
        audit.record(page.session, "telegram-untied", actor=page.me, address=page.address)
    return page.go(f"{page.base}/notices", "telegram-off")


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
