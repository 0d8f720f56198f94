"""`passes.db`: who may come in. One connection per thread: open a `PassStore` where it is used.

A file that is damaged, lost, or older than its own good copy (`edge.store.good_copy`) is refilled from that copy, so
that a broken card does not leave residents outside while the network is down. The copies, and the mark they leave, tell
a lost list from a fresh box.
"""

from __future__ import annotations

import logging
from pathlib import Path
from types import TracebackType
from typing import Self

from core.passes.pass_list import PassList
from edge.store.cloud_passes import CloudPasses
from edge.store.database import identity_of, open_database
from edge.store.errors import told_as_store_errors
from edge.store.good_copy import Copied, copied_seq, good_copies, is_lost, restore_good_copy, write_good_copy
from edge.store.local_passes import LocalPasses
from edge.store.pass_loader import PassLoader
from edge.store.pass_schema import pass_migrations

FILE_NAME = "passes.db"

log = logging.getLogger(__name__)


class PassStore:
    """The open file: the cloud's part, the local part, and the list made of both."""

    def __init__(self, path: Path) -> None:
        """Open or create `path`. Raises StoreError."""
        self.path = path
        opened = open_database(path, pass_migrations)
        self._db = opened.db
        self.cloud = CloudPasses(self._db, path)
        self.local = LocalPasses(self._db, path)
        self._loader = PassLoader(self._db, path)
        self._identity = opened.identity
        self.set_aside = opened.set_aside
        self.restored = False
        """The file was damaged, lost or too old, and was refilled from a good copy."""
        self.lost = False
        """There once was a list, and neither its file nor a copy can be read."""
        with told_as_store_errors(path):
            self._mend()

    @property
    def stale(self) -> bool:
        """The file is damaged, or another has taken its name: nobody else sees what is read and written here."""
        return self.cloud.damaged or identity_of(self.path) != self._identity

    def load(self) -> PassList:
        """The list as it is now; `unread` if it was lost. Raises StoreError; the caller then keeps the list it has."""
        found = self._loader.load()
        return PassList(unread=True) if self.lost and not len(found) and found.fetched_at is None else found

    @property
    def spoiled_blocks(self) -> tuple[str, ...]:
        """Plates whose block holds although its period cannot be read; as of the last load."""
        return self._loader.spoiled_blocks

    def keep_good_copy(self) -> Copied:
        """Write the copy from which a damaged file is rebuilt, if the list has changed since. Raises StoreError."""
        if self.lost and not self._seq():  # a lost list must not overwrite a copy
            return Copied(wrote=False)
        return write_good_copy(self._db, self.path)

    def begin_anew(self, *, beyond: int) -> None:
        """Make the content of this file newer than anything counted before, up to `beyond`."""
        with told_as_store_errors(self.path), self._db.atomic():
            self._db.conn.execute("UPDATE list_state SET seq = max(seq, ?) + 1, generation = generation + 1", (beyond,))

    def close(self) -> None:
        self._db.close()

    def _mend(self) -> None:
        if self._is_behind():
            self._db.conn.execute("BEGIN IMMEDIATE")  # several may notice at once: one restores, the others see it
            try:
                self.restored = self._is_behind() and restore_good_copy(self._db, self.path)
            except BaseException:
                self._db.conn.rollback()
                raise
            self._db.conn.commit()
        if self.restored:
            log.warning("%s: список восстановлен из последней хорошей копии", self.path)
        elif is_lost(self._db, self.path):
            self.lost = True
            log.error("%s: список пропусков потерян, целой копии нет", self.path)

    def _is_behind(self) -> bool:
        """Whether the copy's counter is ahead of the file's. If that is unreadable: whether the file is fresh."""
        copied, seq = copied_seq(self.path), self._seq()
        return copied > seq if copied is not None else not seq and bool(good_copies(self.path))

    def _seq(self) -> int:
        return int(self._db.conn.execute("SELECT seq FROM list_state").fetchone()[0])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
