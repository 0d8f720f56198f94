"""Follows a territory that has moved to another cell of the cloud. Sync thread.

The notice is verified, and the new cell asked for our list, before anything is stored. A gate that cannot go there,
because the notice is false or the cell unreachable, stays with the old cell, which continues to serve it.
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
"""How long a gate that could not follow waits before it offers to again."""


class Follower:
    """`follows` is asked before each list; `follow` does the move."""

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
        """Moves to the cell named by a valid notice, once it has answered for our list. Raises GateError if we stay."""
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
