"""The journal for the page: one thread owns the connection and the handlers use it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from edge.store.database import may_be_there
from edge.store.errors import StoreError
from edge.store.journal import Journal, StoredVisit
from edge.store.place import find
from edge.store.visit_search import VisitSearch


class JournalReader:
    """Reads while `gate run` writes. A journal that does not exist yet has no visits; one that cannot be read may have."""

    def __init__(self, state_dir: Path) -> None:
        self._state_dir = state_dir
        self._journal: Journal | None = None
        self._owner = ThreadPoolExecutor(max_workers=1, thread_name_prefix="journal-reader")

    def newest(self, limit: int) -> tuple[StoredVisit, ...] | None:
        """Newest first; None where the journal cannot be read."""
        return self._owner.submit(self._newest, limit).result()

    def search(self, wanted: VisitSearch, limit: int) -> tuple[StoredVisit, ...] | None:
        """Newest first; None where the journal cannot be read."""
        return self._owner.submit(self._search, wanted, limit).result()

    def visit(self, visit_id: str) -> StoredVisit | None:
        """Raises StoreError where the journal cannot be read."""
        return self._owner.submit(self._visit, visit_id).result()

    def picture(self, name: str) -> bytes | None:
        """A stored JPEG by the name in its record."""
        return self._owner.submit(self._picture, name).result()

    def close(self) -> None:
        self._owner.submit(self._close).result()
        self._owner.shutdown()

    def _newest(self, limit: int) -> tuple[StoredVisit, ...] | None:
        try:
            journal = self._open()
            return () if journal is None else journal.visits(limit=limit)[::-1]
        except StoreError:
            self._close()
            return None

    def _search(self, wanted: VisitSearch, limit: int) -> tuple[StoredVisit, ...] | None:
        try:
            journal = self._open()
            return () if journal is None else journal.search(wanted, limit=limit)
        except StoreError:
            self._close()
            return None

    def _visit(self, visit_id: str) -> StoredVisit | None:
        try:
            journal = self._open()
            return None if journal is None else journal.visit(visit_id)
        except StoreError:
            self._close()
            raise

    def _picture(self, name: str) -> bytes | None:
        try:
            journal = self._open()
        except StoreError:
            return None
        return None if journal is None else journal.snapshots.read(name)

    def _open(self) -> Journal | None:
        path = find(self._state_dir).journal_file
        if self._journal is not None and (self._journal.path != path or self._journal.stale):
            self._close()  # it was set aside, or is kept elsewhere now: what we have open grows no more
        if self._journal is None and may_be_there(path):
            self._journal = Journal(path, to_read=True)
        return self._journal

    def _close(self) -> None:
        if self._journal is not None:
            self._journal.close()
            self._journal = None
