"""Visits read by id, one after the other, while others are being written: none is missed, none comes twice."""

from __future__ import annotations

import threading
from uuid import uuid4

import pytest
from sqlalchemy import text

from cloud.api.events import store_groups
from cloud.api.requests import Caller
from cloud.db.engine import Database
from cloud.db.models import ApiToken, Gate, Territory, utc_now
from cloud.public_api.routes import read_visits
from sync import wire
from tests.patience import PATIENCE_S, until


def make_gates(database, code, count):
    """The callers of a new territory's gates."""
    with database.write() as session:
        place = Territory(code=code, name="T", timezone="Europe/Moscow")
        session.add(place)
        session.flush()
        gates = [Gate(territory_id=place.id, name=f"gate {number}") for number in range(count)]
        session.add_all(gates)
        session.flush()
        return [Caller(gate.id, place.id) for gate in gates]


def visit():
    return wire.GateEvent(str(uuid4()), "visit", utc_now(), clock_trusted=True, plate="A777AA77", decision="open")


def _page(database, caller, after):
    return read_visits(database, ApiToken(territory_id=caller.territory_id), after).visits


def test_a_reader_misses_nothing_of_many_writers(database):
    """Whoever reads on from the last id while four workers write has at the end each visit once, in the order of its id."""
    callers = make_gates(database, "123-456", 4)
    done = threading.Event()
    written, seen = [], []

    def write(caller):
        for _ in range(25):
            told = visit()
            store_groups(database, [(caller, [told])])
            written.append(told.id)

    def read():
        while True:
            last_look = done.is_set()
            found = _page(database, callers[0], int(seen[-1].id) if seen else 0)
            seen.extend(found)
            if last_look and not found:
                return

    threads = [threading.Thread(target=write, args=[caller]) for caller in callers]
    reader = threading.Thread(target=read)
    for thread in (*threads, reader):
        thread.start()
    for thread in threads:
        thread.join()
    done.set()
    reader.join()

    ids = [int(row.id) for row in seen]
    assert sorted(set(ids)) == ids
    assert len(written) == len(ids)


@pytest.mark.postgres
def test_what_is_kept_later_is_not_seen_earlier(postgres_url):
    """While one worker has not committed, a visit of the same territory waits for it, and one of another territory does not."""
    database = Database(postgres_url)
    (first, second), (foreign,) = make_gates(database, "123-456", 2), make_gates(database, "123-457", 1)
    inside, let = threading.Event(), threading.Event()

    def pause(*_):
        inside.set()
        assert let.wait(PATIENCE_S)

    one = threading.Thread(target=store_groups, args=[database, [(first, [visit()])]], kwargs={"programs": pause})
    other = threading.Thread(target=store_groups, args=[database, [(second, [visit()])]])
    one.start()
    assert inside.wait(PATIENCE_S)
    other.start()
    until(lambda: database.one("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted", {})[0] == 1)
    store_groups(database, [(foreign, [visit()])])

    assert [0, 1] == [len(_page(database, caller, 0)) for caller in (first, foreign)]
    let.set()
    one.join()
    other.join()
    with database.read() as session:
        rows = session.execute(
            text("SELECT gate_id FROM gate_events WHERE territory_id = :id ORDER BY id"), {"id": first.territory_id}
        ).all()
    database.close()
    assert [first.gate_id, second.gate_id] == [row[0] for row in rows]
