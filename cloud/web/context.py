"""What a page handler receives: the request's data, already checked, and methods to respond."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from cloud.db.models import Account, Device, Membership, Role, Territory
from cloud.domain import audit, gates
from cloud.domain.accounts import SESSION_LASTS
from cloud.domain.errors import Invalid
from cloud.domain.territories import DEFAULT_ZONE
from cloud.web.cookies import read_session, set_session
from cloud.web.forms import Form
from cloud.web.language import Language, translate
from cloud.web.notices import NOTICES
from cloud.web.templates import templates

if TYPE_CHECKING:
    from cloud.web.portal import Portal

NOTICE_COOKIE = "okter_notice"
AWAY = {
    **{key.removesuffix("-away"): key for key in NOTICES if key.endswith("-away")},
    **dict.fromkeys(("pass-added-unusual", "pass-added-hours", "pass-added-later"), "pass-added-away"),
}
"""What is said instead while a gate is away."""


def is_inside(path: str) -> bool:
    """Whether browsers take it for a path of this portal, and for no other host's address."""
    return path.startswith("/") and not path.startswith("//") and path.isprintable() and "\\" not in path


@dataclass(slots=True)
class Context:
    """One request of one person. Handlers run on a worker thread, so the session is used by one thread only."""

    request: Request
    portal: Portal
    now: datetime
    language: Language
    csrf: str
    form: Form
    address: str
    theme: str = ""
    notice: str = ""
    account: Account | None = None
    device: Device | None = None
    membership: Membership | None = None
    requests_waiting: int = 0
    _session: Session | None = field(default=None, repr=False)

    @property
    def session(self) -> Session:
        assert self._session is not None, "this page opens its own transactions"
        return self._session

    def use(self, session: Session) -> None:
        """Work in `session` from here on; the account found earlier is merged into it."""
        self._session = session
        if self.account is not None:
            self.account = session.merge(self.account, load=False)

    def leave(self) -> None:
        """The session has ended; a page that opens its own transactions goes on without one."""
        self._session = None

    @property
    def me(self) -> Account:
        assert self.account is not None
        return self.account

    @property
    def member(self) -> Membership:
        assert self.membership is not None
        return self.membership

    @property
    def territory(self) -> Territory:
        return self.member.territory

    @property
    def role(self) -> Role:
        return Role(self.member.role)

    @property
    def is_manager(self) -> bool:
        return self.membership is not None and self.membership.role == Role.MANAGER

    @property
    def is_operator(self) -> bool:
        return self.membership is not None and self.membership.role in {Role.MANAGER, Role.OPERATOR}

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(DEFAULT_ZONE if self.membership is None else self.territory.timezone)

    @property
    def here(self) -> str:
        """The address of this page, to come back to."""
        url = self.request.url
        if self.request.method != "GET":
            return "/territories"
        return f"{url.path}?{url.query}"[:200] if url.query else url.path

    @property
    def came_from(self) -> str:
        """The page of ours that led here, to go back to; empty if it is not known."""
        try:
            url = urlsplit(self.request.headers.get("referer", ""))
        except ValueError:
            return ""
        path = url._replace(scheme="", netloc="", fragment="").geturl()
        return path if url.netloc == self.request.url.netloc and is_inside(path) else ""

    @property
    def base(self) -> str:
        """The path of the territory's pages."""
        return f"/t/{self.territory.code}"

    def path(self, name: str) -> str:
        """A path parameter; text that no database can store becomes an empty id."""
        value = str(self.request.path_params[name])
        return value if value.isprintable() else ""

    def query(self, name: str, *, longest: int = 120) -> str:
        """A query parameter, truncated and without control characters."""
        value = self.request.query_params.get(name, "")[:longest]
        return "".join(char for char in value if char.isprintable()).strip()

    @property
    def chosen(self) -> Language | None:
        """The language that was chosen in this browser; None if the page's is only the usual one."""
        return self.language if self.request.cookies.get("okter_language") in set(Language) else None

    def say(self, text: str, /, **facts: object) -> str:
        return translate(self.language, text, **facts)

    def audit(self, action: str, subject: str = "", *, actor: Account | None = None) -> None:
        audit.record(
            self.session,
            action,
            actor=actor or self.account,
            territory=None if self.membership is None else self.membership.territory,
            subject=subject,
            address=self.address,
        )

    def render(self, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
        """A page. `errors` (field -> text) and `values` are added to what every page has."""
        values.setdefault("errors", {})
        html = templates.get_template(template).render(page=self, t=self.say, **values)
        response = HTMLResponse(html, status)
        if self.notice:
            response.delete_cookie(NOTICE_COOKIE)
        return response

    def refuse(self, template: str, error: Invalid | None, **values: Any) -> HTMLResponse:
        """The form again, with each error beside its field; without an error, the plain page."""
        if error is None:
            return self.render(template, **values)
        errors = {one.field: self.say(one.text, **one.facts) for one in (error, *error.others)}
        return self.render(template, status=422, errors=errors, **values)

    def go(self, path: str, notice: str = "") -> Response:
        """Redirect after a change; `notice` is a key of `cloud.web.notices`, shown once on the next page."""
        response = RedirectResponse(path, 303)
        if notice:
            response.set_cookie(
                NOTICE_COOKIE, notice, max_age=30, httponly=True, samesite="lax", secure=self.portal.settings.secure
            )
        return response

    def go_listed(self, path: str, notice: str) -> Response:
        """Like `go`, after a change of the list: says so if a gate is away and does not know of it (`…-away`)."""
        behind = gates.away(self.session, self.territory, now=self.now)
        return self.go(path, AWAY.get(notice, notice) if behind else notice)

    def extend_session(self, response: Response) -> Response:
        """Extend the cookie of a newly admitted device to its full year."""
        token = read_session(self.request, self.portal.settings)
        assert token is not None
        set_session(response, self.portal.settings, token, lasts=SESSION_LASTS)
        return response

    def missing(self) -> HTMLResponse:
        """404, also for what belongs to others, so that strangers learn nothing."""
        return self.render("missing.html", status=404)
