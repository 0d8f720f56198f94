"""`/healthz` and `/readyz`: they look, and say what they saw."""

from __future__ import annotations

import shutil
import time

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from cloud.cells.freeze import freeze
from cloud.db.models import Letter, utc_now
from cloud.web import health


def test_a_portal_that_is_well_says_of_what(world):
    """Both answer 200 and name each part with what was seen; letters that wait are told."""
    with world.database.write() as session:
        session.add(Letter(recipient="a@b.ru", subject="x", text="x", created_at=utc_now()))
    visitor = world.visitor()

    for path in ("/healthz", "/readyz"):
        answer = visitor.get(path)
        assert 200 == answer.status_code
        assert "ok" == answer.text.splitlines()[0]
        for part in ("mail thread: ok", "push: ok", "database: ok (version ", "disk: ok", "mail: ok (1 waiting"):
            assert part in answer.text


def test_another_version_of_the_database_is_not_ready(world):
    """A program over a database that is not its own serves nobody, and no restart helps."""
    with world.database.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    visitor = world.visitor()

    assert 503 == visitor.get("/readyz").status_code
    assert "database: FAILED (version 0001" in visitor.get("/healthz").text
    assert 200 == visitor.get("/healthz").status_code


def test_a_database_that_does_not_answer_is_not_waited_for(world, monkeypatch):
    """A database that hangs is told within the time that an answer may take."""
    monkeypatch.setattr(health, "ANSWER_S", 0.05)
    monkeypatch.setattr(health, "_needed", lambda portal: time.sleep(0.5))

    answer = world.visitor().get("/readyz")

    assert 503 == answer.status_code
    assert "database: FAILED (no answer" in answer.text


def test_a_broken_database_is_told(world, monkeypatch):
    """Without its tables the portal is not ready, and the answer is no page of errors."""
    with world.database.write() as session:
        session.execute(text("DROP TABLE letters"))

    assert (503, True) == ((answer := world.visitor().get("/readyz")).status_code, "database: FAILED" in answer.text)


@pytest.mark.parametrize("free", [0, health.LEAST_FREE_BYTES - 1])
def test_a_full_disk_is_not_ready(world, monkeypatch, free):
    """A disk on which nothing can be written any more serves nobody."""
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: type("Usage", (), {"free": free}))

    assert "disk: FAILED" in world.visitor().get("/readyz").text


def test_a_dead_thread_is_a_reason_to_start_anew(world):
    """A process whose mail thread has died says so at `/healthz`; one that was stopped in order is not ill."""
    box = world.app.state.outbox
    box.start()
    box.stop()
    assert 200 == world.visitor().get("/healthz").status_code
    box._stopped.clear()  # it ended by itself

    answer = world.visitor().get("/healthz")

    assert 503 == answer.status_code
    assert "mail thread: FAILED" in answer.text


def test_a_territory_that_nobody_moves_is_told(world, place):
    """A frozen territory without a command that moves it is told, without its code; the portal serves all others and is ready."""
    assert "moves: ok (no territory frozen)" in world.visitor().get("/readyz").text
    freeze(world.database, place.territory.id)

    answer = world.visitor().get("/readyz")

    assert 200 == answer.status_code
    assert "moves: FAILED (territories frozen: 1, of them moved by no command: 1;" in answer.text
    assert place.ids["code"] not in answer.text


def test_moves_that_cannot_be_looked_at_are_unknown(world, monkeypatch):
    """Without an answer nobody says that nothing is frozen."""

    def gone(_):
        raise OperationalError("", {}, OSError())

    monkeypatch.setattr(health, "frozen_in", gone)

    assert "moves: FAILED (unknown)" in world.visitor().get("/readyz").text
