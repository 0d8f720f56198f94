"""The reader of the cloud's stream: hints and commands as they arrive. Owns the thread `cloud-stream`.

Push is only a hint. While this thread is cut off, the polling of the sync thread alone keeps the list right.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from core.errors import GateError
from core.words.language import say
from sync import wire
from sync.api import CloudApi
from sync.backoff import Patience, pause_s
from sync.errors import CloudUnreachable
from sync.eventstream import Comment, ServerEvent
from sync.servertime import ServerTime

T = TypeVar("T")
LOOK_S = 1.0
log = logging.getLogger(__name__)
STEADY_S = 10.0
"""If a stream lasted this long, the connection counts as good: the failure is new, and the first retry comes soon."""


class Listener:
    """Keeps one stream open and passes on its events."""

    def __init__(
        self,
        *,
        api: CloudApi,
        server_time: ServerTime,
        patience: Patience,
        hinted: Callable[[str], None],
        commanded: Callable[[wire.Command], None],
        asked: Callable[[], None],
        connected: Callable[[bool], None],
        token: Callable[[], str | None],
    ) -> None:
        self._api = api
        self._server_time = server_time
        self._patience = patience
        self._hinted = hinted
        self._commanded = commanded
        self._asked = asked
        self._connected = connected
        self._token = token
        self._nudged = threading.Event()
        self._last_id = ""
        self._open_since: float | None = None
        """When the current stream was opened, by the monotonic clock; None until it is open."""

    def nudge(self) -> None:
        """The cloud has answered another request, so try now. May be called from any thread."""
        self._nudged.set()

    def run(self, stop: threading.Event, ready: Callable[[], bool]) -> None:
        """Listens until `stop`, but only while `ready` says that there is a valid token."""
        try:
            self._keep_listening(stop, ready)
        finally:
            self._api.close()

    def _keep_listening(self, stop: threading.Event, ready: Callable[[], bool]) -> None:
        failures = 0
        while not stop.is_set():
            if not ready():
                stop.wait(LOOK_S)
                continue
            token, self._open_since = self._token(), None
            self._nudged.clear()
            try:
                self._listen(stop)
                error: GateError = CloudUnreachable(say("облако закончило поток"))
            except GateError as failure:
                error = failure
            finally:
                self._connected(False)
            if stop.is_set():
                return
            failures = 0 if self._is_steady() else failures + 1
            log.debug("поток извещений прерван: %s", error)
            wait_s = pause_s(error, failures=failures, patience=self._patience, chance=random.random())  # noqa: S311  # jitter
            self._pause(stop, wait_s, token)

    def _is_steady(self) -> bool:
        return self._open_since is not None and time.monotonic() - self._open_since > STEADY_S

    def _pause(self, stop: threading.Event, wait_s: float, token: str | None) -> None:
        """Waits `wait_s` seconds, or until somebody nudges or the gate is enrolled again."""
        until = time.monotonic() + wait_s
        while not stop.is_set() and self._token() == token and (left_s := until - time.monotonic()) > 0:
            if self._nudged.wait(min(LOOK_S, left_s)):
                return

    def _listen(self, stop: threading.Event) -> None:
        with self._api.stream(self._last_id) as events:
            self._open_since = time.monotonic()
            self._connected(True)
            for event in events:
                if stop.is_set():
                    return
                if isinstance(event, Comment):
                    self._take_time(event.text)
                else:
                    self._take(event)

    def _take(self, event: ServerEvent) -> None:
        if event.kind == "passes":
            hint = _read(wire.PassesHint, event)
            if hint is not None:
                self._last_id = event.id
                self._hinted(hint.cursor)
        elif event.kind == "command":
            command = _read(wire.Command, event)
            if command is not None:
                self._commanded(command)
        elif event.kind == "report":
            self._asked()

    def _take_time(self, text: str) -> None:
        """The cloud sends its time in the comments, so that it is fresh when a command arrives."""
        try:
            date = datetime.fromisoformat(text)
        except ValueError:
            return
        if date.tzinfo is not None:
            self._server_time.heard_on_stream(date, mono=time.monotonic())


def _read(kind: type[T], event: ServerEvent) -> T | None:
    """The content of an event. None if unreadable, so that only this event is lost."""
    try:
        return wire.decode(kind, event.data.encode())
    except wire.WireError as error:
        log.warning("облако прислало извещение не по договору: %s", error)
        return None
