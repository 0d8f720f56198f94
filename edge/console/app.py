"""The guard's page: lanes with their last pictures, last visits with reasons, the barrier by hand.

Server-rendered, works without scripts; the script only refreshes. Handlers are plain functions on uvicorn's threads:
they ask `gate run` and the relay process over their sockets and may fail without harming either.
"""

from __future__ import annotations

import uuid
from collections import OrderedDict
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from core.events import Reason
from core.plates import PlateInvalid, canonical
from edge.admission import admission
from edge.config import GateConfig
from edge.console.guard import FormTokens, Sessions, Tries
from edge.console.journal_reader import JournalReader
from edge.console.shield import CSRF_COOKIE, KNOWN_COOKIE, SESSION_COOKIE, Shield
from edge.console.views import Asked, answer_view, lane_cards, visit_row
from edge.language import say, spoken
from edge.runtime.control import ControlClient, GateAbsent
from edge.runtime.why_card import why_card
from edge.store.errors import StoreError
from edge.words import state_words
from relay.client import Relay
from relay.errors import RelayError
from relay.protocol import Outcome

HERE = Path(__file__).resolve().parent
VISITS = 30
MOST_HOLD_MINUTES = 240
_KEPT_ANSWERS = 50


class Console:
    """The page's handlers and what they ask."""

    def __init__(self, config: GateConfig, *, gate: ControlClient, relay: Relay) -> None:
        self._config = config
        self._gate = gate
        self._relay = relay
        self._sessions = Sessions(config.console.password)
        self._tries = Tries()
        self._tokens = FormTokens()
        self._journal = JournalReader(config.state_dir)
        self._answers: OrderedDict[str, tuple[bool, str]] = OrderedDict()
        self._pages = Environment(
            loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
        )
        self._pages.globals.update(say=say, state_words=state_words)

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/", self.home),
                Route("/live", self.live),
                Route("/login", self.login_form, methods=["GET"]),
                Route("/login", self.login, methods=["POST"]),
                Route("/lane/{lane}.jpg", self.lane_picture),
                Route("/visit/{visit_id}", self.visit),
                Route("/check", self.check),
                Route("/picture/{name:path}", self.picture),
                Route("/barrier/{lane}/{do}", self.ask, methods=["GET"]),
                Route("/barrier/{lane}/{do}", self.act, methods=["POST"]),
                Route("/done/{request_id}", self.done),
                Mount("/static", StaticFiles(directory=HERE / "static")),
            ],
            middleware=[Middleware(Shield, sessions=self._sessions, tokens=self._tokens)],
            exception_handlers={HTTPException: self.failed},
        )

    def close(self) -> None:
        self._journal.close()

    # -- pages ---------------------------------------------------------------------------------------------------

    def home(self, request: Request) -> Response:
        return self._page(request, "home.html", **self._now())

    def live(self, request: Request) -> Response:
        """What changes on the home page; fetched by the script."""
        return self._page(request, "live.html", **self._now())

    def _now(self) -> dict[str, Any]:
        try:
            status = self._gate.status()
        except GateAbsent:
            status = None
        visits = [visit_row(visit, self._config.zone) for visit in self._journal.newest(VISITS)]
        return {"lanes": lane_cards(self._config, status), "status": status, "visits": visits}

    def visit(self, request: Request) -> Response:
        found = self._journal.visit(request.path_params["visit_id"])
        if found is None:
            raise HTTPException(404)
        card = why_card(found.record, zone=self._config.zone)
        return self._page(request, "visit.html", card=card, visit=visit_row(found, self._config.zone))

    def check(self, request: Request) -> Response:
        """May this plate enter: the gate's own answer."""
        typed = request.query_params.get("plate", "")
        try:
            answer = admission(self._config, canonical(typed))
        except (PlateInvalid, StoreError) as error:
            return self._page(request, "check.html", typed=typed, answer=None, error=str(error), status_code=422)
        return self._page(
            request, "check.html", typed=typed, answer=answer_view(answer, self._config), error="", status_code=200
        )

    def picture(self, request: Request) -> Response:
        jpeg = self._journal.picture(request.path_params["name"])
        if jpeg is None:
            raise HTTPException(404)
        return Response(jpeg, media_type="image/jpeg", headers={"Cache-Control": "private, max-age=86400"})

    def lane_picture(self, request: Request) -> Response:
        lane = request.path_params["lane"]
        try:
            jpeg = self._gate.picture(lane).jpeg if self._config.lane(lane) else None
        except GateAbsent:
            jpeg = None
        if jpeg is None:
            raise HTTPException(404)
        return Response(jpeg, media_type="image/jpeg", headers={"Cache-Control": "no-store"})

    # -- the barrier by hand -------------------------------------------------------------------------------------

    def ask(self, request: Request) -> Response:
        """Are you sure? The form carries the id of the request: sent twice, it is done once."""
        return self._page(request, "ask.html", asked=self._asked(request), request_id=str(uuid.uuid4()))

    def act(self, request: Request) -> Response:
        asked, form = self._asked(request), request.state.form
        request_id = form.get("request_id", "")
        try:
            uuid.UUID(request_id)
            minutes = float(form.get("minutes", "10"))
        except ValueError:
            raise HTTPException(400) from None
        if not 0 < minutes <= MOST_HOLD_MINUTES:
            raise HTTPException(400)
        self._answers[request_id] = self._perform(asked, request_id, minutes)
        while len(self._answers) > _KEPT_ANSWERS:
            self._answers.popitem(last=False)
        return RedirectResponse(f"/done/{request_id}", 303)

    def done(self, request: Request) -> Response:
        well, text = self._answers.get(request.path_params["request_id"], (False, say("ответа уже нет")))
        return self._page(request, "done.html", well=well, text=text)

    def _asked(self, request: Request) -> Asked:
        lane, do = request.path_params["lane"], request.path_params["do"]
        if self._config.lane(lane) is None or do not in {"open", "hold", "release"}:
            raise HTTPException(404)
        return Asked(lane, do)

    def _perform(self, asked: Asked, request_id: str, minutes: float) -> tuple[bool, str]:
        lane, reason = asked.lane, Reason.CONSOLE
        try:
            if asked.do == "open":
                reply = self._relay.open(lane=lane, reason=reason, request_id=request_id)
            elif asked.do == "hold":
                reply = self._relay.hold(lane=lane, reason=reason, request_id=request_id, hold_s=minutes * 60)
            else:
                reply = self._relay.release(lane=lane, reason=reason, request_id=request_id)
        except RelayError as error:
            return False, str(error)
        if reply.outcome is Outcome.DONE:
            return True, asked.done
        if reply.outcome is Outcome.UNCONFIRMED:
            said = say("Послано, но открылся ли шлагбаум, неизвестно: посмотрите на него")
            return True, f"{said} ({reply.detail})"
        return False, f"{state_words(reply.outcome.value)}: {reply.detail or reply.why}"

    # -- log in --------------------------------------------------------------------------------------------------

    def login_form(self, request: Request) -> Response:
        return self._page(request, "login.html", error="")

    def login(self, request: Request) -> Response:
        address = request.client.host if request.client else ""
        known = self._sessions.known(request.cookies.get(KNOWN_COOKIE, ""))
        if not self._tries.allowed(address, known=known):
            error = say("Слишком часто. Подождите немного.")
            return self._page(request, "login.html", error=error, status_code=429)
        if not self._sessions.password_fits(request.state.form.get("password", "")):
            self._tries.failed(address, known=known)
            return self._page(request, "login.html", error=say("Пароль не подходит."), status_code=401)
        self._tries.succeeded(address, known=known)
        response = RedirectResponse("/", 303)
        response.set_cookie(SESSION_COOKIE, self._sessions.new(), max_age=30 * 86400, httponly=True, samesite="strict")
        if not known:
            response.set_cookie(
                KNOWN_COOKIE, self._sessions.mark(), max_age=365 * 86400, httponly=True, samesite="strict"
            )
        return response

    # -- rendering -----------------------------------------------------------------------------------------------

    def failed(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        text = say("Такой страницы нет.") if error.status_code == 404 else error.detail
        return self._page(request, "done.html", well=False, text=text, status_code=error.status_code)

    def _page(self, request: Request, template: str, *, status_code: int = 200, **values: Any) -> Response:
        cookie = request.cookies.get(CSRF_COOKIE, "")
        fresh = not cookie
        if fresh:
            cookie = self._tokens.cookie()
        html = self._pages.get_template(template).render(
            **values, site=self._config.site.name, token=self._tokens.of(cookie), lang=spoken().value
        )
        response = HTMLResponse(html, status_code, headers={"Cache-Control": "no-store"})
        if fresh:
            response.set_cookie(CSRF_COOKIE, cookie, httponly=True, samesite="strict")
        return response
