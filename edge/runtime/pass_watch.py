"""Keeps the controller's pass list equal to `passes.db`. Thread "passes", with a connection of its own."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path

from edge.core.events import Instant, PassListChanged
from edge.core.passes import PassList
from edge.runtime.inbox import Inbox
from edge.store.errors import StoreError
from edge.store.passes import PassStore

LOOK_S = 0.5
"""A change nobody announced is found within this time; looking is two stats."""

log = logging.getLogger(__name__)


class PassWatch:
    """Loads on `changed()` and whenever the files have changed by themselves."""

    def __init__(
        self, path: Path, *, inbox: Inbox, now: Callable[[], Instant], beat: Callable[[], None] = lambda: None
    ) -> None:
        self._path = path
        self._inbox = inbox
        self._now = now
        self._beat = beat
        self._wake = threading.Event()
        self._seen: tuple[int, ...] = ()
        self._failed = False

    def first(self) -> PassList:
        """The list at start; an empty one where it cannot be read (exits open all the same)."""
        self._seen = self._stamp()
        try:
            with PassStore(self._path) as store:
                return store.load()
        except StoreError as error:
            log.error("список пропусков не прочитан: %s", error)  # noqa: TRY400 - one line
            self._failed = True
            return PassList()

    def changed(self) -> None:
        """Somebody changed the list. From any thread; returns at once."""
        self._seen = ()
        self._wake.set()

    def run(self, stop: threading.Event) -> None:
        store: PassStore | None = None
        try:
            while not stop.is_set():
                self._beat()
                self._wake.wait(LOOK_S)
                self._wake.clear()
                stamp = self._stamp()
                if stamp == self._seen and not self._failed:
                    continue
                self._seen = stamp
                try:
                    store = store or PassStore(self._path)
                    passes = store.load()
                    self._inbox.put(PassListChanged(at=self._now(), passes=passes))
                    store.keep_good_copy()
                    self._recovered(passes)
                except StoreError as error:
                    self._lost(error)
                    if store is not None:
                        store.close()
                        store = None
        finally:
            if store is not None:
                store.close()

    def _stamp(self) -> tuple[int, ...]:
        """Size and time of the database and of its log: cheap, and enough to see that somebody wrote."""
        stamp: list[int] = []
        for path in (self._path, self._path.with_name(f"{self._path.name}-wal")):
            try:
                facts = path.stat()
            except OSError:
                continue
            stamp += [facts.st_size, facts.st_mtime_ns, facts.st_ino]
        return tuple(stamp)

    def _lost(self, error: StoreError) -> None:
        if not self._failed:
            log.error("список пропусков не прочитан, действует прежний: %s", error)
        self._failed = True

    def _recovered(self, passes: PassList) -> None:
        if self._failed:
            log.warning("список пропусков снова читается: %s", passes)
        self._failed = False
