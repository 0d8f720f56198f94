"""A move that is killed, cancelled, or fails: it goes on, or all is as it was."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from contextlib import ExitStack, contextmanager

import pytest
from sqlalchemy import func, select

from cloud.cells.errors import MoveFailed, TakenOver
from cloud.cells.freeze import frozen
from cloud.cells.move import Move
from cloud.cells.turn import turn
from cloud.cells.undo import take_back
from cloud.db.models import (
    Account,
    Arrival,
    Device,
    Territory,
    utc_now,
)
from cloud.directory.places import Places
from cloud.domain import closing
from cloud.pictures import PicturesAway
from tests.cloud.cells.conftest import territory_in
from tests.cloud.cells.moves import STEPS, TAKEN_BACK, Killed, move, told


@pytest.mark.parametrize("step", STEPS)
def test_a_move_that_was_killed_goes_on(pair, step):
    """Killed after any step, the same command run again ends as if nothing had happened."""
    before = told(pair.east, pair.code)

    def kill(done: str) -> None:
        if done == step:
            raise Killed

    with pytest.raises(Killed):
        move(pair, after=kill).run()
    move(pair).run()

    assert told(pair.west, pair.code) == before
    assert territory_in(pair.east, pair.code) is None
    move(pair).run()
    assert told(pair.west, pair.code) == before


@pytest.mark.parametrize("step", TAKEN_BACK)
def test_a_killed_move_can_be_cancelled_until_it_is_open(pair, step):
    """Taken back, the old cell has everything and writes, and the new one has nothing of it, people included."""
    before, people = told(pair.east, pair.code), count_accounts(pair.west)

    def kill(done: str) -> None:
        if done == step:
            raise Killed

    with pytest.raises(Killed):
        move(pair, after=kill).run()
    assert take_back(pair.east, pair.west, pair.code, pair.place.territory.id)

    assert told(pair.east, pair.code) == before
    assert territory_in(pair.west, pair.code) is None
    assert count_accounts(pair.west) == people
    with pair.east.database.write() as session:
        session.query(Territory).filter_by(code=pair.code).one().name = "Пишется"


def test_a_lock_that_is_just_given_back_is_waited_for(pair):
    """A server notices a moment later that a command was killed: the next one waits for that instead of being refused."""
    if pair.west.database.is_sqlite:
        pytest.skip("the system frees a file's lock with its process")
    held = ExitStack()
    held.enter_context(turn(pair.code, pair.west))
    later = threading.Timer(0.4, held.close)
    later.start()
    with turn(pair.code, pair.west) as check:
        check()
    later.join()


def count_accounts(cell) -> int:
    with cell.database.read() as session:
        return session.scalar(select(func.count()).select_from(Account))


@pytest.mark.parametrize("step", STEPS[4:])
def test_an_open_territory_is_not_taken_back(pair, step):
    """From the moment on at which it is open there, taking it back would lose what was written there."""

    def kill(done: str) -> None:
        if done == step:
            raise Killed

    with pytest.raises(Killed):
        move(pair, after=kill).run()

    assert not take_back(pair.east, pair.west, pair.code, pair.place.territory.id)
    assert territory_in(pair.west, pair.code) is not None


def test_a_failure_takes_everything_back_by_itself(pair):
    """The place for pictures goes away in the middle: the command fails, and the territory is as it was and is written to."""
    before = told(pair.east, pair.code)

    class Away:
        def put(self, key: str, content: bytes) -> None:
            raise PicturesAway("the bucket does not answer")

        def drop_gate(self, gate_id: int) -> None: ...

    broken = type(pair.west)(pair.west.name, pair.west.url, pair.west.database, Away())
    with pytest.raises(MoveFailed, match="bucket"):
        Move(pair.east, broken, pair.code).run()

    assert told(pair.east, pair.code) == before
    assert territory_in(pair.west, pair.code) is None
    move(pair).run()
    assert told(pair.west, pair.code) == before


def test_what_a_failure_leaves_in_the_new_cell_is_said(pair):
    """Who has logged in there meanwhile stays there; the old cell has everything and writes. That is what the message says, no more."""
    before, people = told(pair.east, pair.code), count_accounts(pair.west)

    def log_in_and_fail(step: str) -> None:
        if step == "copy":
            with pair.west.database.write() as session:
                person = session.query(Account).order_by(Account.id.desc()).first()
                session.add(Device(account_id=person.id, token_hash="x", expires_at=utc_now()))
            raise OSError("no route")

    with pytest.raises(MoveFailed) as failed:
        move(pair, after=log_in_and_fail).run()

    assert told(pair.east, pair.code) == before
    assert territory_in(pair.west, pair.code) is None
    assert people + 1 == count_accounts(pair.west)
    with pair.east.database.write() as session:
        session.query(Territory).filter_by(code=pair.code).one().name = "Пишется"
    assert "no route" in str(failed.value)
    assert "могли остаться люди, которые туда уже вошли" in str(failed.value)


@pytest.mark.parametrize("step", STEPS)
def test_a_second_command_is_refused_and_changes_nothing(pair, step):
    """While one command moves a territory another is told so, at whatever step the first is; that one ends as if alone."""

    def begin_another(done: str) -> None:
        if done == step:
            with pytest.raises(TakenOver, match="уже переносит другая команда"):
                move(pair).run()

    before = told(pair.east, pair.code)
    move(pair, after=begin_another).run()

    assert told(pair.west, pair.code) == before
    assert territory_in(pair.east, pair.code) is None


def test_what_the_lock_has_lost_the_fence_still_keeps(pair, monkeypatch):
    """A command that was taken for dead, and is not, writes nothing more to the new cell and takes nothing back."""

    def begin_another(step: str) -> None:
        if step == "copy":
            with pytest.raises(Killed):
                move(pair, after=kill_at_copy).run()

    def kill_at_copy(step: str) -> None:
        if step == "copy":
            raise Killed

    @contextmanager
    def no_lock(*_: object):
        yield lambda: None

    before = told(pair.east, pair.code)
    monkeypatch.setattr("cloud.cells.move.turn", no_lock)
    with pytest.raises(TakenOver):
        move(pair, after=begin_another).run()
    monkeypatch.undo()
    move(pair).run()

    assert told(pair.west, pair.code) == before


def test_a_command_that_has_lost_its_lock_does_not_freeze(pair, monkeypatch):
    """Whoever cannot say that it is still its turn stops before the territory takes no more writes: nobody would thaw it."""

    def lost() -> None:
        raise OSError("the connection is gone")

    @contextmanager
    def short(*_: object):
        yield lost

    monkeypatch.setattr("cloud.cells.move.turn", short)
    with pytest.raises(MoveFailed):
        move(pair).run()

    assert frozenset() == frozen(pair.east.database)


def test_what_is_deleted_while_it_is_copied_leaves_no_copy(pair):
    """Its manager deletes the territory before it is frozen: the move fails, and neither cell has anything of it."""

    def delete(done: str) -> None:
        if done == "copy":
            with pair.east.database.write() as session:
                closing.delete(session, session.query(Territory).filter_by(code=pair.code).one(), now=utc_now())

    people = count_accounts(pair.west)
    with pytest.raises(MoveFailed, match="удалили"):
        move(pair, after=delete).run()

    assert (None, None) == (territory_in(pair.east, pair.code), territory_in(pair.west, pair.code))
    assert count_accounts(pair.west) == people
    assert frozenset() == frozen(pair.east.database)
    with pair.west.database.read() as session:
        assert session.get(Arrival, pair.code) is None


def test_what_was_deleted_in_the_new_cell_does_not_come_back(pair):
    """The territory opened there, the command was killed, its manager deleted it: the next run finishes without a copy."""
    places = Places(pair.west.database)
    places.claim(pair.code, pair.east.url, now=utc_now())

    def kill(done: str) -> None:
        if done == "open":
            raise Killed

    with pytest.raises(Killed):
        move(pair, places=places, after=kill).run()
    with pair.west.database.write() as session:
        closing.delete(session, session.query(Territory).filter_by(code=pair.code).one(), now=utc_now())
    move(pair, places=places).run()

    assert (None, None) == (territory_in(pair.east, pair.code), territory_in(pair.west, pair.code))
    assert places.of_code(pair.code) is None
    assert frozenset() == frozen(pair.east.database)


KILLED = """
import os, signal, sys
from pathlib import Path
from cloud.cells.cell import Cell
from cloud.cells.move import Move
from cloud.cells.turn import turn
from cloud.db.engine import Database
from cloud.pictures.files import FilePictures
step, code, *places = sys.argv[1:]
cells = [Cell(n, f"https://{n}.example.ru", Database(u), FilePictures(Path(f))) for n, u, f in zip(*[iter(places)] * 3)]
kill = lambda done: os.kill(os.getpid(), signal.SIGKILL) if done == step else None
Move(*cells, code, after=kill).run()
"""


@pytest.mark.parametrize("step", ["freeze", "open"])
def test_a_process_that_the_kernel_kills_leaves_nothing_half(pair, tmp_path, step):
    """SIGKILL in the middle, and the next process finishes: what a simulated kill might hide, a real one shows."""
    before = told(pair.east, pair.code)
    places = [part for cell in (pair.east, pair.west) for part in (cell.name, cell.database.url, tmp_path / cell.name)]

    done = subprocess.run([sys.executable, "-c", KILLED, step, pair.code, *places], check=False, env=os.environ)
    assert done.returncode == -signal.SIGKILL
    move(pair).run()

    assert told(pair.west, pair.code) == before
    assert territory_in(pair.east, pair.code) is None
