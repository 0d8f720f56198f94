"""Guests at the gate: who was refused, and letting them in with one press."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from cloud.domain import guests, journal
from cloud.domain.errors import Invalid
from cloud.domain.hosts import host_of
from cloud.web.access import Access
from cloud.web.context import Context
from cloud.web.routing import Pages

pages = Pages()


@pages.get("/t/{code}/guests/{event_id}", Access.RESIDENT)
def guest(page: Context) -> Response:
    """The page that the mail links to: what happened, and the one button."""
    return _guest(page)


def _guest(page: Context, *, error: Invalid | None = None) -> Response:
    found = _mine(page)
    if found is None:
        return page.missing()
    waits = {one.event.id for one in guests.refused_of(page.session, page.territory, page.me, now=page.now)}
    facts: dict[str, Any] = {"event": found.event, "last": found.last, "near": found.near}
    return page.refuse("guest.html", error, waits=found.event.id in waits, **facts)


@pages.post("/t/{code}/guests/{event_id}/admit", Access.RESIDENT)
def admit(page: Context) -> Response:
    found = _mine(page)
    if found is None:
        return page.missing()
    if found.last.owner_id != page.me.id:
        return page.render("forbidden.html", status=403)
    try:
        row = guests.admit(page.session, page.territory, found, by=page.me, now=page.now)
    except Invalid as error:
        return _guest(page, error=error)
    page.audit("guest-admitted", row.plate)
    return page.go_listed(f"{page.base}/passes", "guest-admitted")


def _mine(page: Context) -> guests.Refused | None:
    """A visit of this person's guest; a manager sees any visit that has a host."""
    event = journal.find(page.session, page.territory, page.path("event_id"))
    found = None if event is None else host_of(page.session, event)
    if event is None or found is None or not (page.is_manager or found.host.account_id == page.me.id):
        return None
    return guests.Refused(event, found.last, found.near)
