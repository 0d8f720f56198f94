"""Chores: of all workers one does each in its time; and migrations: of hosts that start together one migrates."""

from __future__ import annotations

import subprocess
import sys
import threading
from datetime import timedelta

import pytest

from cloud.db.migrate import newest_version
from cloud.db.models import GateEvent, Territory, utc_now
from cloud.domain import chores, retention
from cloud.domain.gates import add as add_gate
from cloud.pictures.files import FilePictures
from tests.patience import PATIENCE_S

HOUR = timedelta(hours=1)


def together(count, act):
    """What each of `count` threads got that began at one moment."""
    found, ready = [], threading.Barrier(count)

    def run():
        ready.wait()
        found.append(act())

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_one_of_many_does_it(database):
    """Ten workers that ask at once: one is told to, the first time and an hour later."""
    now = utc_now()

    first = together(10, lambda: chores.claim(database, "sweep", every=HOUR, now=now))
    later = together(10, lambda: chores.claim(database, "sweep", every=HOUR, now=now + HOUR))

    assert [1, 1] == [first.count(True), later.count(True)]


def test_it_is_due_when_its_time_has_passed(database):
    """Nobody does it again before its time, another chore has a time of its own."""
    now = utc_now()
    ask = lambda name, after: chores.claim(database, name, every=HOUR, now=now + after)  # noqa: E731

    assert [True, False, True, True, False] == [
        ask("sweep", timedelta()),
        ask("sweep", HOUR - timedelta(seconds=1)),
        ask("letters", timedelta()),
        ask("sweep", HOUR),
        ask("sweep", HOUR),
    ]


def test_a_claim_of_a_clock_that_was_set_back_is_nobodys(database):
    """What was begun by a clock an hour ahead is due at once; what a host begins whose clock is a little ahead stays its own."""
    now = utc_now()
    ask = lambda after: chores.claim(database, "turn", every=timedelta(minutes=2), now=now + after)  # noqa: E731

    assert ask(HOUR)  # and its worker is gone, and the clock is set back

    assert [True, False] == [ask(timedelta()), ask(timedelta(seconds=1))]
    assert ask(timedelta(minutes=4))
    assert not ask(timedelta()), "four minutes ahead: it may be another host's"


@pytest.mark.postgres
def test_hosts_that_start_together_migrate_once(postgres_server):
    """Three programs over one empty database: each finds it migrated, none fails."""
    postgres_server.create("together")
    url = postgres_server.url("together")

    command = [sys.executable, "-c", "import sys; from cloud.cli import upgrade; print(upgrade(sys.argv[1]))", url]
    programs = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) for _ in range(3)
    ]

    assert [newest_version()] * 3 == [program.communicate(timeout=PATIENCE_S)[0].strip() for program in programs]


def test_retention_looks_only_where_something_is_due(database, tmp_path, monkeypatch):
    """Of many territories, each with its own days, only those with something old are gone through; there it is forgotten."""
    now, gone_through = utc_now(), []
    with database.write() as session:
        for number, (days, age) in enumerate([(90, 91), (90, 89), (30, 31), (30, 29), (30, None)]):
            place = Territory(code=f"000-00{number}", name="T", timezone="Europe/Moscow", retention_days=days)
            session.add(place)
            session.flush()
            gate = add_gate(session, place, "gate", now=now)
            session.flush()
            if age is not None:
                at = now - timedelta(days=age)
                session.add(
                    GateEvent(gate_id=gate.id, territory_id=place.id, event_id=f"{number}", at=at, placed_at=at)
                )
    forget = retention.forget_events
    monkeypatch.setattr(
        retention, "forget_events", lambda *given, **named: (gone_through.append(given[2]), forget(*given, **named))[1]
    )

    retention.sweep(database, FilePictures(tmp_path), now=now)

    with database.read() as session:
        codes = {row.id: row.code for row in session.query(Territory)}
        left = sorted(codes[row.territory_id] for row in session.query(GateEvent))
    assert ["000-000", "000-002"] == sorted(codes[number] for number in gone_through)
    assert ["000-001", "000-003"] == left
