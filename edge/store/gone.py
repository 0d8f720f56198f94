"""Names of deleted passes, so that a reader can drop them without reading the whole list again.

Every deletion raises the list's generation, as it always did; the deleted passes are now recorded beside it. A reader
that finds a generation with no names (the list was swapped as a whole, or an older version wrote it) reads everything
anew.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlite_utils import Database

from edge.store.pass_schema import has_table

_KEPT_GENERATIONS = 1000


def name_gone(db: Database, keys: Iterable[str]) -> None:
    """Start a generation in which the passes `keys` (`cloud:ID`, `local:ID`) are gone. Call within a transaction."""
    execute = db.conn.execute
    execute("UPDATE list_state SET generation = generation + 1")
    (generation,) = execute("SELECT generation FROM list_state").fetchone()
    db.conn.executemany("INSERT INTO gone_pass VALUES (?, ?)", ((generation, key) for key in keys))
    execute("DELETE FROM gone_pass WHERE generation <= ?", (generation - _KEPT_GENERATIONS,))


def gone_since(db: Database, known: int, generation: int) -> tuple[str, ...] | None:
    """The passes deleted after generation `known`, up to `generation`; None if they are not all recorded."""
    if known == generation:
        return ()
    if known > generation or not has_table(db, "gone_pass"):
        return None
    rows = db.conn.execute("SELECT generation, key FROM gone_pass WHERE generation > ?", (known,)).fetchall()
    if {number for number, _ in rows} != set(range(known + 1, generation + 1)):
        return None
    return tuple(key for _, key in rows)
