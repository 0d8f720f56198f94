"""«Гости пешком»: residents announce visitors without a car; the guard marks who has come."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from cloud.db.models import Membership
from cloud.domain import called_cars, foot_passes, invitations
from cloud.domain.errors import Invalid
from cloud.domain.guests import LETTERS
from cloud.domain.limits import use
from cloud.domain.territories import membership
from cloud.web import tidings
from cloud.web.access import Access
from cloud.web.context import Context
from cloud.web.pages.invitations import DAYS
from cloud.web.routing import Pages

pages = Pages()


@pages.get("/t/{code}/foot", Access.RESIDENT)
def overview(page: Context) -> Response:
    return _overview(page)


def _overview(page: Context, *, error: Invalid | None = None) -> Response:
    values: dict[str, Any] = {
        "rows": foot_passes.of_owner(page.session, page.territory, page.me, now=page.now),
        "lengths": [(days, page.say(DAYS[days])) for days in invitations.lengths(page.territory)],
        "today": page.now.astimezone(page.zone).date(),
        "values": page.form.fields,
        "came": lambda row: foot_passes.came_today(row, page.territory, now=page.now),
    }
    return page.refuse("foot.html", error, **values)


@pages.post("/t/{code}/foot", Access.RESIDENT)
def add(page: Context) -> Response:
    form = page.form
    try:
        wanted = foot_passes.read_form(
            page.territory,
            names=form.text("names", longest=1000),
            people=form.text("people", longest=8),
            day=form.text("day", longest=32),
            days=form.text("days", longest=4),
            note=form.text("note"),
            now=page.now,
        )
        label = page.member.object_label
        row = foot_passes.file(page.session, page.territory, wanted, owner=page.me, label=label, now=page.now)
    except Invalid as error:
        return _overview(page, error=error)
    page.audit("foot-added", f"{row.people}")
    return page.go(f"{page.base}/foot", "foot-added")


@pages.post("/t/{code}/foot/car", Access.RESIDENT)
def add_car(page: Context) -> Response:
    """A taxi or delivery of which only the last digits are known."""
    form, now = page.form, page.now
    try:
        wanted = called_cars.read_form(
            who=form.text("who", longest=200), digits=form.text("digits", longest=32), note=form.text("note"), now=now
        )
        if called_cars.is_announced(page.session, page.territory, wanted, page.me.id, now=now) is None:
            foot_passes.file(
                page.session, page.territory, wanted, owner=page.me, label=page.member.object_label, now=now
            )
            page.audit("foot-added", f"…{wanted.digits}")
    except Invalid as error:
        return _overview(page, error=error)
    return page.go(f"{page.base}/foot", "car-added")


@pages.post("/t/{code}/foot/{foot_id}/end", Access.RESIDENT)
def end(page: Context) -> Response:
    row = foot_passes.find(page.session, page.territory, page.path("foot_id"))
    if row is None or not (page.is_manager or row.owner_id == page.me.id):
        return page.missing()
    foot_passes.end(row, now=page.now)
    page.audit("foot-ended", f"{row.people}")
    return page.go(f"{page.base}/foot", "foot-ended")


@pages.post("/t/{code}/foot/{foot_id}/came", Access.OPERATOR)
def came(page: Context) -> Response:
    """The guard lets guests in without the system. This records it and tells the host, if they want that."""
    row = foot_passes.find(page.session, page.territory, page.path("foot_id"))
    if row is None:
        return page.missing()
    page.session.refresh(row, with_for_update=True)  # two guards may mark at once
    try:
        people = foot_passes.read_people(page.form.text("people", longest=8) or "1", most=row.people)
        foot_passes.mark(row, page.territory, people, now=page.now)
    except Invalid as error:
        return page.render("foot_mark.html", status=422, errors={"": page.say(error.text, **error.facts)})
    page.audit("foot-came", f"{row.object_label}: {people}")
    host = membership(page.session, row.owner, page.territory)
    if isinstance(host, Membership) and host.tell_arrived and use(page.session, LETTERS, str(host.id), now=page.now):
        tidings.came_on_foot(page.portal, page.session, host, row)
    return page.go(f"{page.base}/expected", "foot-came")


@pages.post("/t/{code}/foot/{foot_id}/not-come", Access.OPERATOR)
def not_come(page: Context) -> Response:
    row = foot_passes.find(page.session, page.territory, page.path("foot_id"))
    if row is None:
        return page.missing()
    foot_passes.unmark(row)
    page.audit("foot-not-come", row.object_label)
    return page.go(f"{page.base}/expected", "foot-not-come")
