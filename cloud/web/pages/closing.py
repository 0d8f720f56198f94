"""The beginning and end of a territory: first steps, closing, deleting."""

from __future__ import annotations

from starlette.responses import Response

from cloud.domain import audit, closing, first_steps, retention
from cloud.domain.errors import Invalid
from cloud.web.access import Access
from cloud.web.context import Context
from cloud.web.pages.account import check_password
from cloud.web.routing import Pages

pages = Pages()


@pages.get("/t/{code}/start", Access.MANAGER)
def start(page: Context) -> Response:
    return page.render("start.html", steps=first_steps.steps_of(page.session, page.territory, page.me))


@pages.get("/t/{code}/close", Access.MANAGER)
def close_form(page: Context) -> Response:
    return page.render("close.html")


@pages.post("/t/{code}/close", Access.MANAGER)
def close(page: Context) -> Response:
    """Close or reopen, depending on the button."""
    if page.form.text("wish", longest=8) == "reopen":
        closing.reopen(page.territory)
        page.audit("territory-reopened")
        return page.go(f"{page.base}/close", "territory-reopened")
    closing.close(page.territory, now=page.now)
    page.audit("territory-closed")
    return page.go(f"{page.base}/close", "territory-closed")


@pages.post("/t/{code}/delete", Access.MANAGER, own_transaction=True)
def delete(page: Context) -> Response:
    """Deletion requires the password and the territory's name, typed in: it cannot be undone."""
    name = page.territory.name
    try:
        check_password(page)
    except Invalid as error:
        return page.refuse("close.html", error)
    if " ".join(page.form.text("name").split()) != name:
        wrong = Invalid("name", "Введите название территории точно, как оно написано выше.")
        return page.refuse("close.html", wrong)
    with page.portal.database.write() as session:
        page.use(session)
        gates = closing.delete(session, page.territory, now=page.now)
        audit.record(session, "territory-deleted", actor=page.me, subject=name, address=page.address)
    retention.forget_gates(page.portal.pictures, gates)
    return page.go("/territories", "territory-deleted")
