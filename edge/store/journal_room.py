"""How much room the journal takes, and how its oldest records make way for new ones without anybody knowing the date.

What waits to be sent has room of its own (`[cloud] outbox_bytes`): an event is sent though its record has made way.
"""

from __future__ import annotations

from sqlite_utils import Database

LEAST_KEPT = 100
"""The newest visits, and as many notices, that stay whatever else fills the file."""
SPARE_BYTES = 4 << 20
"""Free pages kept for new records in a file that shall not grow; a tenth of the file if that is less."""
_PORTION = 50
"""A fiftieth of the records goes at a time, but at most:"""
_MOST_AT_ONCE = 2000


def fits(db: Database, max_bytes: int, *, may_grow: bool) -> bool:
    """Whether the records take at most `max_bytes`, and, if the file may not grow, new ones have room in it."""
    pages, free, size = (
        db.conn.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
    )
    (unsent,) = db.conn.execute("SELECT coalesce(sum(length(body)), 0) FROM outgoing").fetchone()
    spare = 0 if may_grow else min(SPARE_BYTES, pages * size // 10)
    return bool((pages - free) * size - unsent <= max_bytes and free * size >= spare)


def drop_oldest(db: Database) -> int:
    """Delete a portion of the records written first. Within the caller's transaction. Returns how many went.

    By the order of writing, not by their times, which a clock that nobody trusts has given them. An opening without a
    visit stays: one is still to be recorded for it (ADR 183).
    """
    visits, notices = (_oldest(db, table) for table in ("visit", "notice"))
    db.conn.execute("DELETE FROM opening WHERE visit_id IN (SELECT id FROM visit WHERE rowid <= ?)", (visits,))
    gone: int = db.conn.execute("DELETE FROM visit WHERE rowid <= ?", (visits,)).rowcount
    gone += db.conn.execute("DELETE FROM notice WHERE rowid <= ?", (notices,)).rowcount
    return gone


def _oldest(db: Database, table: str) -> int:
    """The row number up to which a portion of `table` reaches; -1 if there is nothing to spare."""
    (count,) = db.conn.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608  # our own names
    portion = min(count // _PORTION + 1, count - LEAST_KEPT, _MOST_AT_ONCE)
    if portion <= 0:
        return -1
    query = f"SELECT rowid FROM {table} ORDER BY rowid LIMIT 1 OFFSET ?"  # noqa: S608  # our own names
    return int(db.conn.execute(query, (portion - 1,)).fetchone()[0])
