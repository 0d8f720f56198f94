"""The directory as a separate application: a few routes over two tables.

    GET  /v1/territories/CODE     {code, cell, serial}
    GET  /v1/gates/NAMED          the same; NAMED is the public part of a device token, or the SHA-256 of an older token
    POST /v1/territories/CODE     {cell}: a cell claims a code for a new territory; 201, or 409 if the code is taken
    DELETE /v1/territories/CODE   {cell, before}: a cell has deleted the territory at that time; 204, also if there was nothing
    GET  /t/CODE…                 redirects a person to the territory's cell
    GET  /healthz

Everything under `/v1` is for cells, which authenticate with a shared secret. Answers may be cached for a minute.
"""

from __future__ import annotations

import hmac
import json
import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from cloud.db.engine import Database
from cloud.db.models import utc_now
from cloud.directory.places import Place, Places

CODE = re.compile(r"[0-9]{3}-[0-9]{3}")
HASH = re.compile(r"[0-9a-f]{64}")
LARGEST = 1000
KEPT = {"Cache-Control": "private, max-age=60"}


def create_directory(database: Database, secret: str) -> Starlette:
    """The application over `database`. Creates its tables if they do not exist."""
    directory = _Directory(Places(database), secret)
    return Starlette(
        routes=[
            Route("/v1/territories/{code}", directory.territory, methods=["GET", "POST", "DELETE"]),
            Route("/v1/gates/{named}", directory.gate),
            Route("/t/{code}", directory.page),
            Route("/t/{code}/{rest:path}", directory.page),
            Route("/healthz", directory.health),
        ],
        exception_handlers={SQLAlchemyError: _failed},
    )


@dataclass(frozen=True, slots=True)
class _Directory:
    """The endpoints."""

    places: Places
    secret: str

    async def territory(self, request: Request) -> Response:
        code = request.path_params["code"]
        if not _is_cell(request, self.secret):
            return _problem(401, "a cell's secret is wanted")
        if not CODE.fullmatch(code):
            return _problem(404, "no such code")
        if request.method == "POST":
            return await _claim(self.places, code, request)
        if request.method == "DELETE":
            return await _release(self.places, code, request)
        return _place_response(await run_in_threadpool(self.places.of_code, code))

    async def gate(self, request: Request) -> Response:
        named = request.path_params["named"]
        if not _is_cell(request, self.secret):
            return _problem(401, "a cell's secret is wanted")
        if CODE.fullmatch(named):
            return _place_response(await run_in_threadpool(self.places.of_code, named))
        if HASH.fullmatch(named):
            return _place_response(await run_in_threadpool(self.places.of_credential, named))
        return _problem(404, "no such credential")

    async def page(self, request: Request) -> Response:
        code = request.path_params["code"]
        place = await run_in_threadpool(self.places.of_code, code) if CODE.fullmatch(code) else None
        if place is None:
            return PlainTextResponse("Такой территории нет. / No such territory.", 404)
        return RedirectResponse(f"{place.cell_url}{request.url.path}", 307)

    async def health(self, _request: Request) -> Response:
        return JSONResponse({"territories": await run_in_threadpool(self.places.count)})


async def _claim(places: Places, code: str, request: Request) -> Response:
    body = await _body_of(request)
    url = _url_of(body)
    if url is None:
        return _problem(422, "body.cell: the address of a cell is wanted")
    ours = await run_in_threadpool(places.claim, code, url, now=utc_now())
    return JSONResponse({"code": code, "cell": url}, 201) if ours else _problem(409, "another cell has this code")


async def _release(places: Places, code: str, request: Request) -> Response:
    body = await _body_of(request)
    url, before = _url_of(body), _moment_of(body)
    if url is None or before is None:
        return _problem(422, "body.cell, body.before: the address of a cell and a moment with its zone are wanted")
    await run_in_threadpool(places.release, code, url, before=before)
    return Response(status_code=204)


async def _body_of(request: Request) -> bytes:
    """The body; one that is too long is as good as none."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST:
            return b""
    return bytes(body)


def _moment_of(body: bytes) -> datetime | None:
    try:
        at = datetime.fromisoformat(json.loads(body)["before"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return at if at.tzinfo is not None else None


def _url_of(body: bytes) -> str | None:
    try:
        url = json.loads(body)["cell"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return url if isinstance(url, str) and re.fullmatch(r"https?://[!-~]{1,190}", url) else None


def _is_cell(request: Request, secret: str) -> bool:
    scheme, _, told = request.headers.get("authorization", "").partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(told.encode(), secret.encode())


def _place_response(place: Place | None) -> Response:
    if place is None:
        return _problem(404, "nobody has this")
    return JSONResponse({"code": place.code, "cell": place.cell_url, "serial": place.serial}, headers=KEPT)


def _problem(status: int, why: str) -> Response:
    return JSONResponse({"error": why}, status, headers={"Cache-Control": "no-store"})


async def _failed(_request: Request, _error: Exception) -> Response:
    return _problem(503, "the database does not answer")
