"""Headers of every response: what a browser may load from where, and that no page may be framed."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'{images}; connect-src 'self'; "
    "manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
HSTS = "max-age=31536000"


def secure_headers(*, secure: bool, pictures_from: str = "") -> dict[str, str]:
    """The headers, for what answers outside of the middleware. `pictures_from`: as for `SecureHeaders`."""
    return {
        "Content-Security-Policy": POLICY.format(images=f" {pictures_from}" if pictures_from else ""),
        **HEADERS,
        **({"Strict-Transport-Security": HSTS} if secure else {}),
    }


class SecureHeaders:
    """Middleware that adds the headers; pages are never cached unless they say otherwise."""

    def __init__(self, app: ASGIApp, *, secure: bool, pictures_from: str = "") -> None:
        """`pictures_from`: the origin of the bucket to which picture links point; empty = there is none."""
        self._app = app
        self._headers = secure_headers(secure=secure, pictures_from=pictures_from)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, send_with_headers)
