"""The technician's own list in `passes.db`. It works without a cloud and alongside one. Owned by the calling thread."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from edge.store.errors import told_as_store_errors
from edge.store.gone import name_gone
from edge.store.pass_schema import has_rules

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LocalPass:
    """One line of the list. The plate is canonical. The period is half-open and time zone-aware; None = unbounded."""

    id: str
    plate: str
    valid_from: datetime | None
    valid_until: datetime | None
    note: str
    one_time: bool = False
    blocked: bool = False
    hours: str = ""
    """Days and hours in their stored form (`core.passes.schedule`); empty = always."""
    used: bool = False

    @property
    def plain(self) -> bool:
        """A permission valid for its whole period: the kind that every version of the gate understands."""
        return not (self.one_time or self.blocked or self.hours)


class LocalPasses:
    """Every method is one transaction."""

    def __init__(self, db: Database, path: Path) -> None:
        self._db = db
        self._path = path

    def all(self) -> tuple[LocalPass, ...]:
        """The list, ordered by plate and start."""
        plain = "SELECT id, plate, valid_from, valid_until, note, 0 AS a, 0 AS b, '' AS c, 0 AS d FROM local_pass"
        rules = (
            " UNION ALL SELECT id, plate, valid_from, valid_until, note, one_time, blocked, hours, used_at IS NOT NULL"
            " FROM local_rule"
        )
        with told_as_store_errors(self._path):
            query = plain + (rules if has_rules(self._db) else "") + " ORDER BY plate, valid_from NULLS FIRST, id"
            rows = self._db.conn.execute(query).fetchall()
        return tuple(one for row in rows if (one := _line(row)) is not None)

    def add(self, passes: Iterable[LocalPass], *, at: datetime) -> int:
        """Add passes; returns how many lines are new. Of a pass already there only the note is replaced, if given."""
        with told_as_store_errors(self._path), self._db.atomic():
            passes, before = tuple(passes), self._count()
            self._db.conn.execute("UPDATE list_state SET seq = seq + 1")
            self._db.conn.executemany(
                "INSERT INTO local_pass VALUES (?, ?, ?, ?, ?, ?, (SELECT seq FROM list_state))"
                " ON CONFLICT (id) DO UPDATE SET seq = excluded.seq,"
                " note = CASE excluded.note WHEN '' THEN note ELSE excluded.note END",
                (
                    (item.id, item.plate, _text(item.valid_from), _text(item.valid_until), item.note, at.isoformat())
                    for item in passes
                    if item.plain
                ),
            )
            # Adding a used one-time pass again makes it valid once more: somebody has asked for it.
            self._db.conn.executemany(
                "INSERT INTO local_rule VALUES (?, ?, ?, ?, ?, ?, (SELECT seq FROM list_state), ?, ?, ?, NULL)"
                " ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, used_at = NULL,"
                " note = CASE excluded.note WHEN '' THEN note ELSE excluded.note END",
                (
                    (
                        item.id, item.plate, _text(item.valid_from), _text(item.valid_until), item.note, at.isoformat(),
                        item.one_time, item.blocked, item.hours,
                    )
                    for item in passes
                    if not item.plain
                ),
            )  # fmt: skip
            return self._count() - before

    def replace(self, passes: Iterable[LocalPass], *, at: datetime) -> int:
        """Replace the whole list. Returns its number of lines."""
        with told_as_store_errors(self._path), self._db.atomic():
            self._db.conn.execute("DELETE FROM local_pass")
            self._db.conn.execute("DELETE FROM local_rule")
            self._start_over()
            return self.add(passes, at=at)

    def remove(self, plate: str) -> int:
        """Remove every pass of the canonical `plate`. Returns how many there were."""
        with told_as_store_errors(self._path), self._db.atomic():
            execute, gone = self._db.conn.execute, list[str]()
            for table in ("local_pass", "local_rule"):
                gone += [f"local:{row[0]}" for row in execute(f"SELECT id FROM {table} WHERE plate = ?", (plate,))]  # noqa: S608
                execute(f"DELETE FROM {table} WHERE plate = ?", (plate,))  # noqa: S608 - our own names
            if gone:
                execute("UPDATE list_state SET seq = seq + 1")
                name_gone(self._db, gone)
            return len(gone)

    def _start_over(self) -> None:
        self._db.conn.execute("UPDATE list_state SET seq = seq + 1, generation = generation + 1")

    def _count(self) -> int:
        query = "SELECT (SELECT count(*) FROM local_pass) + (SELECT count(*) FROM local_rule)"
        return int(self._db.conn.execute(query).fetchone()[0])


def local_pass(
    plate: str,
    valid_from: datetime | None,
    valid_until: datetime | None,
    note: str = "",
    *,
    one_time: bool = False,
    blocked: bool = False,
    hours: str = "",
) -> LocalPass:
    """A local pass whose id is derived from what it permits, so that importing a list twice changes nothing."""
    name = f"{plate}|{_text(valid_from)}|{_text(valid_until)}"
    if one_time or blocked or hours:
        name += f"|{'once' if one_time else ''}|{'block' if blocked else ''}|{hours}"
    found = str(uuid.uuid5(uuid.NAMESPACE_OID, name))
    return LocalPass(found, plate, valid_from, valid_until, note, one_time=one_time, blocked=blocked, hours=hours)


def _line(row: tuple[Any, ...]) -> LocalPass | None:
    """None if the row is damaged, as on a worn card: one bad line must not take the list with it."""
    try:
        return LocalPass(
            str(row[0]), str(row[1]), moment(row[2]), moment(row[3]), str(row[4]),
            one_time=bool(row[5]), blocked=bool(row[6]), hours=row[7], used=bool(row[8]),
        )  # fmt: skip
    except (ValueError, TypeError) as error:
        log.warning("пропуск %s не подойдёт никому: %s", row[0], error)
        return None


def moment(text: str | None) -> datetime | None:
    """A stored moment with its offset, as it was written. Raises ValueError, TypeError for what we never wrote."""
    if text is None:
        return None
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(f"{text}: no offset")
    return found


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
