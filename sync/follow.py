"""Following a territory that has moved to another cell of the cloud. Sync thread.

The word is checked, and the new cell asked for our list, before anything is remembered: whoever cannot go there, because
the word is not true or the way is closed, stays with the old cell, which serves it on.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace

from core.words.language import say
from sync import wire
from sync.api import CloudApi
from sync.errors import CloudError, CloudUnreachable, ListExpired, MoveRefused
from sync.http import CloudHttp
from sync.seams import Clock, Mover
from sync.settings import CloudSettings

log = logging.getLogger(__name__)
AGAIN_S = 300.0
"""When a gate that could not follow offers to again."""


class Follower:
    """`follows` is asked before each list; `follow` goes."""

    def __init__(
        self, settings: CloudSettings, mover: Mover, *, clock: Clock, token: Callable[[], str | None], version: str
    ) -> None:
        self._settings = settings
        self._mover = mover
        self._clock = clock
        self._token = token
        self._version = version
        self._from = 0.0
        """Monotonic time before which the gate does not offer to follow."""

    def follows(self) -> bool:
        return time.monotonic() >= self._from and self._mover.can_follow()

    def follow(self, moved: wire.Moved, *, cursor: str) -> None:
        """Go to the cell that a true word names, once it has answered for our list. Raises GateError: we stay."""
        self._from = time.monotonic() + AGAIN_S
        try:
            url = self._mover.checked(moved)
        except MoveRefused as error:
            log.warning("%s", error)
            raise
        there = CloudHttp(replace(self._settings, url=url), clock=self._clock, token=self._token, version=self._version)
        try:
            CloudApi(there).passes(cursor)
        except ListExpired:
            pass  # it knows us, and has a list for us
        except CloudError as error:
            log.warning("новая ячейка облака %s не отвечает: %s", url, error)
            raise CloudUnreachable(say("новая ячейка облака не отвечает ({error})", error=error)) from error
        finally:
            there.close()
        self._mover.settle(moved)
        log.info("территория переехала: облако теперь %s", url)
