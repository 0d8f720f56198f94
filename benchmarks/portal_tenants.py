"""Fills PostgreSQL with equal tenants, in bulk within the database, for `portal_plans.py`.

Tables with millions of rows are emptied and filled without keys, indexes and references, which are recreated
afterwards. Row by row, their checks and trigrams take hours, at once minutes. With `wal_level = minimal` nothing goes
through the WAL.
"""

from __future__ import annotations

import sys
import time
from datetime import timedelta

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from cloud.db.engine import Database
from cloud.db.models import ApiToken, Device, Gate, Scope, Territory, utc_now
from cloud.domain import accounts, day_counts, territories
from cloud.domain.tokens import token_hash

TOKEN = "plans"
LARGE = ("gate_events", "passes")
WORK_MEMORY = "1GB"
# `m` counts within a tenant, so that nothing about a row depends on its tenant.
FILL_VISITS = """
INSERT INTO gate_events (gate_id, territory_id, event_id, kind, at, clock_trusted, received_at, placed_at, lane, plate,
                         decision, reason, pass_id, object_label, body, conflict)
SELECT 1 + n % :places, 1 + n % :places, gen_random_uuid()::text, 'visit', t.at, true, t.at, t.at, 'in', p.plate,
       CASE WHEN m % 4 = 0 THEN 'refuse' ELSE 'open' END, CASE WHEN m % 4 = 0 THEN 'no_pass' ELSE 'pass_valid' END,
       CASE WHEN m % 4 = 0 THEN NULL ELSE md5(n % :passes || 'pass')::uuid::text END,
       CASE WHEN m % 4 = 0 THEN NULL ELSE 'Участок ' || m % 500 END, '{}', false
FROM generate_series(1::bigint, :count) AS n
CROSS JOIN LATERAL (SELECT n / :places AS m, now() - (:count - n) * interval '60 days' / :count AS at) AS t
CROSS JOIN LATERAL (SELECT 'A' || lpad((m * 7919 % 1000)::text, 3, '0') || 'BC' || (10 + m * 31 % 89)::text AS plate) AS p
"""
FILL_PASSES = """
INSERT INTO passes (id, territory_id, plate, plate_display, owner_id, one_time, blocked, object_label, object_key, hours, note,
                    created_at, valid_until, rev)
SELECT md5(n % :count || 'pass')::uuid::text, 1 + n % :places, p.plate, p.plate,
       :residents + 1 + (n % :places) + :places * (m % 100), false, m % 1000 = 0,
       'Участок ' || m % 500, 'участок' || m % 500, '', '', now() - interval '300 days' * ((:count - n)::float / :count),
       now() + (m % 400 - 50) * interval '1 day', m + 1
FROM generate_series(1::bigint, :count) AS n
CROSS JOIN LATERAL (SELECT n / :places AS m) AS t
CROSS JOIN LATERAL (SELECT 'A' || lpad((m * 7919 % 1000)::text, 3, '0') || 'BC' || (10 + m * 31 % 89)::text AS plate) AS p
"""
FILL_PEOPLE = """
INSERT INTO accounts (email, name, phone, password_hash, created_at)
SELECT 'r' || n || '@example.com', 'Житель ' || n, '+79120000000', '', now() FROM generate_series(1, 100 * :places) AS n
ORDER BY n
"""
FILL_MEMBERS = """
INSERT INTO memberships (account_id, territory_id, role, state, object_label, object_key, requested_at, household,
                         tell_arrived, tell_refused, tell_left, tell_ending, tell_joining, by_mail, by_push, by_telegram,
                         loud_refused, loud_call, loud_arrived, loud_left, loud_ending, loud_joining)
SELECT id, 1 + (id - :residents - 1) % :places, 'resident', 'accepted', 'Участок ' || id % 500, 'участок' || id % 500, now(),
       false, false, true, false, true, true, true, true, true, true, true, false, false, false, false
FROM accounts WHERE id > :residents
"""
FILL_ACTS = """
INSERT INTO audit (at, territory_id, account_id, actor, action, subject, address)
SELECT now() - n * interval '1 minute' / :places, 1 + n % :places, :residents + 1 + n % :places, 'M', 'pass-filed', 'A777AA77', ''
FROM generate_series(1::bigint, 500 * :places) AS n
"""
CONSTRAINTS = """
SELECT conrelid::regclass::text AS held_by, conname, pg_get_constraintdef(oid) AS words, contype
FROM pg_constraint WHERE conrelid = to_regclass(:table) OR confrelid = to_regclass(:table)
ORDER BY contype = 'f' DESC
"""
INDEXES = "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = :table"


def bare(session: Session, table: str) -> list[str]:
    """Drop all keys, references and indexes of the table; returns the statements that recreate them, in order."""
    keys, references, indexes = [], [], []
    for holder, name, words, kind in session.execute(text(CONSTRAINTS), {"table": table}).all():
        session.execute(text(f"ALTER TABLE {holder} DROP CONSTRAINT {name}"))
        again = f"ALTER TABLE {holder} ADD CONSTRAINT {name} {words}"
        (references if kind == "f" else keys).append(again)
    for name, words in session.execute(text(INDEXES), {"table": table}).all():
        session.execute(text(f"DROP INDEX {name}"))
        indexes.append(words)
    return [*keys, *indexes, *references]


def fill(database: Database, places: int, visits: int, passes: int) -> str:
    """Equal tenants with a gate each; the first one's manager is logged in with `TOKEN`.

    Returns the first one's code.
    """
    now = utc_now()
    with database.write() as session:
        manager = accounts.create(session, accounts.NewAccount("M", "+79120000000", "m@example.com", ""), now=now)
        session.add(Device(token_hash=token_hash(TOKEN), account_id=manager.id, expires_at=now + timedelta(days=1)))
        first = territories.create(session, name="T", zone="Europe/Moscow", account=manager, now=now)
        session.add(
            ApiToken(
                territory_id=first.id, made_by_id=manager.id, name="T", token_hash=token_hash(TOKEN),
                scopes=f"{Scope.PASSES} {Scope.JOURNAL}", expires_at=now + timedelta(days=1),
            )
        )  # fmt: skip
        first.pass_rev = passes // places + 1
        session.flush()
        assert (first.id, manager.id) == (1, 1), "the database is not empty"
        code = first.code
        counts = {"places": places, "residents": 1}
        session.add_all(
            Territory(
                code=f"{number // 1000:03}-{number % 1000:03}",
                name="T",
                timezone="Europe/Moscow",
                pass_rev=first.pass_rev,
            )
            for number in range(2, places + 1)
        )
        session.flush()
        session.add_all(
            Gate(territory_id=number, name="gate", token_hash=str(number), lanes=[{"name": "in", "direction": "entry"}])
            for number in range(1, places + 1)
        )
        session.flush()
        for words in (FILL_PEOPLE, FILL_MEMBERS, FILL_ACTS):
            session.execute(text(words), counts)
    with database.write() as session:
        session.execute(text(f"SET LOCAL maintenance_work_mem = '{WORK_MEMORY}'"))
        later = [words for table in LARGE for words in bare(session, table)]
        session.execute(text(f"TRUNCATE {', '.join(LARGE)}"))  # in this transaction, so that nothing is logged
        for words, count in ((FILL_PASSES, passes), (FILL_VISITS, visits)):
            _timed(session, words, {**counts, "count": count, "passes": passes})
        for words in later:
            _timed(session, words, {})
    with database.write() as session:
        for place in session.scalars(select(Territory)):
            day_counts.recount(session, place)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    return code


def _timed(session: Session, words: str, values: dict[str, int]) -> None:
    begun = time.monotonic()
    session.execute(text(words), values)
    print(f"{time.monotonic() - begun:7.1f} s  {' '.join(words.split())[:100]}", file=sys.stderr, flush=True)
