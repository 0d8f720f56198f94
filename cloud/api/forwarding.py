"""Requests with credentials of a territory that has moved away. A gate that can follow is redirected; others are proxied.

Older gates, programs and holders of pairing codes know only the old cell's address. Their requests are forwarded to the new
cell unchanged and its answers returned, for as long as the old cell runs (ADR 147).
"""

from __future__ import annotations

import functools
import logging
import ssl
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import httpx
from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from cloud.cells import departure
from cloud.cells.departure import Elsewhere
from cloud.domain.tokens import token_hash
from sync import wire

HOPS_HEADER = "X-Okter-Hops"
MOST_HOPS = 4
"""Cells that may forward a request in a row. Beyond that it is treated as a loop."""
CONNECT_S, SILENCE_S = 5.0, 60.0
"""The read timeout is safe for open streams: they send something every 15 s."""
LATER_S = 30
SENT = (
    "authorization", "accept", "accept-encoding", "content-type", "content-length", "content-encoding",
    "if-none-match", "last-event-id", "user-agent",
)  # fmt: skip
ANSWERED = (
    "content-type", "content-encoding", "content-length", "etag", "cache-control", "vary", "retry-after",
    "x-accel-buffering", "www-authenticate",
)  # fmt: skip
BUYING = frozenset({("POST", f"{wire.BASE}/enroll"), ("POST", f"{wire.BASE}/token")})
"""Requests whose answer contains a device token."""
log = logging.getLogger(__name__)


class MovedAway(Exception):
    """The request's credential belongs to a territory that has moved to another cell. `body`: set if it was read already."""

    def __init__(self, there: Elsewhere, *, body: bytes | None = None) -> None:
        self.there = there
        self.body = body
        super().__init__(there.url)


async def lead_on(request: Request, moved: MovedAway) -> Response:
    """The signed redirect for a gate that requests its list and supports redirects; for all others, the new cell's answer."""
    there = moved.there
    if there.redirect.document and _understands(request):
        word = wire.Moved(there.redirect.document, there.redirect.signature, "this territory lives in another cell")
        headers = {"Cache-Control": "no-store"}
        return Response(wire.encode(word), wire.MOVED_STATUS, headers=headers, media_type="application/json")
    return await _forward(request, moved)


def _understands(request: Request) -> bool:
    asks = request.method == "GET" and request.url.path == f"{wire.BASE}/passes"
    return asks and wire.SPEAKS_MOVED in request.query_params.get("speaks", "").split(",")


async def _forward(request: Request, moved: MovedAway) -> Response:
    hops = request.headers.get(HOPS_HEADER, "0")
    count = int(hops) if hops.isascii() and hops.isdecimal() and len(hops) < 3 else MOST_HOPS
    if count >= MOST_HOPS:
        return _away("the cells lead in a circle")
    path = urlsplit(str(request.url))
    address = f"{moved.there.url}{path.path}" + (f"?{path.query}" if path.query else "")
    headers = {name: request.headers[name] for name in SENT if name in request.headers}
    headers[HOPS_HEADER] = str(count + 1)
    client = httpx.AsyncClient(
        verify=_context(), trust_env=False, timeout=httpx.Timeout(SILENCE_S, connect=CONNECT_S), follow_redirects=False
    )
    try:
        content = moved.body if moved.body is not None else None if request.method == "GET" else request.stream()
        asked = client.build_request(request.method, address, headers=headers, content=content)
        answer = await client.send(asked, stream=True)
    except httpx.HTTPError as error:
        await client.aclose()
        log.warning("the cell %s does not answer: %s", moved.there.url, type(error).__name__)
        return _away("the cell of this territory does not answer")
    if answer.status_code == 200 and (request.method, request.url.path) in BUYING:
        return await _bought(request, moved.there, client, answer)
    told = {name: answer.headers[name] for name in ANSWERED if name in answer.headers}
    return StreamingResponse(_body(client, answer), answer.status_code, headers=told)


async def _bought(request: Request, there: Elsewhere, client: httpx.AsyncClient, answer: httpx.Response) -> Response:
    """Records the new token here before the gate receives it: the gate uses it through this cell until it has moved on."""
    try:
        body = await answer.aread()
        token = wire.decode(wire.EnrollAnswer, body).device_token
    except (httpx.HTTPError, wire.WireError) as error:
        log.warning("the cell %s gave no token: %s", there.url, type(error).__name__)
        return _away("the cell of this territory does not answer")
    finally:
        await answer.aclose()
        await client.aclose()
    await run_in_threadpool(departure.remember, request.app.state.database, there.code, token_hash(token))
    return Response(body, media_type="application/json", headers={"Cache-Control": "no-store"})


async def _body(client: httpx.AsyncClient, answer: httpx.Response) -> AsyncIterator[bytes]:
    """Streams the answer through. If it breaks off, so does ours, and the caller retries."""
    try:
        async for chunk in answer.aiter_raw():
            yield chunk
    finally:
        await answer.aclose()
        await client.aclose()


@functools.cache
def _context() -> ssl.SSLContext:
    """Certificates are verified against the system's authorities, or those in `SSL_CERT_FILE`."""
    return ssl.create_default_context()


def _away(why: str) -> Response:
    headers = {"Cache-Control": "no-store", "Retry-After": str(LATER_S)}
    return Response(wire.encode(wire.Problem(why)), 503, headers=headers, media_type="application/json")
