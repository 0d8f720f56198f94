"""«Участники»: requests to join, roles, objects, handing over."""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse, Response

from cloud.db.models import Membership, MemberState, Role
from cloud.domain import first_steps, owners, territories
from cloud.domain.errors import Invalid
from cloud.domain.objects import read_object
from cloud.web.access import Access
from cloud.web.context import Context
from cloud.web.routing import Pages
from cloud.web.words import ROLES

pages = Pages()

MEMBERS_SHOWN = 100


@pages.get("/t/{code}/people", Access.MANAGER)
def overview(page: Context) -> Response:
    return _overview(page)


def _overview(page: Context, *, error: Invalid | None = None, row: Membership | None = None) -> Response:
    text, skip = page.query("q", longest=64), page.query("skip", longest=6)
    first = int(skip) if skip.isdecimal() else 0
    found = territories.members(
        page.session, page.territory, MemberState.ACCEPTED, text=text, skip=first, most=MEMBERS_SHOWN + 1
    )
    values: dict[str, Any] = {
        "requests": territories.members(page.session, page.territory, MemberState.REQUESTED, most=MEMBERS_SHOWN),
        "members": found[:MEMBERS_SHOWN],
        "count": territories.count_members(page.session, page.territory),
        "text": text,
        "next": first + MEMBERS_SHOWN if len(found) > MEMBERS_SHOWN else None,
        "failed": None if row is None else row.id,
        "steps": first_steps.steps_of(page.session, page.territory, page.me),
    }
    return page.refuse("people.html", error, **values)


@pages.get("/t/{code}/people/find", Access.MANAGER)
def find(page: Context) -> Response:
    """The search field's suggestions, for the script: a list of names with their objects."""
    text = page.query("q", longest=64)
    rows = owners.candidates(page.session, page.territory, text)[: owners.MOST_CANDIDATES] if text else []
    return JSONResponse([owners.label_of(row) for row in rows])


@pages.post("/t/{code}/people/{member_id}/accept", Access.MANAGER)
def accept(page: Context) -> Response:
    row = _member(page)
    if row is None or row.state != MemberState.REQUESTED:
        return page.missing()
    try:
        territories.accept(
            page.session, row, role=_role(page), label=read_object(page.form.text("object")), now=page.now
        )
    except Invalid as error:
        return _overview(page, error=error, row=row)
    page.audit("member-accepted", f"{row.account.name}: {ROLES[Role(row.role)]}, {row.object_label}")
    return page.go(f"{page.base}/people", "member-accepted")


@pages.post("/t/{code}/people/{member_id}/annul", Access.MANAGER)
def annul(page: Context) -> Response:
    row = _member(page)
    if row is None or row.state != MemberState.REQUESTED:
        return page.missing()
    territories.annul(row, now=page.now)
    page.audit("member-annulled", row.account.name)
    return page.go(f"{page.base}/people", "member-annulled")


@pages.get("/t/{code}/people/{member_id}", Access.MANAGER)
def one(page: Context) -> Response:
    row = _member(page)
    return page.missing() if row is None or row.state != MemberState.ACCEPTED else page.render("member.html", row=row)


@pages.post("/t/{code}/people/{member_id}", Access.MANAGER)
def change(page: Context) -> Response:
    row = _member(page)
    if row is None or row.state != MemberState.ACCEPTED:
        return page.missing()
    manages = row.role == Role.MANAGER
    try:
        label = read_object(page.form.text("object"), required=not manages)
        territories.accept(page.session, row, role=Role.MANAGER if manages else _role(page), label=label, now=page.now)
    except Invalid as error:
        return page.refuse("member.html", error, row=row)
    page.audit("member-changed", f"{row.account.name}: {ROLES[Role(row.role)]}, {row.object_label}")
    return page.go(f"{page.base}/people", "member-changed")


@pages.post("/t/{code}/people/{member_id}/remove", Access.MANAGER)
def remove(page: Context) -> Response:
    row = _member(page)
    if row is None or row.state != MemberState.ACCEPTED or row.id == page.member.id:
        return page.missing()
    try:
        territories.end(page.session, row, MemberState.REMOVED, now=page.now)
    except Invalid as error:
        return page.refuse("member.html", error, row=row)
    page.audit("member-removed", row.account.name)
    return page.go_listed(f"{page.base}/people", "member-removed")


@pages.post("/t/{code}/people/{member_id}/hand-over", Access.MANAGER)
def hand_over(page: Context) -> Response:
    row = _member(page)
    if row is None or row.state != MemberState.ACCEPTED:
        return page.missing()
    try:
        territories.hand_over(page.member, row)
    except Invalid as error:
        return page.refuse("member.html", error, row=row)
    page.audit("handed-over", row.account.name)
    return page.go(f"{page.base}/passes", "handed-over")


@pages.post("/t/{code}/people/{member_id}/promote", Access.MANAGER)
def promote(page: Context) -> Response:
    """Make a member an additional manager."""
    row = _member(page)
    if row is None or row.state != MemberState.ACCEPTED:
        return page.missing()
    territories.promote(row)
    page.audit("member-promoted", row.account.name)
    return page.go(f"{page.base}/people", "member-promoted")


@pages.post("/t/{code}/people/{member_id}/demote", Access.MANAGER)
def demote(page: Context) -> Response:
    row = _member(page)
    if row is None or row.state != MemberState.ACCEPTED or row.role != Role.MANAGER:
        return page.missing()
    try:
        territories.demote(page.session, row)
    except Invalid as error:
        return page.refuse("member.html", error, row=row)
    page.audit("member-demoted", row.account.name)
    return page.go(f"{page.base}/passes" if row.id == page.member.id else f"{page.base}/people", "member-demoted")


def _member(page: Context) -> Membership | None:
    member_id = page.path("member_id")
    row = page.session.get(Membership, int(member_id)) if member_id.isdecimal() and len(member_id) < 10 else None
    return row if row is not None and row.territory_id == page.territory.id else None


def _role(page: Context) -> Role:
    chosen = page.form.text("role", longest=16)
    if chosen not in {Role.RESIDENT, Role.OPERATOR}:
        raise Invalid("role", "Выберите роль: Резидент или Оператор.")
    return Role(chosen)
