"""Daily quotas of gates: one for all workers, counted with what is stored, and in nobody's way when it cannot be counted."""

from __future__ import annotations

import logging
import threading
from uuid import uuid4

import pytest

from cloud.api.events import store_groups
from cloud.api.problems import ApiProblem
from cloud.api.quotas import Daily
from cloud.api.snapshots import store_snapshot
from cloud.domain import gate_quotas
from cloud.pictures import PicturesAway
from cloud.settings import Quota
from sync import wire
from tests.cloud.test_visits_in_order import make_gates, visit

DAY_S = gate_quotas.DAY_S
PICTURE = b"\xff\xd8\xff" + b"x" * 397


class Shelf:
    """A place for pictures; `away`: it answers nobody."""

    def __init__(self):
        self.kept = []
        self.away = False

    def put(self, key, picture):
        if self.away:
            raise PicturesAway("away")
        self.kept.append((key, picture))

    def drop(self, keys):
        self.kept = [one for one in self.kept if one[0] not in keys]


def workers(count=2, **quota):
    """So many workers with the same settings."""
    return [Daily(Quota(**quota)) for _ in range(count)]


def stored(database, daily, caller, count=1):
    """Whether a worker has taken so many events; the seconds to wait if not."""
    return store_groups(database, [(caller, [visit() for _ in range(count)])], daily=daily).get(caller.gate_id, 0.0)


def events(database):
    return database.one("SELECT count(*) FROM gate_events", {})[0]


def test_workers_share_the_quota_of_events(database):
    """What a gate has sent to one worker is missing at the other, and what is refused is not stored."""
    (caller,) = make_gates(database, "123-456", 1)
    one, other = workers(events=4)

    assert 0.0 == stored(database, one, caller, 3)
    assert stored(database, other, caller, 2) == pytest.approx(DAY_S / 4, abs=60)
    assert 0.0 == stored(database, other, caller)
    assert stored(database, one, caller) > 0.0

    assert 4 == events(database)


def test_workers_that_store_at_once_let_nothing_through(database):
    """Events of one gate that come through many workers at the same moment are stored up to the quota and not beyond."""
    callers = make_gates(database, "123-456", 4)
    mine = callers[0]

    def work(daily):
        for caller in callers:
            stored(database, daily, mine)
            stored(database, daily, caller)

    threads = [threading.Thread(target=work, args=[daily]) for daily in workers(4, events=10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (10,) == database.one("SELECT count(*) FROM gate_events WHERE gate_id = :id", {"id": mine.gate_id})
    assert 10 + 12 == events(database)  # the other gates have quotas of their own


def test_who_is_over_holds_up_nobody_in_the_same_transaction(database):
    """Of a group only the gate that is over is refused; a batch larger than a quota passes while that is whole."""
    over, fine = make_gates(database, "123-456", 2)
    (daily,) = workers(1, events=2)
    assert 0.0 == stored(database, daily, over, 5)

    waits = store_groups(database, [(over, [visit()]), (fine, [visit()]), (over, [visit()])], daily=daily)

    assert {over.gate_id} == set(waits)
    assert 5 + 1 == events(database)


def test_what_is_not_stored_is_not_counted(database):
    """A transaction that fails takes nothing of the quota: the gate sends the same again, and it is stored."""
    (caller,) = make_gates(database, "123-456", 1)
    (daily,) = workers(1, events=1)

    def fail(*_):
        raise RuntimeError

    with pytest.raises(RuntimeError):
        store_groups(database, [(caller, [visit()])], daily=daily, programs=fail)

    assert 0.0 == stored(database, daily, caller)


def test_a_gate_is_let_in_when_nobody_can_count(database, caplog):
    """Without the counter events and pictures are stored all the same; the log says so once, and once that it is over."""
    (caller,) = make_gates(database, "123-456", 1)
    (daily,) = workers(1, events=1, picture_bytes=1)
    told = visit()
    with database.write() as session:
        session.connection().exec_driver_sql("ALTER TABLE gate_quotas RENAME TO away")

    for _ in range(3):
        assert 0.0 == stored(database, daily, caller)
    assert {} == store_groups(database, [(caller, [told])], daily=daily)
    assert 0.0 == store_snapshot(database, Shelf(), caller, told.id, PICTURE, daily)
    assert 4 == events(database)
    assert 1 == len([one for one in caplog.records if one.levelno == logging.ERROR])
    assert "quotas cannot be counted" in caplog.text

    with database.write() as session:
        session.connection().exec_driver_sql("ALTER TABLE away RENAME TO gate_quotas")
    assert 0.0 == stored(database, daily, caller)
    assert "quotas are counted again" in caplog.text
    assert stored(database, daily, caller) > 0.0


def test_a_quota_refills_evenly(database):
    """After a quarter of a day a quarter of it is there again, and never more than a whole one."""
    (caller,) = make_gates(database, "123-456", 1)
    gate, now = caller.gate_id, 1.8e9

    def take(number, at):
        with database.write() as session:
            return gate_quotas.take_events(session, {gate: number}, most=100, now=at).get(gate, 0.0)

    assert 0.0 == take(100, now)
    assert take(26, now + DAY_S / 4) == pytest.approx(DAY_S / 100)
    assert 0.0 == take(25, now + DAY_S / 4)
    assert 0.0 == take(100, now + 9 * DAY_S)
    assert take(1, now + 9 * DAY_S) == pytest.approx(DAY_S / 100)


def test_a_clock_set_back_locks_no_gate_out(database):
    """A count that was written by a clock a year ahead says nothing: the quota is whole."""
    (caller,) = make_gates(database, "123-456", 1)
    gate, now = caller.gate_id, 1.8e9
    ahead = now + 365 * DAY_S
    for at in (ahead, now):
        with database.write() as session:
            assert {} == gate_quotas.take_events(session, {gate: 100}, most=100, now=at)
            gate_quotas.count_picture(session, gate, 100, most=100, now=at)

    assert 0.0 == gate_quotas.picture_wait_s(ahead + DAY_S, 100, most=100, now=now)
    assert gate_quotas.picture_wait_s(now + DAY_S, 1, most=100, now=now) == pytest.approx(DAY_S / 100)


def test_workers_share_the_quota_of_pictures(database):
    """A picture counts when it is stored: one that the storage did not take costs nothing, and a stranger's is not found."""
    caller, foreign = make_gates(database, "123-456", 2)
    one, other = workers(picture_bytes=1000)
    told, shelf = visit(), Shelf()
    store_groups(database, [(caller, [told])])

    shelf.away = True
    for _ in range(3):
        with pytest.raises(ApiProblem):
            store_snapshot(database, shelf, caller, told.id, PICTURE, one)
    shelf.away = False
    assert 0.0 == store_snapshot(database, shelf, caller, told.id, PICTURE, one)
    assert 0.0 == store_snapshot(database, shelf, caller, told.id, PICTURE, other)
    assert store_snapshot(database, shelf, caller, told.id, PICTURE, one) == pytest.approx(DAY_S / 5, abs=60)
    assert 2 == len(shelf.kept)
    with pytest.raises(ApiProblem, match="no such event"):
        store_snapshot(database, shelf, foreign, told.id, PICTURE, one)


def test_pictures_on_their_way_at_once_are_owed(database):
    """What is over the quota because it was on its way is missing from the next day, and never more than a day of it."""
    (caller,) = make_gates(database, "123-456", 1)
    gate, now = caller.gate_id, 1.8e9
    for _ in range(3):
        with database.write() as session:
            gate_quotas.count_picture(session, gate, 100, most=100, now=now)

    (full_at,) = database.one("SELECT pictures_full_at FROM gate_quotas", {})
    assert full_at == now + 2 * DAY_S
    assert gate_quotas.picture_wait_s(full_at, 10, most=100, now=now + DAY_S) == pytest.approx(DAY_S / 10)


def test_a_gate_that_goes_takes_its_count_along(database):
    """Nothing of a deleted gate stays."""
    (caller,) = make_gates(database, "123-456", 1)
    stored(database, workers(1)[0], caller)
    assert (1,) == database.one("SELECT count(*) FROM gate_quotas", {})

    with database.write() as session:
        session.connection().exec_driver_sql("DELETE FROM gates")

    assert (0,) == database.one("SELECT count(*) FROM gate_quotas", {})


def test_a_repeated_event_counts_again_and_is_stored_once(database):
    """A quota is of what is sent: a repeat is taken, changes nothing and uses a part of it."""
    (caller,) = make_gates(database, "123-456", 1)
    (daily,) = workers(1, events=2)
    told = wire.GateEvent(str(uuid4()), "visit", visit().at, clock_trusted=True)

    for _ in range(2):
        assert {} == store_groups(database, [(caller, [told])], daily=daily)

    assert stored(database, daily, caller) > 0.0
    assert 1 == events(database)
