"""Inviting by link: the host's page, and the page for the guest, who needs no account and enters one plate."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from cloud.cells import departure
from cloud.db.models import Invitation
from cloud.domain import audit, doubts, invitations, limits, passes
from cloud.domain.errors import Invalid
from cloud.domain.tokens import token_hash
from cloud.odd_plates import read_typed, warnings
from cloud.plates import PlateInvalid
from cloud.web import leading
from cloud.web.access import Access
from cloud.web.context import Context
from cloud.web.pages.passes import plate_of
from cloud.web.qr import qr_code
from cloud.web.routing import Pages

pages = Pages()

DAYS = {1: "1 день", 2: "2 дня", 3: "3 дня", 7: "Неделя", 30: "30 дней"}


@pages.get("/t/{code}/invitations", Access.RESIDENT)
def overview(page: Context) -> Response:
    return _overview(page)


def _overview(page: Context, *, error: Invalid | None = None) -> Response:
    today = page.now.astimezone(page.zone).date()
    values: dict[str, Any] = {
        "rows": invitations.of_host(page.session, page.territory, page.me, now=page.now),
        "lengths": [(days, page.say(DAYS[days])) for days in invitations.lengths(page.territory)],
        "today": today,
        "values": page.form.fields,
    }
    return page.refuse("invitations.html", error, **values)


@pages.post("/t/{code}/invitations", Access.RESIDENT)
def invite(page: Context) -> Response:
    """Shows the link itself, only this once."""
    form = page.form
    try:
        offer = invitations.read_offer(
            page.territory,
            form.text("day", longest=32),
            form.text("days", longest=4),
            one_time=form.ticked("one_time"),
            note=form.text("note"),
            now=page.now,
        )
        row, token = invitations.invite(page.session, page.territory, page.me, offer, now=page.now)
    except Invalid as error:
        return _overview(page, error=error)
    page.audit("guest-invited", row.note)
    link = f"{page.portal.settings.public_url}/i/{token}"
    return page.render("invitation.html", row=row, link=link, code=qr_code(link))


@pages.post("/t/{code}/invitations/{invitation_id}/revoke", Access.RESIDENT)
def revoke(page: Context) -> Response:
    row = invitations.find(page.session, page.territory, page.me, page.path("invitation_id"))
    if row is None:
        return page.missing()
    invitations.revoke(row, now=page.now)
    page.audit("invitation-revoked", row.note)
    return page.go(f"{page.base}/invitations", "invitation-revoked")


@pages.get("/i/{token}", Access.PUBLIC, own_transaction=True)
def guest(page: Context) -> Response:
    """The guest's page: where and when, and one field; afterwards, the car that was entered."""
    with page.portal.database.read() as session:
        page.use(session)
        row = invitations.open_link(session, page.path("token"), now=page.now)
        if row is None and (there := departure.by_credential(page.portal.database, token_hash(page.path("token")))):
            return leading.guest_onward(page, there)
        return _guest(page, row)


def _guest(page: Context, row: Invitation | None, *, error: Invalid | None = None, sure: str = "") -> Response:
    if row is None:
        return page.render("invited.html", row=None, status=404)
    filed = passes.find(page.session, row.territory, row.pass_id or "")
    plate = page.form.text("plate", longest=64)
    odd = warnings(read_typed(plate)) if sure else ()
    values: dict[str, Any] = {
        "row": row,
        "filed": filed,
        "zone": passes.zone_of(row.territory),
        "values": page.form.fields,
        "odd": odd,
        "sure": sure,
    }
    if odd:
        return page.render("invited.html", **values)
    return page.refuse("invited.html", error, **values)


@pages.post("/i/{token}", Access.PUBLIC, own_transaction=True)
def accept(page: Context) -> Response:
    """Attempts are counted even though nothing else about them is stored."""
    token, database = page.path("token"), page.portal.database
    with database.read() as session:
        known = invitations.open_link(session, token, now=page.now)
    if known is None:
        return page.render("invited.html", row=None, status=404)
    with database.write() as session:
        allowed = limits.use(session, invitations.TRIES, str(known.id), now=page.now)
    error: Invalid | None = None if allowed else Invalid("", "Слишком много попыток. Попробуйте позже.")
    sure = ""
    if error is None:
        try:
            sure = _file(page, token)
            if not sure:
                return page.go(f"/i/{token}")
        except Invalid as invalid:
            error = invalid
    with database.read() as session:
        page.use(session)
        return _guest(page, invitations.open_link(session, token, now=page.now), error=error, sure=sure)


def _file(page: Context, token: str) -> str:
    """Add the guest's car. Returns a plate that needs confirmation, or empty if done."""
    plate = plate_of(page)
    if warnings(plate) and page.form.text("sure", longest=16) != plate.canonical:
        return plate.canonical
    with page.portal.database.write() as session:
        page.use(session)
        row = invitations.open_link(session, token, now=page.now, lock=True)
        if row is None:
            raise Invalid("", "Приглашение больше не действует.")
        if doubts.blocked_among(session, row.territory, {plate.canonical}, now=page.now):
            raise Invalid("", "Этот автомобиль внести нельзя. Обратитесь к тому, кто вас пригласил.")
        try:
            invitations.accept(session, row, plate, now=page.now)
        except Invalid as invalid:
            used = row.used_at is not None
            raise (
                invalid
                if used
                else Invalid("", "Сейчас внести автомобиль нельзя. Обратитесь к тому, кто вас пригласил.")
            ) from invalid
        audit.record(
            session,
            "pass-by-link",
            actor=row.host,
            territory=row.territory,
            subject=plate.canonical,
            address=page.address,
        )
    return ""


@pages.get("/look", Access.PUBLIC, own_transaction=True)
def look(page: Context) -> Response:
    """A plate as displayed on the car, for the script on the guest's page; contains nothing of any territory."""
    try:
        plate = read_typed(page.query("plate", longest=64))
    except PlateInvalid:
        return page.render("plate_look.html", plate=None, odd=())
    return page.render("plate_look.html", plate=plate, odd=warnings(plate))
