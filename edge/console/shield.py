"""Checks before every handler: Host, form size, CSRF token, session, language, headers.

Handlers find the checked form in `request.state.form`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edge.console.guard import FormTokens, Sessions, host_is_ours
from edge.language import Language, say, speaking
from edge.persons import Person

SESSION_COOKIE = "gate_session"
KNOWN_COOKIE = "gate_known"
CSRF_COOKIE = "gate_form"
LANGUAGE_COOKIE = "gate_lang"
MOST_FORM_BYTES = 4096
OPEN_PATHS = ("/login", "/static/", "/manifest.webmanifest", "/worker.js")

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; connect-src 'self';"
        " manifest-src 'self'; worker-src 'self';"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Shield:
    """Pure ASGI, so that streamed answers are not buffered and the language's context variable reaches the handler."""

    def __init__(self, app: ASGIApp, *, sessions: Sessions, tokens: FormTokens) -> None:
        self._app = app
        self._sessions = sessions
        self._tokens = tokens

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope = {**scope, "headers": [*_without_strange_cookies(scope["headers"])]}
        request = Request(scope)
        person = self._sessions.who(request.cookies.get(SESSION_COOKIE, ""))
        request.state.person = person or Person()
        language = _language(request)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if language and "lang" in request.query_params:
                    headers.append(
                        "Set-Cookie", f"{LANGUAGE_COOKIE}={language}; Path=/; Max-Age=31536000; SameSite=Lax"
                    )
            await send(message)

        with speaking(language):
            refusal = self._refusal(request, inside=person is not None)
            if refusal is not None:
                await refusal(scope, receive, send_with_headers)
                return
            if request.method != "POST":
                await self._app(scope, receive, send_with_headers)
                return
            body = await _body(receive)
            form = {name: values[0] for name, values in parse_qs((body or b"").decode("utf-8", "replace")).items()}
            if body is None or not self._tokens.fits(request.cookies.get(CSRF_COOKIE, ""), form.get("token", "")):
                told = say("Не выполнено: страница устарела, обновите её.")
                await PlainTextResponse(told, 403)(scope, receive, send_with_headers)
                return
            request.state.form = form
            await self._app(scope, receive, send_with_headers)

    def _refusal(self, request: Request, *, inside: bool) -> ASGIApp | None:
        """The response to a request that is rejected; None if it may pass."""
        host = request.headers.get("host", "")
        if not host_is_ours(host):
            told = say("Под этим именем страницы нет: откройте её по адресу коробки или по её имени (hostname).")
            return PlainTextResponse(told, 421)
        if request.method not in {"GET", "HEAD", "POST"}:
            return PlainTextResponse("405", 405)
        origin = request.headers.get("origin")
        if request.method == "POST" and origin is not None and _host_of(origin) != host:
            return PlainTextResponse(say("Не выполнено: форма пришла с чужой страницы."), 403)
        if not inside and not request.url.path.startswith(OPEN_PATHS):
            return RedirectResponse("/login", 303)
        return None


def _without_strange_cookies(headers: Iterable[tuple[bytes, bytes]]) -> Iterator[tuple[bytes, bytes]]:
    """Drop cookies that are not ASCII. They are not ours; another program on the box may have set them."""
    for name, value in headers:
        if name == b"cookie" and not value.isascii():
            kept = b"; ".join(one.strip() for one in value.split(b";") if one.isascii())
            yield name, kept
        else:
            yield name, value


def _host_of(origin: str) -> str:
    """Host and port of an Origin; empty, which is nobody's, for what is none."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""


def _language(request: Request) -> Language | None:
    asked = request.query_params.get("lang") or request.cookies.get(LANGUAGE_COOKIE)
    return Language(asked) if asked in {"ru", "en"} else None


async def _body(receive: Receive) -> bytes | None:
    """The whole body of a form; None if it is larger than any of our forms, or the client has gone."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None  # half a form may mean something else than the whole
        body += message.get("body", b"")
        if len(body) > MOST_FORM_BYTES:
            return None
        if not message.get("more_body"):
            return bytes(body)
