"""Maps row keys of the old cell to those of the new one. Stored in the new cell, so that a killed copy can continue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from cloud.cells.inventory import PARTS
from cloud.db.cells import ArrivalRow
from cloud.db.engine import Database

Key = int | str
_KEEPS = {part.table for part in PARTS if part.keeps_key}


class Rows:
    """Keys by table, old to new. `known` includes what a transaction added only after `keep`, called once it committed."""

    def __init__(self, target: Database, code: str) -> None:
        self._code = code
        self._new: dict[str, dict[Key, Key]] = {}
        self._fresh: dict[tuple[str, Key], Key] = {}
        with target.read() as session:
            query = select(ArrivalRow.table_name, ArrivalRow.old_id, ArrivalRow.new_id).where(ArrivalRow.code == code)
            for table, old, new in session.execute(query):
                self._new.setdefault(table, {})[_read(table, old)] = _read(table, new)

    def known(self, table: str) -> Mapping[Key, Key]:
        return self._new.get(table, {})

    def find(self, table: str, old: Key) -> Key | None:
        """The new key, including one that the current transaction has just added."""
        found = self.known(table).get(old)
        return found if found is not None else self._fresh.get((table, old))

    def add(self, session: Session, table: str, pairs: Iterable[tuple[Key, Key]], *, made: bool = True) -> None:
        """Records the pairs in the session's transaction. `made`: this move created the new rows."""
        noted = dict(pairs)
        if not noted:
            return
        self._fresh.update(((table, old), new) for old, new in noted.items())
        rows: list[dict[str, Any]] = [
            {"code": self._code, "table_name": table, "old_id": str(old), "new_id": str(new), "made": made}
            for old, new in noted.items()
        ]
        session.execute(insert(ArrivalRow), rows)

    def drop(self, session: Session, table: str, old: Iterable[Key]) -> None:
        """Forgets deleted rows. Takes effect in memory at once: if the transaction fails, the copy ends anyway."""
        for key in old:
            one = ArrivalRow.code == self._code, ArrivalRow.table_name == table, ArrivalRow.old_id == str(key)
            session.execute(delete(ArrivalRow).where(*one))
            del self._new[table][key]

    def keep(self) -> None:
        """Makes the added pairs known. Called after the transaction has committed."""
        for (table, old), new in self._fresh.items():
            self._new.setdefault(table, {})[old] = new
        self._fresh.clear()


def _read(table: str, text: str) -> Key:
    return text if table in _KEEPS else int(text)
