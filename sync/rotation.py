"""A new device token, without a moment at which neither is good.

    renew with the old one → keep the new one beside it, on the disk → use the new one once → it takes the old one's place

With the new token comes what the cloud tells of moves (ADR 147): the gate keeps it with the offer.

The cloud lets the old token be good until the new one is used, so every step may be cut off and taken up again: an answer that
was lost is asked for anew (the offer before it is void), and an offer that the cloud does not know any more is dropped only
while the old token is seen to be good.
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
    """The calls of the contract that a rotation makes, with one token each. All raise CloudError."""

    def renew(self, token: str) -> wire.EnrollAnswer: ...

    def prove(self, token: str) -> None: ...


class TriedTokens:
    """`TokenCalls` over a way of its own: a token that is tried is not yet the token of the moment."""

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
    """Take a rotation as far as it goes; True when a new token is in use. Raises CloudError, FileUnusable: nothing is lost."""
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
        calls.prove(old)  # somebody who is not our cloud says no to everybody: then both are kept
        shelf.discard()
        return False
    shelf.adopt(new)
    log.info("облако дало новый ключ устройства, прежний больше не действует")
    return True
