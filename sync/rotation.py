"""Replaces the device token without a moment at which neither token is valid.

renew with the old one → store the new one beside it, on disk → use the new one once → it replaces the old one

The answer with the new token also tells about moves (ADR 147); the gate stores that with the offered token.

The cloud keeps the old token valid until the new one is used, so every step may be interrupted and resumed. A lost
answer is requested again (which voids the earlier offer). An offered token that the cloud no longer knows is only
dropped while the old one is seen to be valid.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Protocol

from sync import wire
from sync.api import CloudApi
from sync.errors import EnrolmentLost
from sync.http import CloudHttp
from sync.seams import TokenShelf

log = logging.getLogger(__name__)


class TokenCalls(Protocol):
    """The calls of a rotation, each with one token. All may raise CloudError."""

    def renew(self, token: str) -> wire.EnrollAnswer: ...

    def prove(self, token: str) -> None: ...


class TriedTokens:
    """`TokenCalls` over a connection of its own: a token being tried is not yet the token in use."""

    def __init__(self, open_http: Callable[[Callable[[], str | None]], CloudHttp]) -> None:
        self._tried: str | None = None
        self.http = open_http(lambda: self._tried)
        self._api = CloudApi(self.http)

    def renew(self, token: str) -> wire.EnrollAnswer:
        self._tried = token
        return self._api.renew_token()

    def prove(self, token: str) -> None:
        self._tried = token
        self._api.prove_token()


def rotate(shelf: TokenShelf, calls: TokenCalls, *, wanted: bool) -> bool:
    """Continues a rotation as far as possible. Returns whether a new token is in use.

    Raises CloudError and FileUnusable; nothing is lost then.
    """
    old, new = shelf.in_use(), shelf.offered()
    if old is None:
        return False
    if new is None:
        if not wanted:
            return False
        answer = calls.renew(old)
        shelf.offer(answer)
        new = answer.device_token
    try:
        calls.prove(new)
    except EnrolmentLost:
        calls.prove(old)  # another server says no to everything: then both are kept
        shelf.discard()
        return False
    shelf.adopt(new)
    log.info("облако дало новый ключ устройства, прежний больше не действует")
    return True
