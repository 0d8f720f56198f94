"""Notices on the guard's telephone: switching them on, and the page that a notice opens (ADR 156)."""

from __future__ import annotations

import time
from collections.abc import Callable

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response

from edge.config import GateConfig
from edge.console.barrier_requests import Answer, BarrierRequests, FormBroken, asked_in
from edge.console.notices_now import NoticesNow
from edge.console.pages import HERE, Pages
from edge.console.views import waiting_cards
from edge.language import say, spoken
from edge.neighbours.notices import LIVES_S
from edge.neighbours.subscriptions import Subscription, Subscriptions, SubscriptionsUnkept, mark_of, own_key
from edge.persons import Persons
from edge.runtime.control import ControlClient, GateAbsent

Answered = Callable[[Request, str, Answer], Response]


class NoticesPage:
    """Handlers of `/notices` and `/notice/…`."""

    def __init__(
        self,
        config: GateConfig,
        pages: Pages,
        now: NoticesNow,
        *,
        gate: ControlClient,
        requests: BarrierRequests,
        answered: Answered,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._config = config
        self._pages = pages
        self._now = now
        self._gate = gate
        self._requests = requests
        self._answered = answered
        self._clock = clock
        self._persons = Persons(config.state_dir)
        self._subscriptions = Subscriptions(config.state_dir)

    def show(self, request: Request) -> Response:
        self._wanted()
        return self._page(request)

    def on(self, request: Request) -> Response:
        """Subscribe this browser to notices, in the language it uses."""
        from posting.push_encryption import BrowserKeys, KeyInvalid  # noqa: PLC0415 - loaded when needed
        from posting.reach import well_formed  # noqa: PLC0415

        self._wanted()
        form, name = request.state.form, request.state.person.name
        endpoint, p256dh, auth = (form.get(one, "") for one in ("endpoint", "p256dh", "auth"))
        try:
            BrowserKeys.read(p256dh, auth)
        except KeyInvalid:
            endpoint = ""
        if not well_formed(endpoint) or not endpoint.startswith("https://"):
            return self._page(request, error=say("Браузер прислал неполную подписку. Попробуйте ещё раз."))
        mark = mark_of(self._persons, name, self._config.console.password)
        try:
            self._subscriptions.put(Subscription(endpoint, p256dh, auth, spoken().value, name, mark))
        except SubscriptionsUnkept as error:
            return self._page(request, error=str(error))
        return RedirectResponse("/notices", 303)

    def kept(self, request: Request) -> Response:
        """Whether notices go to this browser: what the browser itself keeps does not say so."""
        self._wanted()
        endpoint = request.state.form.get("endpoint", "")
        try:
            known = list(self._subscriptions.of_persons(self._config.console.password))
        except SubscriptionsUnkept as error:
            raise HTTPException(503, str(error)) from None
        return JSONResponse({"kept": any(one.endpoint == endpoint for one in known)})

    def off(self, request: Request) -> Response:
        self._wanted()
        try:
            self._subscriptions.drop(request.state.form.get("endpoint", ""))
        except SubscriptionsUnkept as error:
            return self._page(request, error=str(error))
        return RedirectResponse("/notices", 303)

    def worker(self, request: Request) -> Response:
        """The service worker that shows a notice. It is served from the root so that its scope is the whole page."""
        del request
        headers = {"Cache-Control": "no-cache"}
        return FileResponse(HERE / "static" / "worker.js", media_type="text/javascript", headers=headers)

    def card(self, request: Request) -> Response:
        """The page a notice opens: that car as it is now, with OPEN for as long as the notice is valid."""
        visit_id, until = request.path_params["visit_id"], request.query_params.get("until", "")
        try:
            scene = self._gate.scene()
        except GateAbsent:
            return self._told(request, say("Программа шлагбаума не отвечает: та ли машина стоит, неизвестно."))
        found = next((one for one in waiting_cards(self._config, scene) if one.id == visit_id), None)
        if found is None:
            return self._told(request, say("Этой машины уже не видно."))
        return self._pages.page(request, "notice.html", card=found, until=until, left=int(self._left_s(until)))

    def open(self, request: Request) -> Response:
        """Open for that car, while it stands there and within the minute of its notice."""
        try:
            asked = asked_in(request.state.form, request.state.person.name)
        except FormBroken:
            raise HTTPException(400) from None
        if not self._left_s(request.state.form.get("until", "")):
            late = say("Поздно: по уведомлению можно открыть минуту. Ничего не открыто.")
            return self._answered(request, asked.request_id, self._requests.keep(asked, Answer(False, late)))
        answer = self._requests.visit(request.path_params["visit_id"], asked)
        return self._answered(request, asked.request_id, answer)

    def _left_s(self, until: str) -> float:
        """Seconds left of the minute; 0 for anything that is no moment of it, as after a restart of the box."""
        if not (until.isascii() and until.isdecimal() and len(until) < 12):
            return 0.0
        left = int(until) - self._clock()
        return left if 0 < left <= LIVES_S else 0.0

    def _wanted(self) -> None:
        if not self._now.on:
            raise HTTPException(404)

    def _page(self, request: Request, *, error: str = "") -> Response:
        from posting.push_encryption import Sender  # noqa: PLC0415 - loaded when needed

        key, settings = "", self._now.settings
        try:
            key = Sender(own_key(self._config.state_dir), settings.contact).public_key
        except SubscriptionsUnkept as broken:
            error = error or str(broken)
        return self._pages.page(
            request,
            "notices.html",
            key=key,
            quiet=settings.quiet,
            silent=self._silent(),
            error=error,
            status_code=422 if error else 200,
        )

    def _silent(self) -> str:
        """Why nobody is told, as far as the running gate says so; empty if it tells, or cannot be asked."""
        try:
            told = {one.name: one.trouble for one in self._gate.status().neighbours}
        except GateAbsent:
            return say("gate run не отвечает: пока он не работает, уведомлений нет.")
        if "web_push" not in told:
            return say(
                "Шлюз уведомлений ещё не шлёт: настройку он не взял. На коробке: sudo systemctl restart okter-gate"
            )
        return say("Уведомления сейчас не уходят: {why}", why=told["web_push"]) if told["web_push"] else ""

    def _told(self, request: Request, text: str) -> Response:
        return self._pages.page(request, "done.html", well=False, text=text)
