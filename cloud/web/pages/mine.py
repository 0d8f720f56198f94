"""«Мой объект»: with whom one shares one's passes, and which cars one refuses as visitors."""

from __future__ import annotations

from starlette.responses import Response

from cloud.db.models import Membership
from cloud.domain import household, passes, unwelcome
from cloud.domain.errors import Invalid
from cloud.web.access import Access
from cloud.web.context import Context
from cloud.web.pages.passes import plate_of
from cloud.web.routing import Pages

pages = Pages()


@pages.get("/t/{code}/mine", Access.RESIDENT)
def overview(page: Context) -> Response:
    return _overview(page)


def _overview(page: Context, *, error: Invalid | None = None) -> Response:
    member = page.session.get_one(Membership, page.member.id)
    return page.refuse(
        "mine.html",
        error,
        member=member,
        mates=household.mates(page.session, member),
        rows=unwelcome.of(page.session, page.territory, page.me),
        values=page.form.fields,
    )


@pages.post("/t/{code}/mine", Access.RESIDENT)
def save(page: Context) -> Response:
    row = page.session.get_one(Membership, page.member.id)
    row.household = page.form.ticked("household") and bool(row.object_key)
    return page.go(f"{page.base}/mine", "settings-saved")


@pages.post("/t/{code}/mine/unwelcome", Access.RESIDENT)
def declare(page: Context) -> Response:
    try:
        plate, note = plate_of(page), passes.read_note(page.form.text("note"))
        unwelcome.declare(page.session, page.territory, page.me, plate, note, now=page.now)
    except Invalid as error:
        return _overview(page, error=error)
    page.audit("guest-unwelcome", plate.canonical)
    return page.go(f"{page.base}/mine", "guest-unwelcome")


@pages.post("/t/{code}/mine/unwelcome/{unwelcome_id}/remove", Access.RESIDENT)
def withdraw(page: Context) -> Response:
    row = unwelcome.find(page.session, page.territory, page.me, page.path("unwelcome_id"))
    if row is None:
        return page.missing()
    page.session.delete(row)
    page.audit("guest-welcome", row.plate)
    return page.go(f"{page.base}/mine", "guest-welcome")
