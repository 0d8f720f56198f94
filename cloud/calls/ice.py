"""The STUN and TURN servers that both ends of a call are told of: none unless the portal names some.

A TURN server is opened by a password that is good for an hour and for nobody's memory: user name and password as the
TURN REST API of coturn has them (username = end of validity, password = base64 of HMAC-SHA1 over it).
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
    """Addresses as RTCIceServer takes them (`stun:host:3478`, `turn:host:3478?transport=udp`), and the TURN secret."""

    urls: tuple[str, ...] = ()
    turn_secret: str = field(default="", repr=False)


def servers(settings: IceSettings, *, now: datetime) -> tuple[IceServer, ...]:
    """The servers with a password of the hour for those that want one."""
    return tuple(_server(url, settings.turn_secret, now) for url in settings.urls)


def as_browser(found: Sequence[IceServer]) -> list[dict[str, str]]:
    """As RTCPeerConnection takes them: STUN servers without a password have no such keys."""
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
