"""Logging in and out."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from edge.console.guard import Sessions, Tries
from edge.console.pages import Pages
from edge.console.shield import KNOWN_COOKIE, SESSION_COOKIE
from edge.language import say


class Door:
    """Handlers of `/login` and `/logout`."""

    def __init__(self, pages: Pages, sessions: Sessions) -> None:
        self._pages = pages
        self._sessions = sessions
        self._tries = Tries()

    def form(self, request: Request) -> Response:
        return self._page(request, error="")

    def log_in(self, request: Request) -> Response:
        address = request.client.host if request.client else ""
        known = self._sessions.known(request.cookies.get(KNOWN_COOKIE, ""))
        form = request.state.form
        name, secret = form.get("name", "").strip(), form.get("password", "")
        account = self._sessions.account(name)  # invented names must not push real ones out of memory
        if not self._tries.allowed(address, known=known, account=account):
            return self._page(request, error=say("Слишком часто. Подождите немного."), status_code=429)
        person = self._sessions.admitted(name, secret)
        if person is None:
            self._tries.failed(address, known=known, account=account)
            error = say("Имя или пароль не подходит.") if self._sessions.named else say("Пароль не подходит.")
            return self._page(request, error=error, status_code=401)
        self._tries.succeeded(address, known=known, account=account)
        response = RedirectResponse("/", 303)
        session = self._sessions.new(person)
        secure = request.url.scheme == "https"
        response.set_cookie(
            SESSION_COOKIE, session, max_age=30 * 86400, httponly=True, samesite="strict", secure=secure
        )
        if not known:
            mark = self._sessions.mark()
            response.set_cookie(KNOWN_COOKIE, mark, max_age=365 * 86400, httponly=True, samesite="strict")
        return response

    def log_out(self, request: Request) -> Response:
        del request
        response = RedirectResponse("/login", 303)
        response.delete_cookie(SESSION_COOKIE, httponly=True, samesite="strict")
        return response

    def _page(self, request: Request, *, error: str, status_code: int = 200) -> Response:
        named = self._sessions.named
        return self._pages.page(request, "login.html", error=error, named=named, status_code=status_code)
