"""The schema of `journal.db` as migration steps. A step that has shipped never changes."""

from __future__ import annotations

from sqlite_utils import Database, Migrations

journal_migrations = Migrations("journal")


@journal_migrations()
def first_tables(db: Database) -> None:
    """Visits, notices, what is to be sent to the cloud, and the cloud's commands."""
    # `record` is the whole VisitRecord as JSON; the other columns are those that are searched and listed.
    db.execute(
        "CREATE TABLE visit (id TEXT PRIMARY KEY, at TEXT NOT NULL, lane TEXT NOT NULL, plate TEXT, decision TEXT NOT"
        " NULL, reason TEXT NOT NULL, pass_id TEXT, frame TEXT, plate_crop TEXT, record TEXT NOT NULL)"
    )
    db.execute("CREATE INDEX visit_at ON visit (at)")
    db.execute("CREATE INDEX visit_plate ON visit (plate, at)")
    db.execute(
        "CREATE TABLE notice (id TEXT PRIMARY KEY, at TEXT NOT NULL, kind TEXT NOT NULL, lane TEXT NOT NULL,"
        " detail TEXT NOT NULL)"
    )
    db.execute("CREATE INDEX notice_at ON notice (at)")
    # `body` is the event as the cloud receives it. A row is deleted once both the event and its picture are settled.
    db.execute(
        "CREATE TABLE outgoing (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, body BLOB, picture TEXT,"
        " picture_bytes INTEGER NOT NULL)"
    )
    db.execute(
        "CREATE TABLE command (id TEXT PRIMARY KEY, claimed_at TEXT NOT NULL, outcome TEXT, detail TEXT NOT NULL,"
        " acknowledged INTEGER NOT NULL)"
    )
