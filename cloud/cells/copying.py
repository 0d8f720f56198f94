"""Copies a territory's rows from one cell to another. Can be repeated; each pass writes only new and changed rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, select, update
from sqlalchemy.orm import Session

from cloud.cells import accounts
from cloud.cells.errors import MoveFailed
from cloud.cells.fence import Fence
from cloud.cells.inventory import ACCOUNTS, PARTS, TABLES, TERRITORIES, Part, hidden_values, key_of, within
from cloud.cells.pictures import PictureCopier
from cloud.cells.rows import Key, Rows
from cloud.db.engine import Database
from core.words.language import say

BATCH = 500
"""Rows per transaction at the new cell."""
Row = dict[str, Any]
EVENTS = "gate_events"


class Copier:
    """Remembers a digest of every row copied in this run, so that a later pass writes only what has changed."""

    def __init__(self, source: Database, fence: Fence, territory_id: int, pictures: PictureCopier) -> None:
        self._source = source
        self._target = fence.target
        self._fence = fence
        self._territory_id = territory_id
        self._pictures = pictures
        self._rows = Rows(fence.target, fence.code)
        self._digests: dict[tuple[str, Key], int] = {}

    @property
    def new_territory_id(self) -> int:
        found = self._rows.known(TERRITORIES)[self._territory_id]
        assert isinstance(found, int)
        return found

    def copy(self, *, now: datetime, whole: bool) -> None:
        """Goes through every table once. `whole`: the source is frozen, so the copy must be complete at the end.

        Then a row that refers to a row missing at the new cell raises MoveFailed; otherwise it is skipped for now.
        """
        if whole:
            with self._source.read() as old, self._fence.write() as new:
                accounts.refresh(old, new, self._fence.code)
        for part in PARTS:
            seen: set[Key] = set()
            for batch in self._batches(part):
                seen.update(row["id"] for row in batch)
                self._copy_batch(part, batch, now=now, whole=whole)
            if whole:
                self._drop_gone(part, seen)

    def open_up(self, session: Session) -> None:
        """Replaces the hidden values with those of the frozen source. The territory is visible here after the commit."""
        for part in PARTS:
            if not part.hidden:
                continue
            table, known = TABLES[part.table], self._rows.known(part.table)
            statement = update(table).where(table.c.id == bindparam("of_key"))
            for batch in self._batches(part):
                shown = [{"of_key": known[row["id"]]} | {name: row[name] for name in part.hidden} for row in batch]
                session.connection().execute(statement, shown)

    def differences(self) -> list[str]:
        """Differences between the two cells: row counts of every table, and passes and visits compared one by one."""
        found = []
        with self._source.read() as old, self._target.read() as new:
            for part in PARTS:
                query = select(func.count()).select_from(TABLES[part.table])
                here = old.scalar(query.where(within(part, self._territory_id)))
                there = new.scalar(query.where(within(part, self.new_territory_id)))
                if here != there:
                    found.append(f"{part.table}: {here} / {there}")
            passes, events = TABLES["passes"], TABLES[EVENTS]
            for table, columns in ((passes, (passes.c.id, passes.c.rev)), (events, (events.c.event_id,))):
                query_of = select(*columns).select_from(table)
                here_set = {
                    tuple(row) for row in old.execute(query_of.where(table.c.territory_id == self._territory_id))
                }
                there_set = {
                    tuple(row) for row in new.execute(query_of.where(table.c.territory_id == self.new_territory_id))
                }
                if here_set != there_set:
                    found.append(f"{table.name}: {len(here_set ^ there_set)} ≠")
        return found

    # -- one table ---------------------------------------------------------------------------------------------

    def _batches(self, part: Part) -> Iterator[list[Row]]:
        key, after = key_of(part.table), None
        while True:
            query = select(TABLES[part.table]).where(within(part, self._territory_id)).order_by(key).limit(BATCH)
            with self._source.read() as session:
                found = session.execute(query if after is None else query.where(key > after)).mappings()
                batch = [dict(row) for row in found]
            if batch:
                yield batch
            if len(batch) < BATCH:
                return
            after = batch[-1]["id"]

    def _copy_batch(self, part: Part, batch: Sequence[Row], *, now: datetime, whole: bool) -> None:
        digests = {row["id"]: hash(repr(row)) for row in batch}
        changed = [row for row in batch if self._digests.get((part.table, row["id"])) != digests[row["id"]]]
        if not changed:
            return
        with self._source.read() if part.refs else nullcontext() as old, self._fence.write() as new:
            if ACCOUNTS in part.refs.values():
                assert old is not None
                columns = [name for name, table in part.refs.items() if table == ACCOUNTS]
                people = {row[name] for row in changed for name in columns if row[name] is not None}
                accounts.bring(old, new, self._rows, people)
            ready = [(row, self._translated(part, row)) for row in changed]
            if whole and (lost := [row["id"] for row, made in ready if made is None]):
                raise MoveFailed(say("{table}: строка {row} ссылается на то, чего нет", table=part.table, row=lost[0]))
            pairs = [(row, made | hidden_values(part, now)) for row, made in ready if made is not None]
            if part.table == EVENTS:
                self._pictures.carry(new, pairs)
            sound = [(row["id"], made) for row, made in pairs]
            self._write(new, part, sound)
        self._rows.keep()
        self._digests.update(((part.table, key), digests[key]) for key, _ in sound)

    def _translated(self, part: Part, row: Row) -> Row | None:
        """The row with the new cell's keys. None if a row that it refers to has not been copied yet."""
        made = dict(row)
        for column, table in part.refs.items():
            if row[column] is not None:
                made[column] = self._rows.find(table, row[column])
                if made[column] is None:
                    return None
        return made

    def _write(self, session: Session, part: Part, sound: Sequence[tuple[Key, Row]]) -> None:
        table, known = TABLES[part.table], self._rows.known(part.table)
        connection = session.connection()
        if again := [_without_key(row) | {"of_key": known[old]} for old, row in sound if old in known]:
            connection.execute(update(table).where(table.c.id == bindparam("of_key")), again)
        fresh = [(old, row) for old, row in sound if old not in known]
        if not fresh:
            return
        if part.keeps_key:
            connection.execute(insert(table), [row for _, row in fresh])
            self._rows.add(session, part.table, ((old, old) for old, _ in fresh))
            return
        keys = connection.scalars(
            insert(table).returning(table.c.id, sort_by_parameter_order=True),
            [_without_key(row) for _, row in fresh],
        ).all()
        self._rows.add(session, part.table, zip((old for old, _ in fresh), keys, strict=True))

    def _drop_gone(self, part: Part, seen: set[Key]) -> None:
        """Deletes copied rows that no longer exist at the source."""
        table, known = TABLES[part.table], self._rows.known(part.table)
        gone = [old for old in known if old not in seen]
        if gone:
            with self._fence.write() as session:
                for old in gone:
                    session.execute(delete(table).where(table.c.id == known[old]))
                self._rows.drop(session, part.table, gone)


def _without_key(row: Row) -> Row:
    return {name: value for name, value in row.items() if name != "id"}


def erase(session: Session, territory_id: int) -> None:
    """Deletes every row of a territory, children first."""
    for part in reversed(PARTS):
        session.execute(delete(TABLES[part.table]).where(within(part, territory_id)))
