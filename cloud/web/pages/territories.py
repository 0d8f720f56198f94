"""«Выбрать территорию», creating one, asking to join, leaving."""

from __future__ import annotations

from starlette.responses import Response

from cloud.db.models import MemberState, Role
from cloud.domain import audit, guests, limits, territories
from cloud.domain.errors import Invalid
from cloud.domain.objects import read_object
from cloud.web import tidings
from cloud.web.access import Access
from cloud.web.context import Context
from cloud.web.routing import Pages
from cloud.web.words import ZONES

pages = Pages()
LAST_COOKIE = "okter_territory"


@pages.get("/territories", Access.ACCOUNT)
def choose(page: Context) -> Response:
    return page.render("territories.html", memberships=territories.memberships_of(page.session, page.me))


@pages.get("/territories/new", Access.ACCOUNT)
def new(page: Context) -> Response:
    return page.render("territory_new.html", zones=tuple(ZONES))


@pages.post("/territories/new", Access.ACCOUNT)
def create(page: Context) -> Response:
    try:
        territory = territories.create(
            page.session,
            name=territories.read_territory_name(page.form.text("name")),
            zone=territories.read_zone(page.form.text("timezone", longest=64) or territories.DEFAULT_ZONE),
            account=page.me,
            now=page.now,
        )
    except Invalid as error:
        return page.refuse("territory_new.html", error, zones=tuple(ZONES))
    audit.record(page.session, "territory-created", actor=page.me, territory=territory, address=page.address)
    return page.go(f"/t/{territory.code}/people", "territory-created")


@pages.get("/territories/join", Access.ACCOUNT)
def join_form(page: Context) -> Response:
    return page.render("territory_join.html")


@pages.post("/territories/join", Access.ACCOUNT, own_transaction=True)
def join(page: Context) -> Response:
    """Wrong codes are counted even though nothing else of them is kept."""
    now = page.now
    try:
        with page.portal.database.write() as session:
            allowed = limits.use(session, limits.JOIN_REQUESTS, str(page.me.id), now=now)
        if not allowed:
            return page.refuse("territory_join.html", Invalid("", "Слишком много попыток. Попробуйте позже."))
        code = territories.read_code(page.form.text("code"))
        label = read_object(page.form.text("object"))
        with page.portal.database.write() as session:
            page.use(session)
            territory = territories.by_code(session, code)
            territories.request(session, page.me, territory, label, now=now)
            audit.record(
                session, "join-requested", actor=page.me, territory=territory, subject=label, address=page.address
            )
            for manager in territories.managers_to_tell(session, territory):
                if limits.use(session, guests.LETTERS, str(manager.id), now=now):
                    tidings.asks_to_join(page.portal, session, manager, page.me.name, label)
    except Invalid as error:
        return page.refuse("territory_join.html", error)
    return page.go("/territories", "join-requested")


@pages.get("/t/{code}/leave", Access.RESIDENT)
def leave_form(page: Context) -> Response:
    return page.render("territory_leave.html")


@pages.post("/t/{code}/leave", Access.RESIDENT)
def leave(page: Context) -> Response:
    try:
        page.audit("left")
        territories.end(page.session, page.member, MemberState.LEFT, now=page.now)
    except Invalid as error:
        return page.refuse("territory_leave.html", error)
    return page.go("/territories", "left")


@pages.get("/t/{code}", Access.RESIDENT)
def home(page: Context) -> Response:
    """Where each role works: the guard at the check, everybody else at the passes."""
    response = page.go(f"{page.base}/check" if page.role is Role.OPERATOR else f"{page.base}/passes")
    response.set_cookie(
        LAST_COOKIE,
        page.territory.code,
        max_age=31_536_000,
        httponly=True,
        samesite="lax",
        secure=page.portal.settings.secure,
    )
    return response


@pages.get("/new", Access.ACCOUNT)
def shortcut_to_filing(page: Context) -> Response:
    """The app's shortcut: the form of the territory that was chosen last."""
    code = _remembered(page)
    return page.go("/territories" if code is None else f"/t/{code}/passes/new")


@pages.get("/guard", Access.ACCOUNT)
def shortcut_to_checking(page: Context) -> Response:
    code = _remembered(page)
    return page.go("/territories" if code is None else f"/t/{code}/check")


def _remembered(page: Context) -> str | None:
    """The territory chosen last on this device, or the only one there is."""
    mine = [
        row.territory.code
        for row in territories.memberships_of(page.session, page.me)
        if row.state == MemberState.ACCEPTED
    ]
    last = page.request.cookies.get(LAST_COOKIE, "")
    if last in mine:
        return last
    return mine[0] if len(mine) == 1 else None
