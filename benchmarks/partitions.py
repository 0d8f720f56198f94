"""The cost of retention by rows, as it is, and what dropping a whole month would save of it (ADR 138).

    python -m benchmarks.partitions --database postgresql://… [--days 30]

The database must be filled by `portal_tenants`, on this machine: processor time of its backends is read from /proc.
Visits older than `--days` are deleted by the portal's own step, and again in a copy partitioned by month. There too
each row must be read, for its picture and its day's count, and its (gate, event) must leave the table that detects
repeats. Prints processor milliseconds per 1,000 visits, for portal and database; then the cost of finding one visit by
id in one table and in monthly partitions.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
from sqlalchemy import select, text

from benchmarks.process_tree import cpu_s
from cloud.db.engine import Database, database_url
from cloud.db.models import GateEvent, Territory, utc_now
from cloud.domain import day_counts, retention
from cloud.pictures.files import FilePictures

LOOKS, MONTHS = 2000, 13
"""How often a visit is looked up; months that exist with a retention of a year."""
INDEXES = ("(territory_id, placed_at, decision)", "(territory_id, plate)", "(territory_id, id)", "(pass_id)")


class Meter:
    """Processor time of this process and of the one backend that serves it."""

    def __init__(self, database: Database) -> None:
        with database.read() as session:
            self._pid = int(session.scalar(text("SELECT pg_backend_pid()")) or 0)

    @contextmanager
    def of(self, what: str, count: Callable[[], int]) -> Iterator[None]:
        here, there = time.process_time(), cpu_s(self._pid)
        yield
        told = ((time.process_time() - here), cpu_s(self._pid) - there)
        n = max(1, count())
        print(f"{what:58} {n:>9,} {told[0] * 1e6 / n:8.1f} {told[1] * 1e6 / n:8.1f}", flush=True)


def months(database: Database) -> None:
    """A copy of the visits partitioned by month of receipt, with their (gate, event) beside it."""
    with database.write() as session:
        session.execute(text("DROP TABLE IF EXISTS by_month, seen"))
        session.execute(
            text("CREATE TABLE by_month (LIKE gate_events INCLUDING DEFAULTS) PARTITION BY RANGE (received_at)")
        )
        session.execute(text("ALTER TABLE by_month ADD PRIMARY KEY (id, received_at)"))
        for back in range(MONTHS):
            begins = f"date_trunc('month', now()) - interval '{back} months'"
            low, high = session.execute(text(f"SELECT {begins}, {begins} + interval '1 month'")).one()
            session.execute(
                text(f"CREATE TABLE by_month_{back} PARTITION OF by_month FOR VALUES FROM ('{low}') TO ('{high}')")
            )
        session.execute(text("INSERT INTO by_month SELECT * FROM gate_events"))
        for number, columns in enumerate(INDEXES):
            session.execute(text(f"CREATE INDEX by_month_i{number} ON by_month {columns}"))
        session.execute(text("CREATE TABLE seen AS SELECT gate_id, event_id, received_at FROM gate_events"))
        session.execute(text("ALTER TABLE seen ADD PRIMARY KEY (gate_id, event_id)"))
        session.execute(text("CREATE INDEX seen_at ON seen (received_at)"))
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE by_month, seen, gate_events"))


def by_rows(database: Database, territory_ids: list[int], before: datetime, folder: Path) -> int:
    """As the hourly chores do it."""
    gone = 0
    for territory_id in territory_ids:
        while (some := retention.forget_events(database, FilePictures(folder), territory_id, before=before)) > 0:
            gone += some
    return gone


def counted(database: Database, territory_ids: list[int], before: datetime) -> int:
    """The work that remains when a month is dropped: each old row is read, for its picture and its day's count."""
    done = 0
    words = "SELECT gate_id, placed_at, decision, snapshot_path FROM by_month WHERE territory_id = :one AND placed_at < :before"
    for territory_id in territory_ids:
        with database.write() as session:
            rows = session.execute(text(words), {"one": territory_id, "before": before}).all()
            for zone in day_counts.zones(session, [territory_id]).values():
                day_counts.take(session, [day_counts.Standing(row[0], row[1], row[2]) for row in rows], zone)
            session.rollback()  # the deletion by rows counts them again
            done += len(rows)
    return done


def find(connection: psycopg.Connection, table: str, ids: list[int]) -> None:
    for one in ids:
        connection.execute(f"SELECT plate FROM {table} WHERE id = %s", (one,), prepare=False).fetchone()


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--database", required=True)
    asked.add_argument("--days", type=int, default=30)
    asked.add_argument("--territories", type=int, default=10, help="whose old visits are forgotten")
    told = asked.parse_args()
    before = utc_now() - timedelta(days=told.days)
    with tempfile.TemporaryDirectory() as folder:
        database = Database(database_url(Path(folder), told.database))
        months(database)
        meter, number = Meter(database), [0]
        print(f"{'':58} {'n':>9} {'portal':>8} {'database':>8}   µs of the processor for one")
        with database.read() as session:
            places = list(session.scalars(select(Territory.id).order_by(Territory.id).limit(told.territories)))
            ids = list(session.scalars(select(GateEvent.id).order_by(GateEvent.event_id).limit(LOOKS)))
        with psycopg.connect(told.database, autocommit=True) as connection:
            for table in ("gate_events", "by_month"):
                here, there = time.process_time(), cpu_s(connection.info.backend_pid)
                find(connection, table, ids)
                spent = (time.process_time() - here, cpu_s(connection.info.backend_pid) - there)
                print(
                    f"{'find by id in ' + table:58} {LOOKS:>9,} {spent[0] * 1e6 / LOOKS:8.1f} {spent[1] * 1e6 / LOOKS:8.1f}"
                )
        with meter.of("months: each old row read, its day counted", lambda: number[0]):
            number[0] = counted(database, places, before)
        seen = [0]
        with meter.of("months: (gate, event) forgotten", lambda: seen[0]), database.write() as session:
            seen[0] = session.execute(text("DELETE FROM seen WHERE received_at < :before"), {"before": before}).rowcount
        with database.read() as session:
            whole = int(session.scalar(text("SELECT count(*) FROM by_month_1")) or 0)
        with meter.of("months: a month dropped, of all its rows", lambda: whole), database.write() as session:
            session.execute(text("ALTER TABLE by_month DETACH PARTITION by_month_1"))
            session.execute(text("DROP TABLE by_month_1"))
        with meter.of("rows: as it is, all of it", lambda: number[0]):
            number[0] = by_rows(database, places, before, Path(folder))
        database.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
