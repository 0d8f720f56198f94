"""The portal as one ASGI application: pages for people, the edge API for gates."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import signal
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from types import FrameType

from fastapi import FastAPI
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ExceptionHandler

from cloud import push
from cloud.api import router as edge_router
from cloud.api.requests import make_limits
from cloud.couriers.courier import Courier
from cloud.couriers.telegram import TelegramRound
from cloud.couriers.web_push import WebPushRound, contact_of
from cloud.couriers.webhooks import WebhookRound
from cloud.db.engine import Database
from cloud.db.models import TelegramChat
from cloud.directory.client import make_directory
from cloud.jobs import JobWorker
from cloud.mail import Mailer
from cloud.outbox import Outbox
from cloud.pictures import make_pictures
from cloud.public_api import router as public_router
from cloud.public_api.problems import by_status, is_public
from cloud.public_api.webhooks import publish, tell_programs
from cloud.quiet_hours import QuietHours
from cloud.rounds import Rounds
from cloud.settings import Settings
from cloud.sweeper import SWEEP, sweep, sweep_for_ever
from cloud.telegram.channel import TelegramChannel
from cloud.telegram.listener import Listener
from cloud.web import exports, imports, telegrams, tidings
from cloud.web.failures import failure
from cloud.web.feed import feed_stream
from cloud.web.files import file_routes
from cloud.web.forms import LARGEST_UPLOAD, Form
from cloud.web.gatekeeper import endpoint, identify
from cloud.web.headers import SecureHeaders, secure_headers
from cloud.web.health import health_routes
from cloud.web.pages import ALL_PAGES
from cloud.web.portal import Portal
from posting.post import Poster
from posting.push_encryption import Sender
from posting.reach import Reach
from posting.telegram import BotApi


def create_app(settings: Settings, *, push_reach: Reach | None = None) -> FastAPI:
    """The application over a migrated database. Its hub and its sweeper live as long as the server's lifespan.

    `push_reach`: which addresses browsers' push services may have. Any account can name one, so by default only public
    addresses are allowed.
    """
    database = Database(settings.database_url)
    outbox = Outbox(database, Mailer(settings.mail, settings.data_dir / "mail"))
    pictures = make_pictures(settings.data_dir, settings.bucket)
    poster = Poster(Reach(settings.private_receivers))
    sender = Sender(settings.secret, contact_of(settings))
    portal = Portal(
        settings,
        database,
        outbox,
        push.make_hub(database, settings.nats),
        pictures,
        Courier(database, WebPushRound(Poster(push_reach or Reach()), sender)),
        Courier(database, WebhookRound(poster, lambda session, row: tidings.webhook_off(portal, session, row))),
        JobWorker(
            database,
            {
                SWEEP: lambda work: sweep(portal, work),
                exports.JOURNAL: lambda work: exports.make(portal, work),
                imports.IMPORT: lambda work: imports.make(portal, work),
            },
        ),
        make_directory(settings.directory, settings.public_url),
        QuietHours(database, lambda session, morning: tidings.in_the_morning(portal, session, morning)),
        sender.public_key,
        telegram_channel(database, settings, lambda session, chat: telegrams.tied(portal, session, chat)),
    )
    threaded: list[Rounds] = [outbox, *portal.couriers, portal.jobs, portal.quiet]
    if portal.telegram is not None:
        threaded.append(portal.telegram.listener)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await portal.hub.start()
        for one in threaded:
            one.start()
        sweeper = asyncio.create_task(sweep_for_ever(portal))
        try:
            with _streams_end_on_signals(portal.hub):
                yield
        finally:
            sweeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await sweeper
            for one in threaded:
                await run_in_threadpool(one.stop)
            await portal.hub.stop()
            database.close()

    app = FastAPI(title="OKter", openapi_url="/api/openapi.json", docs_url=None, redoc_url=None, lifespan=lifespan)
    app.state.settings = settings
    app.state.edge_limits = make_limits(settings.quota)
    app.state.move_key = settings.move_key
    app.state.pictures = pictures
    app.state.database = database
    app.state.sessions = database.readers
    app.state.hub = portal.hub
    app.state.outbox = outbox
    app.state.portal = portal
    app.state.ice = settings.ice
    app.state.tell_call = tidings.gate_rings(portal)
    app.state.tell_host = tidings.about_guest(portal)
    app.state.tell_programs = functools.partial(tell_programs, wake=portal.webhooks)
    app.include_router(edge_router)
    app.include_router(public_router)
    publish(app)
    app.router.routes.extend(page_routes(portal))
    app.add_exception_handler(HTTPException, _problem_page(portal))
    app.add_exception_handler(IntegrityError, _collision_page(portal))
    pictures_from = settings.bucket.public if settings.bucket else ""
    app.add_exception_handler(
        Exception, _failure_page(portal, secure_headers(secure=settings.secure, pictures_from=pictures_from))
    )
    app.add_middleware(SecureHeaders, secure=settings.secure, pictures_from=pictures_from)
    return app


def telegram_channel(
    database: Database, settings: Settings, tied: Callable[[Session, TelegramChat], None]
) -> TelegramChannel | None:
    """The sender of notices to chats and the listener of the bot; None if the operator has configured no bot."""
    if settings.telegram is None:
        return None
    api = BotApi(settings.telegram.token, settings.telegram.address)
    listener = Listener(database, api, url=settings.public_url, tied=tied)
    return TelegramChannel(Courier(database, TelegramRound(api)), listener)


@contextmanager
def _streams_end_on_signals(hub: push.Hub) -> Iterator[None]:
    """End the open streams as soon as the server is told to stop; otherwise it waits for them until its time limit."""
    if threading.current_thread() is not threading.main_thread():  # a server in a test gets no signals
        yield
        return
    servers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def end(number: int, frame: FrameType | None) -> None:
        hub.stopping = True
        hub.publish(push.Missed())
        then = servers[signal.Signals(number)]
        if callable(then):
            then(number, frame)

    for number in servers:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in servers.items():
            signal.signal(number, handler)


def page_routes(portal: Portal) -> list[BaseRoute]:
    """Every page of the portal, its stream, and its static files."""
    routes: list[BaseRoute] = [Route("/t/{code}/feed/stream", feed_stream(portal), methods=["GET"])]
    routes += [Route(page.path, endpoint(page, portal), methods=[page.method]) for page in ALL_PAGES]
    return [*routes, *file_routes(), *health_routes(portal)]


def _problem_page(portal: Portal) -> ExceptionHandler:
    async def answer(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if is_public(request):
            answer = by_status(request, error.status_code)
            answer.headers.update(error.headers or {})
            return answer
        if request.url.path.startswith("/api/"):
            return JSONResponse({"error": error.detail}, error.status_code, headers=error.headers)
        return await run_in_threadpool(_render_problem, portal, request, error.status_code)

    return answer


def _collision_page(portal: Portal) -> ExceptionHandler:
    """The response when two people changed the same thing at once and the database accepted one of them."""

    async def answer(request: Request, _: Exception) -> Response:
        if is_public(request):
            return by_status(request, 409)
        if request.url.path.startswith("/api/"):
            return JSONResponse({"error": "conflict: try again"}, 409)
        return await run_in_threadpool(_render_problem, portal, request, 409)

    return answer


def _failure_page(portal: Portal, headers: Mapping[str, str]) -> ExceptionHandler:
    """For what fails outside of a page. It answers outside of the middleware too, so it adds the headers."""

    async def answer(request: Request, error: Exception) -> Response:
        response = await run_in_threadpool(failure, portal, request, error)
        response.headers.update(headers)
        return response

    return answer


def _render_problem(portal: Portal, request: Request, status: int) -> Response:
    context, _ = identify(portal, request, Form())
    template = {404: "missing.html", 405: "missing.html", 409: "collision.html"}.get(status, "problem.html")
    return context.render(template, status=status, code=status, megabytes=LARGEST_UPLOAD // 2**20)
