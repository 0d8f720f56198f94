"""The guard's page: who waits and why, the lanes' newest pictures, visits with reasons, the barrier by hand.

Rendered on the server; works without scripts. Scripts keep it fresh and show when they cannot. Handlers are plain
functions on uvicorn's threads. They query `gate run` and the relay process over their sockets and may fail without
harming either.
"""

from __future__ import annotations

import json
import uuid
from http import HTTPStatus

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from core.plates.canonical import PlateInvalid, canonical, display, is_canonical
from edge.admission import admission, whose_pass
from edge.config import GateConfig
from edge.config.schema import Lane
from edge.console.aim_page import AimPage
from edge.console.barrier_requests import Answer, BarrierRequests, FormBroken, asked_in, minutes_in
from edge.console.door import Door
from edge.console.guard import FormTokens, Sessions
from edge.console.journal_page import JournalPage
from edge.console.journal_reader import JournalReader
from edge.console.list_page import ListPage
from edge.console.live import Streams, beat_of, parts_of
from edge.console.notices_now import NoticesNow
from edge.console.notices_page import NoticesPage
from edge.console.pages import HERE, Pages
from edge.console.phones import pieces
from edge.console.settings_page import SettingsPage
from edge.console.shield import SESSION_COOKIE, Shield
from edge.console.views import answer_view, lane_cards, visit_row
from edge.console.watch import Watch
from edge.language import say
from edge.persons import Persons
from edge.runtime.control import ControlClient, GateAbsent, VisitPictures
from edge.runtime.why_card import why_card
from edge.store.errors import StoreError
from relay.client import Relay
from relay.protocol import Do

DRAWN_S = 1.5
"""A vehicle unseen for this long is no longer drawn."""
_NO_STORE = {"Cache-Control": "no-store"}
_KEPT = {"Cache-Control": "private, max-age=86400"}


class Console:
    """The page's handlers, and the parts they query."""

    def __init__(self, config: GateConfig, *, gate: ControlClient, relay: Relay) -> None:
        self._config = config
        self._gate = gate
        self._sessions = Sessions(config.console.password, Persons(config.state_dir))
        self._tokens = FormTokens()
        self._journal = JournalReader(config.state_dir)
        self._watch = Watch(gate=gate, relay=relay, journal=self._journal)
        self._requests = BarrierRequests(config, gate=gate, relay=relay)
        notices = NoticesNow(config)
        self._pages = Pages(config.site.name, self._tokens, notices=lambda: notices.on)
        self._door = Door(self._pages, self._sessions)
        self._journal_page = JournalPage(config, self._pages, self._journal)
        self._list_page = ListPage(config, self._pages)
        self._settings_page = SettingsPage(config, self._pages, gate)
        self._aim_page = AimPage(config, self._pages, self._journal, gate=gate)
        self._notices_page = NoticesPage(
            config, self._pages, notices, gate=gate, requests=self._requests, answered=self._answered
        )
        self._streams = Streams(config, self._watch.now, self._pages.render)

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/", self.home),
                Route("/live", self.live),
                Route("/login", self._door.form, methods=["GET"]),
                Route("/login", self._door.log_in, methods=["POST"]),
                Route("/logout", self._door.log_out, methods=["POST"]),
                Route("/journal", self._journal_page.show),
                Route("/pass/add", self._list_page.form, methods=["GET"]),
                Route("/pass/add", self._list_page.add, methods=["POST"]),
                Route("/settings", self._settings_page.show),
                Route("/settings/key", self._settings_page.form, methods=["GET"]),
                Route("/settings/key", self._settings_page.save, methods=["POST"]),
                Route("/settings/rollback", self._settings_page.back, methods=["POST"]),
                Route("/lane/{lane}.jpg", self.lane_picture),
                Route("/waiting/{visit_id}.jpg", self.waiting_picture),
                Route("/waiting/{visit_id}/plate.jpg", self.waiting_plate),
                Route("/visit/{visit_id}", self.visit),
                Route("/visit/{visit_id}/open", self.open_for, methods=["POST"]),
                Route("/check", self.check),
                Route("/picture/{name:path}", self.picture),
                Route("/barrier/{lane}/{do}", self.ask, methods=["GET"]),
                Route("/barrier/{lane}/{do}", self.act, methods=["POST"]),
                Route("/done/{request_id}", self.done),
                Route("/aim", self._aim_page.choose),
                Route("/aim/{lane}", self._aim_page.show, name="aim"),
                Route("/aim/{lane}/rows", self._aim_page.rows),
                Route("/aim/{lane}/draw", self._aim_page.draw, methods=["POST"]),
                Route("/aim/{lane}/accept", self._aim_page.accept, methods=["POST"]),
                Route("/aim/{lane}/record", self._aim_page.record, name="aim_record"),
                Route("/notices", self._notices_page.show, methods=["GET"]),
                Route("/notices", self._notices_page.on, methods=["POST"]),
                Route("/notices/kept", self._notices_page.kept, methods=["POST"]),
                Route("/notices/off", self._notices_page.off, methods=["POST"]),
                Route("/notice/{visit_id}", self._notices_page.card),
                Route("/notice/{visit_id}/open", self._notices_page.open, methods=["POST"]),
                Route("/worker.js", self._notices_page.worker),
                Route("/manifest.webmanifest", self.manifest),
                Mount("/static", StaticFiles(directory=HERE / "static")),
            ],
            middleware=[Middleware(Shield, sessions=self._sessions, tokens=self._tokens)],
            exception_handlers={HTTPException: self.failed},
        )

    def close(self) -> None:
        self._watch.close()
        self._journal.close()

    # -- pages ---------------------------------------------------------------------------------------------------

    def home(self, request: Request) -> Response:
        now = self._watch.now()
        parts, waiting = parts_of(self._config, now, self._pages.render, self._pages.common(request))
        beat = json.dumps(beat_of(self._config, now))
        return self._pages.page(
            request, "home.html", parts=parts, waiting=waiting, lanes=lane_cards(self._config, now), beat=beat
        )

    async def live(self, request: Request) -> Response:
        """The event stream that keeps the home page fresh."""
        if self._streams.full:
            return Response("503", 503)
        cookie = request.cookies.get(SESSION_COOKIE, "")
        stream = self._streams.stream(self._pages.common(request), lambda: self._sessions.who(cookie) is not None)
        return StreamingResponse(stream, media_type="text/event-stream", headers=_NO_STORE)

    def manifest(self, request: Request) -> Response:
        """The web app manifest, with which a phone can install the page."""
        del request
        icons = [{"src": f"/static/icon-{n}.png", "sizes": f"{n}x{n}", "type": "image/png"} for n in (192, 512)]
        values = {
            "name": self._config.site.name,
            "short_name": self._config.site.name[:12],
            "start_url": "/",
            "display": "standalone",
            "background_color": "#11151a",
            "theme_color": "#11151a",
            "icons": [*icons, {"src": "/static/icon.svg", "sizes": "any", "type": "image/svg+xml"}],
        }
        return JSONResponse(values, media_type="application/manifest+json")

    def visit(self, request: Request) -> Response:
        try:
            found = self._journal.visit(request.path_params["visit_id"])
        except StoreError:
            raise HTTPException(503, say("Журнал не прочитать.")) from None
        if found is None:
            raise HTTPException(404)
        now = self._watch.now().wall
        item = whose_pass(self._config, found.record)
        lane = self._config.shown(found.record.lane)
        card = why_card(found.record, zone=self._config.zone, now=now, item=item, lane=lane)
        return self._pages.page(
            request,
            "visit.html",
            card=card,
            visit=visit_row(found, self._config, now=now),
            pieces=pieces,
            addable=found.record.plate or "",
        )

    def check(self, request: Request) -> Response:
        """Whether this plate may enter: the gate's own answer."""
        typed = request.query_params.get("plate", "")
        try:
            answer = admission(self._config, canonical(typed))
        except (PlateInvalid, StoreError) as error:
            return self._pages.page(request, "check.html", typed=typed, answer=None, error=str(error), status_code=422)
        view = answer_view(answer, self._config)
        return self._pages.page(request, "check.html", typed=typed, answer=view, error="")

    # -- pictures ------------------------------------------------------------------------------------------------

    def picture(self, request: Request) -> Response:
        return _jpeg(self._journal.picture(request.path_params["name"]), _KEPT)

    def lane_picture(self, request: Request) -> Response:
        """A lane's newest picture; the header `X-Seen` tells what was found in it, and its age."""
        lane = self._lane(request)
        try:
            found = self._gate.picture(lane.name)
            scene = self._gate.scene()
        except GateAbsent:
            raise HTTPException(404) from None
        visits = [
            {"box": msgspec.to_builtins(one.visit.box), "text": one.visit.display or _road(one.visit.masked or "")}
            for one in scene.visits
            if one.visit.lane == lane.name and one.visit.box is not None and one.unseen_s < DRAWN_S
        ]
        seen = json.dumps({**msgspec.to_builtins(found.seen), "visits": visits}, separators=(",", ":"))
        return _jpeg(found.jpeg, {**_NO_STORE, "X-Seen": seen})

    def waiting_picture(self, request: Request) -> Response:
        pictures = self._evidence(request)
        return _jpeg(None if pictures is None else pictures.jpeg, _NO_STORE)

    def waiting_plate(self, request: Request) -> Response:
        pictures = self._evidence(request)
        return _jpeg(None if pictures is None else pictures.plate, _NO_STORE)

    def _evidence(self, request: Request) -> VisitPictures | None:
        try:
            return self._gate.evidence(request.path_params["visit_id"])
        except GateAbsent:
            return None

    # -- the barrier by hand -------------------------------------------------------------------------------------

    def ask(self, request: Request) -> Response:
        """The confirmation page. Its form has the request's id, so that sending it twice acts once."""
        lane, do = self._lane(request), _do(request)
        return self._pages.page(
            request, "ask.html", do=do.value, question=_question(do, lane.shown), request_id=str(uuid.uuid4())
        )

    def act(self, request: Request) -> Response:
        lane, do, form = self._lane(request), _do(request), request.state.form
        try:
            asked, minutes = asked_in(form, request.state.person.name), minutes_in(form)
        except FormBroken:
            raise HTTPException(400) from None
        return self._answered(request, asked.request_id, self._requests.lane(lane, do, asked, minutes))

    def open_for(self, request: Request) -> Response:
        """Open for the car of a visit, provided it still waits there."""
        try:
            asked = asked_in(request.state.form, request.state.person.name)
        except FormBroken:
            raise HTTPException(400) from None
        answer = self._requests.visit(request.path_params["visit_id"], asked)
        return self._answered(request, asked.request_id, answer)

    def done(self, request: Request) -> Response:
        answer = self._requests.answer(request.path_params["request_id"])
        return self._pages.page(request, "done.html", well=answer.well, text=answer.text)

    def _answered(self, request: Request, request_id: str, answer: Answer) -> Response:
        """For a script, the values; for a form, a redirect to the page that shows them."""
        if "application/json" in request.headers.get("accept", ""):
            return JSONResponse({"well": answer.well, "text": answer.text}, headers=_NO_STORE)
        return RedirectResponse(f"/done/{request_id}", 303)

    def _lane(self, request: Request) -> Lane:
        lane = self._config.lane(request.path_params["lane"])
        if lane is None:
            raise HTTPException(404)
        return lane

    def failed(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        unsaid = error.detail == HTTPStatus(error.status_code).phrase
        told = {404: say("Такой страницы нет."), 400: say("Форма составлена неверно. Ничего не сделано.")}
        text = told.get(error.status_code, error.detail) if unsaid else error.detail
        return self._pages.page(request, "done.html", well=False, text=text, status_code=error.status_code)


def _do(request: Request) -> Do:
    try:
        do = Do(request.path_params["do"])
    except ValueError:
        raise HTTPException(404) from None
    if do not in {Do.OPEN, Do.HOLD, Do.RELEASE}:
        raise HTTPException(404)
    return do


def _question(do: Do, name: str) -> str:
    if do is Do.OPEN:
        return say("Открыть «{name}»?", name=name)
    if do is Do.HOLD:
        return say("Держать «{name}» открытым?", name=name)
    return say("Отпустить «{name}»?", name=name)


def _road(read: str) -> str:
    """What has been read so far, formatted as on a plate if complete."""
    return display(read) if is_canonical(read) else read


def _jpeg(data: bytes | None, headers: dict[str, str]) -> Response:
    if data is None:
        raise HTTPException(404)
    return Response(data, media_type="image/jpeg", headers=headers)
