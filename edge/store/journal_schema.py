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


@journal_migrations()
def openings(db: Database) -> None:
    """Each opening and the visit that has it (ADR 183). `told` is what the relay told, until a visit has it.

    The trigger also serves an older version that writes into this file after `gate update --back`.
    """
    db.execute(
        "CREATE TABLE opening (request_id TEXT PRIMARY KEY, at TEXT NOT NULL, told TEXT, visit_id TEXT) WITHOUT ROWID"
    )
    db.execute("CREATE INDEX opening_at ON opening (at)")
    db.execute("CREATE INDEX opening_unrecorded ON opening (at) WHERE visit_id IS NULL")
    requests = (
        "SELECT json_extract(one.value, '$.request_id') AS request_id, {row}.at, NULL, {row}.id FROM {rows} json_each("
        "CASE WHEN json_valid({row}.record) THEN {row}.record ELSE '{{}}' END, '$.openings') AS one"
        " WHERE one.type = 'object' AND json_extract(one.value, '$.request_id') IS NOT NULL"
    )
    of_new = requests.format(row="NEW", rows="")
    db.execute(
        "CREATE TRIGGER visit_openings AFTER INSERT ON visit BEGIN"  # noqa: S608  # our own names
        " UPDATE opening SET visit_id = NEW.id, told = NULL WHERE visit_id IS NULL AND request_id IN"
        f" (SELECT request_id FROM ({of_new}));"
        f" INSERT OR IGNORE INTO opening {of_new}; END"
    )
    # What the relay process may tell again was recorded a moment ago.
    newest = "(SELECT id, at, record FROM visit ORDER BY rowid DESC LIMIT 1000) AS past,"
    db.execute(f"INSERT OR IGNORE INTO opening {requests.format(row='past', rows=newest)}")
