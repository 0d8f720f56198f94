"""The schema of `passes.db` as migration steps. A step that has shipped never changes."""

from __future__ import annotations

from sqlite_utils import Database, Migrations

pass_migrations = Migrations("passes")

CLOUD_COLUMNS = """
    id TEXT PRIMARY KEY,
    typed TEXT NOT NULL,
    plate TEXT,
    valid_from TEXT,
    valid_until TEXT,
    one_time INTEGER NOT NULL,
    blocked INTEGER NOT NULL,
    object TEXT NOT NULL,
    revoked_at TEXT,
    seq INTEGER NOT NULL
"""


@pass_migrations()
def first_tables(db: Database) -> None:
    """The cloud's list, its staging, marks of used one-time passes, the local list, and the state of each."""
    # `plate` is canonical, and NULL if the cloud's text cannot be a plate: such a row is kept and matches nothing.
    db.execute(f"CREATE TABLE cloud_pass ({CLOUD_COLUMNS}) WITHOUT ROWID")
    db.execute("CREATE INDEX cloud_pass_seq ON cloud_pass (seq)")
    db.execute("CREATE INDEX cloud_pass_revoked ON cloud_pass (revoked_at) WHERE revoked_at IS NOT NULL")
    db.execute(f"CREATE TABLE staged_pass ({CLOUD_COLUMNS}) WITHOUT ROWID")
    db.execute("CREATE TABLE used_pass (id TEXT PRIMARY KEY, visit_id TEXT NOT NULL, at TEXT NOT NULL) WITHOUT ROWID")
    db.execute(
        "CREATE TABLE local_pass (id TEXT PRIMARY KEY, plate TEXT NOT NULL, valid_from TEXT, valid_until TEXT,"
        " note TEXT NOT NULL, added_at TEXT NOT NULL, seq INTEGER NOT NULL) WITHOUT ROWID"
    )
    # One row. `seq` counts every change; `generation` changes when rows were deleted (`edge.store.gone`).
    db.execute(
        "CREATE TABLE list_state (one INTEGER PRIMARY KEY CHECK (one = 1), cursor TEXT NOT NULL, synced_at TEXT,"
        " staging_cursor TEXT, seq INTEGER NOT NULL, generation INTEGER NOT NULL)"
    )
    db.execute("INSERT INTO list_state VALUES (1, '', NULL, NULL, 0, 0)")


def has_rules(db: Database) -> bool:
    """Whether the file has the tables of `hours_and_rules`. A file opened only to read may be of an older version."""
    return has_table(db, "local_rule")


def has_table(db: Database, name: str) -> bool:
    query = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ?"
    return bool(db.conn.execute(query, (name,)).fetchone()[0])


@pass_migrations()
def hours_and_rules(db: Database) -> None:
    """Days and hours of passes; one-time passes and blocks of the local list.

    They have tables of their own so that an older version, reinstalled, does not take any of them for a pass that is
    always valid. It does not see these tables, and for it the `plate` of a cloud pass with hours is NULL (ADR 106).
    """
    for table in ("cloud_hours", "staged_hours"):
        db.execute(f"CREATE TABLE {table} (id TEXT PRIMARY KEY, hours TEXT NOT NULL) WITHOUT ROWID")
    db.execute(
        "CREATE TABLE local_rule (id TEXT PRIMARY KEY, plate TEXT NOT NULL, valid_from TEXT, valid_until TEXT,"
        " note TEXT NOT NULL, added_at TEXT NOT NULL, seq INTEGER NOT NULL, one_time INTEGER NOT NULL,"
        " blocked INTEGER NOT NULL, hours TEXT NOT NULL, used_at TEXT) WITHOUT ROWID"
    )
    # Until now the cloud withheld passes with hours from this gate: pull the list anew; the old one holds meanwhile.
    db.execute("UPDATE list_state SET cursor = '', staging_cursor = NULL")
    db.execute("DELETE FROM staged_pass")


@pass_migrations()
def changes_by_name(db: Database) -> None:
    """Deleted passes by name and generation (`edge.store.gone`); indexes to find local changes without a full scan."""
    db.execute("CREATE TABLE gone_pass (generation INTEGER, key TEXT, PRIMARY KEY (generation, key)) WITHOUT ROWID")
    for table in ("local_pass", "local_rule"):
        db.execute(f"CREATE INDEX {table}_seq ON {table} (seq)")
        db.execute(f"CREATE INDEX {table}_plate ON {table} (plate)")
