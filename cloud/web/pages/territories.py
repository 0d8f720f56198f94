"""«Выбрать территорию», creating a territory, asking to join, leaving."""

from __future__ import annotations

from starlette.responses import Response

from cloud.cells import departure
from cloud.db.models import MemberState, Role
from cloud.directory.client import DirectoryAway
from cloud.domain import audit, guests, limits, territories
from cloud.domain.errors import Invalid
from cloud.domain.objects import read_object
from cloud.web import leading, tidings
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


@pages.post("/territories/new", Access.ACCOUNT, own_transaction=True)
def create(page: Context) -> Response:
    """Reserve the code before the transaction, so that nobody waits for the directory, and only if allowed."""
    try:
        name = territories.read_territory_name(page.form.text("name"))
        zone = territories.read_zone(page.form.text("timezone", longest=64) or territories.DEFAULT_ZONE)
        with page.portal.database.read() as session:
            territories.demand_room(session, page.me)
        claimed = page.portal.directory.new_code()
        with page.portal.database.write() as session:
            page.use(session)
            territory = territories.create(session, name=name, zone=zone, account=page.me, now=page.now, code=claimed)
            audit.record(session, "territory-created", actor=page.me, territory=territory, address=page.address)
    except DirectoryAway:
        error = Invalid("", "Справочник территорий не отвечает. Попробуйте позже.")
        return page.refuse("territory_new.html", error, zones=tuple(ZONES))
    except Invalid as error:
        return page.refuse("territory_new.html", error, zones=tuple(ZONES))
    return page.go(f"/t/{territory.code}/people", "territory-created")


@pages.get("/territories/join", Access.ACCOUNT)
def join_form(page: Context) -> Response:
    return page.render("territory_join.html", code="")


@pages.get("/territories/join/{code}", Access.ACCOUNT)
def join_form_of(page: Context) -> Response:
    """Another cell links here for a code of this cell: the form is filled in with it."""
    try:
        return page.render("territory_join.html", code=territories.read_code(page.path("code")))
    except Invalid:
        return page.missing()


@pages.post("/territories/join/{code}", Access.ACCOUNT, own_transaction=True)
def join_of(page: Context) -> Response:
    return join(page)


@pages.post("/territories/join", Access.ACCOUNT, own_transaction=True)
def join(page: Context) -> Response:
    """Wrong codes are counted even though nothing else about them is stored."""
    now = page.now
    try:
        with page.portal.database.write() as session:
            allowed = limits.use(session, limits.JOIN_REQUESTS, str(page.me.id), now=now)
            allowed &= limits.use(session, limits.WRONG_CODES, limits.network(page.address), now=now)
        if not allowed:
            return page.refuse("territory_join.html", Invalid("", "Слишком много попыток. Попробуйте позже."), code="")
        code = territories.read_code(page.form.text("code"))
        if (url := _elsewhere(page, code)) is not None:
            return leading.elsewhere(page, code, url)
        label = read_object(page.form.text("object"))
        with page.portal.database.write() as session:
            page.use(session)
            territory = territories.by_code(session, code)
            asker = territories.request(session, page.me, territory, label, now=now)
            session.flush()
            limits.give_back(session, limits.WRONG_CODES, limits.network(page.address))
            audit.record(
                session, "join-requested", actor=page.me, territory=territory, subject=label, address=page.address
            )
            for manager in territories.managers_to_tell(session, territory):
                if limits.use(session, guests.LETTERS, str(manager.id), now=now):
                    tidings.asks_to_join(page.portal, session, manager, page.me.name, label, asker=asker)
    except Invalid as error:
        return page.refuse("territory_join.html", error, code="")
    return page.go("/territories", "join-requested")


def _elsewhere(page: Context, code: str) -> str | None:
    """Address of the cell of a territory that is not here; None if it is here. Raises Invalid if unknown."""
    with page.portal.database.read() as session:
        if territories.is_here(session, code):
            return None
        gone = departure.by_code(session, code)
    if gone is not None:
        return gone.url
    try:
        return page.portal.directory.cell_of(code)
    except DirectoryAway:
        raise Invalid(
            "code", "Такой территории здесь нет, а справочник территорий не отвечает. Попробуйте позже."
        ) from None


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
    """The start page of each role: the check for the guard, the passes for everybody else."""
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
    """The app's shortcut: the pass form of the territory chosen last."""
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
