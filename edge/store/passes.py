"""`passes.db`: who may come in. One connection a thread: open a `PassStore` where it is used.

A damaged file is set aside and filled anew from the last good copy beside it (`edge.store.good_copy`), so that a
broken card does not leave the residents outside while the network is away.
"""

from __future__ import annotations

import logging
from pathlib import Path
from types import TracebackType
from typing import Self

from core.passes import PassList
from edge.store.cloud_passes import CloudPasses
from edge.store.database import identity_of, open_database
from edge.store.good_copy import restore_good_copy, write_good_copy
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
        if opened.set_aside is not None and restore_good_copy(self._db, path):
            log.warning("%s: список восстановлен из последней хорошей копии", path)

    @property
    def stale(self) -> bool:
        """The file is damaged, or another has taken its name: what is read and written here counts for nobody else."""
        return self.cloud.damaged or identity_of(self.path) != self._identity

    def load(self) -> PassList:
        """The list as it is now. Raises StoreError; the caller then keeps the list it has."""
        return self._loader.load()

    def keep_good_copy(self) -> bool:
        """Write the copy that a damaged file is rebuilt from, if the list has changed since. Raises StoreError."""
        return write_good_copy(self._db, self.path)

    def close(self) -> None:
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
