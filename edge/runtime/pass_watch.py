"""Keeps the controller's pass list equal to `passes.db`. Thread "passes", with a connection of its own."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

from core.events import Instant, PassListChanged
from core.passes.pass_list import PassList
from core.plates.canonical import display
from edge.runtime.alarms import Alarms, Fault
from edge.runtime.inbox import Inbox
from edge.store.errors import StoreError
from edge.store.passes import PassStore
from edge.store.read_only import read_list

LOOK_S = 0.5
"""A change nobody announced is noticed within this time. A look costs two stat calls."""
RETRY_S = 5.0
"""Wait after a list that could not be read: opening it reads all of it."""
COPY_SHARE = 0.05
"""Share of the time spent on copies, at most. Copying 100,000 passes takes half a second on a Pi and wears the card."""
COPY_AGAIN_S = 60.0
"""Wait after a good copy that could not be written."""

log = logging.getLogger(__name__)


class PassWatch:
    """Loads the list on `changed()` and whenever the files have changed on disk."""

    def __init__(
        self,
        path: Path,
        *,
        inbox: Inbox,
        now: Callable[[], Instant],
        alarms: Alarms | None = None,
        beat: Callable[[], None] = lambda: None,
    ) -> None:
        self._alarms = alarms or Alarms()
        self._path = path
        self._inbox = inbox
        self._now = now
        self._beat = beat
        self._wake = threading.Event()
        self._seen: tuple[int, ...] = ()
        self._failed = False
        self._retry_at = 0.0
        self._copy_at = float("inf")
        self._copy_rest_until = -float("inf")
        self._copy_failed = False
        self._store: PassStore | None = None

    def first(self) -> PassList:
        """The list at start, even from a read-only disk.

        A list that cannot be read at all is `unread`: nobody is told that he has no pass, and exits open all the same.
        """
        self._seen = self._stamp()
        try:
            with PassStore(self._path) as store:
                passes = store.load()
                self._raise_alarms(store)
                self._tell_of_blocks(store)
                return passes
        except StoreError as error:
            self._failed = True
            return self._without_writing(error)

    def changed(self) -> None:
        """Somebody changed the list. May be called from any thread; returns at once."""
        self._seen = ()
        self._wake.set()

    def run(self, stop: threading.Event) -> None:
        try:
            while not stop.is_set():
                self._beat()
                self._wake.wait(LOOK_S)
                self._wake.clear()
                self._look(time.monotonic())
        finally:
            self._close()

    def _look(self, now: float) -> None:
        stamp = self._stamp()
        if stamp != self._seen or (self._failed and now >= self._retry_at):
            self._seen = stamp
            self._load(now)
        if self._store is not None and not self._failed and now >= self._copy_at:
            self._keep_copy(self._store, now)

    def _without_writing(self, why: StoreError) -> PassList:
        try:
            read = read_list(self._path)
        except StoreError as error:
            self._alarms.set(Fault.LIST_UNREAD, str(error))
            return PassList(unread=True)
        self._alarms.set(Fault.LIST_READ_ONLY, str(why))
        if read.from_copy:
            self._alarms.set(Fault.LIST_RESTORED)
        return read.passes

    def _raise_alarms(self, store: PassStore) -> None:
        """Report what happened to the file when it was opened."""
        if store.restored:
            self._alarms.set(Fault.LIST_RESTORED)
        if store.lost:
            self._alarms.set(Fault.LIST_LOST)

    def _tell_of_blocks(self, store: PassStore) -> None:
        spoiled = store.spoiled_blocks
        if spoiled:
            self._alarms.set(Fault.BLOCK_SPOILED, ", ".join(map(display, spoiled)))
        else:
            self._alarms.clear(Fault.BLOCK_SPOILED)

    def _load(self, now: float) -> None:
        try:
            if self._store is not None and self._store.stale:  # somebody found it damaged and set it aside
                self._close()
            if self._store is None:
                self._store = PassStore(self._path)
                self._raise_alarms(self._store)
            passes = self._store.load()
        except StoreError as error:
            self._lost(error)
            self._retry_at = now + RETRY_S
            self._close()
            return
        self._tell_of_blocks(self._store)
        self._inbox.put(PassListChanged(at=self._now(), passes=passes))
        self._recovered(passes)
        if not self._copy_failed:
            self._copy_at = max(now, self._copy_rest_until)

    def _keep_copy(self, store: PassStore, now: float) -> None:
        """Write the good copy. If that fails, the list in force stays as it is."""
        self._copy_at, began = float("inf"), time.monotonic()
        try:
            copied = store.keep_good_copy()
        except StoreError as error:
            if not self._copy_failed:
                log.warning("копия списка пропусков не записана: %s", error)
            self._copy_failed, self._copy_at = True, now + COPY_AGAIN_S
        else:
            self._copy_failed = False
            self._copy_rest_until = now + (time.monotonic() - began) / COPY_SHARE
            if copied.shrunk_from is not None:
                self._alarms.set(Fault.LIST_SHRUNK, f"{copied.shrunk_from} → {copied.passes}")
            elif copied.wrote and copied.passes:
                self._alarms.clear(Fault.LIST_LOST)

    def _close(self) -> None:
        if self._store is not None:
            self._store.close()
        self._store = None

    def _stamp(self) -> tuple[int, ...]:
        """Size, time and inode of the database and its WAL: cheap, and enough to notice a write."""
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
        for fault in (Fault.LIST_READ_ONLY, Fault.LIST_UNREAD):
            self._alarms.clear(fault)
