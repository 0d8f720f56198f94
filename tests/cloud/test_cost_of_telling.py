"""What reports and visits cost the database: by the statement, however many gates tell at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import event

from cloud.api.events import store_groups
from cloud.api.health import store_health
from cloud.api.quotas import Daily
from cloud.db import engine
from cloud.db.engine import Database
from cloud.db.models import utc_now
from cloud.public_api.webhooks import tell_programs
from cloud.settings import Quota
from sync import wire
from tests.cloud.test_visits_in_order import make_gates


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """What the database is asked while the block lasts."""
    asked: list[str] = []
    listening = (database.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    event.listen(*listening)
    yield asked
    event.remove(*listening)


def visit() -> wire.GateEvent:
    return wire.GateEvent(str(uuid4()), "visit", utc_now(), clock_trusted=True, plate="A777AA77", decision="open")


def tell(*_: object) -> None:
    raise AssertionError("nobody asked to be told")


def programs(session, numbers):
    tell_programs(session, numbers, wake=None)


def test_visits_of_many_gates_cost_no_more_statements_than_one(database):
    """Visits told by ten gates of ten territories at once are kept and counted by as many statements as a single visit."""
    callers = [make_gates(database, f"123-{n:03}", 1)[0] for n in range(10)]
    counts = []
    for groups in ([(callers[0], [visit()])], [(caller, [visit(), visit()]) for caller in callers]):
        with statements(database) as asked:
            store_groups(database, groups, tell=tell, programs=programs, daily=Daily(Quota()))
        counts.append(len(asked))

    assert counts[0] == counts[1]
    assert 21 == database.one("SELECT count(*) FROM gate_events", {})[0]
    assert (21,) == database.one("SELECT sum(visits) FROM visit_days", {})


def test_a_report_costs_one_statement(database):
    """A report of a gate that is in no rollout is one statement, and is answered from what that returns."""
    (caller,) = make_gates(database, "123-456", 1)
    report = wire.Health("0.1.0", utc_now(), clock_trusted=True, uptime_s=9, cameras=(), relay_alive=True,
                         disk_free_bytes=9, queue_events=0, queue_snapshots=0, dropped=0, list_cursor="1-0",
                         list_count=0, list_age_s=1.0)  # fmt: skip
    with statements(database) as asked:
        store_health(database, caller, report)

    assert 1 == len([one for one in asked if "BEGIN" not in one])
    assert ("0.1.0", "1-0") == database.one("SELECT version, list_cursor FROM gates", {})


@pytest.mark.postgres
def test_a_connection_that_lay_idle_is_asked_whether_it_lives(postgres_url, monkeypatch):
    """A connection cut while it lay idle is replaced unnoticed; one that was just used is not asked."""
    database, asked = Database(postgres_url), []
    ping = database.engine.dialect.do_ping
    monkeypatch.setattr(database.engine.dialect, "do_ping", lambda connection: asked.append(1) or ping(connection))
    for _ in range(3):
        database.one("SELECT 1", {})
    assert [] == asked

    monkeypatch.setattr(engine, "IDLE_S", 0.0)
    (pid,) = database.one("SELECT pg_backend_pid()", {})
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as other:
        assert (True,) == other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid]).fetchone()
    assert (1,) == database.one("SELECT 1", {})
    assert asked
    database.close()
