"""The STUN and TURN servers given to both ends of a call: none unless the portal's settings name some.

Access to a TURN server uses a generated password that is valid for an hour and stored nowhere. User name and password follow
coturn's TURN REST API (username = expiry time, password = base64 of HMAC-SHA1 over it).
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sync.call_wire import IceServer

LASTS = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class IceSettings:
    """Addresses in the form of RTCIceServer (`stun:host:3478`, `turn:host:3478?transport=udp`), and the TURN secret."""

    urls: tuple[str, ...] = ()
    turn_secret: str = field(default="", repr=False)


def servers(settings: IceSettings, *, now: datetime) -> tuple[IceServer, ...]:
    """The servers, each TURN server with a password valid for an hour."""
    return tuple(_server(url, settings.turn_secret, now) for url in settings.urls)


def as_browser(found: Sequence[IceServer]) -> list[dict[str, str]]:
    """The form that RTCPeerConnection takes. Servers without a password have no `username` and `credential` keys."""
    return [
        {"urls": one.urls, **({"username": one.username, "credential": one.credential} if one.username else {})}
        for one in found
    ]


def _server(url: str, secret: str, now: datetime) -> IceServer:
    if not secret or not url.startswith(("turn:", "turns:")):
        return IceServer(url)
    user = str(int((now + LASTS).timestamp()))
    password = hmac.digest(secret.encode(), user.encode(), "sha1")
    return IceServer(url, user, base64.b64encode(password).decode())
