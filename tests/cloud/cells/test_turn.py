"""Whose turn a move is, and how long: the lock of a command at both cells."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

import pytest
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from cloud.cells import turn as turns
from cloud.cells.errors import TakenOver
from cloud.cells.turn import is_taken, turn
from cloud.db.engine import Database
from tests.patience import until


def test_whether_it_is_taken_can_be_asked_without_taking_it(pair):
    """A turn is seen at its cells for as long as it lasts, for its territory alone, and asking takes nothing."""
    assert not is_taken(pair.west.database, pair.code)
    with turn(pair.code, pair.west):
        assert is_taken(pair.west.database, pair.code)
        assert [False, False] == [is_taken(pair.west.database, "000-000"), is_taken(pair.east.database, pair.code)]
    assert not is_taken(pair.west.database, pair.code)
    with turn(pair.code, pair.west):
        pass


@pytest.fixture
def hasty(monkeypatch) -> None:
    """What takes a minute takes a second."""
    monkeypatch.setattr(turns, "_SILENT_S", 1.0)
    monkeypatch.setattr(turns, "_PING_S", 0.1)


def test_a_command_keeps_its_turn_while_it_lives(pair, hasty):
    """However long a step takes in which it asks the cell nothing, the turn stays with the command."""
    if pair.west.database.is_sqlite:
        pytest.skip("a file's lock does not end by itself")
    with turn(pair.code, pair.west) as check:
        with pytest.raises(TakenOver), turn(pair.code, pair.west):  # its wait alone is longer than the silence allowed
            pytest.fail("the turn was taken away")
        check()


def test_a_host_that_is_cut_off_loses_its_turn(pair, hasty):
    """A network that carries nothing any more, with its connections open, holds a territory no longer than the silence allowed."""
    if pair.west.database.is_sqlite:
        pytest.skip("a file's lock does not cross a network")
    with cut(pair.west.database.url) as (url, stop):
        far = replace(pair.west, database=Database(url))
        mine = turn(pair.code, far)
        check = mine.__enter__()
        check()
        stop.set()
        until(lambda: not is_taken(pair.west.database, pair.code))
        with turn(pair.code, pair.west) as mine_now:
            mine_now()
    with pytest.raises(SQLAlchemyError):  # the network is back: who was cut off learns that its turn is over
        check()
    mine.__exit__(None, None, None)
    far.close()


@contextmanager
def cut(url: str) -> Iterator[tuple[str, threading.Event]]:
    """A way over TCP to a server behind a Unix socket, until it is told to stop; then it takes bytes, and they go nowhere.

    At the end it closes what it has open.
    """
    parsed = make_url(url)
    server = f"{parsed.query['host']}/.s.PGSQL.{parsed.query.get('port', 5432)}"
    stop, opened = threading.Event(), []

    def carry(source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if not stop.is_set():
                    sink.sendall(data)

    def accept() -> None:
        with suppress(OSError):
            while True:
                near, far = listener.accept()[0], socket.socket(socket.AF_UNIX)
                far.connect(server)
                opened.extend((near, far))
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=carry, args=pair, daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept, daemon=True).start()
        there = parsed.difference_update_query(["host", "port"]).set(host="127.0.0.1", port=listener.getsockname()[1])
        yield there.render_as_string(hide_password=False), stop
        listener.shutdown(socket.SHUT_RDWR)
    for one in opened:
        one.shutdown(socket.SHUT_RDWR)
        one.close()
