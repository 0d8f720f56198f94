"""Run by `test_power_cuts`: the gate's databases under kill -9 before every single SQL statement. Prints one JSON line.

A child process works and kills itself before its n-th statement, for every n until it gets through; after each
death the parent opens the files and checks what a power cut must have left: a list that is old or new, an outbox that
has lost nothing.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from edge.store.journal import Journal
from edge.store.passes import PassStore
from sync import wire
from sync.drain import Drainer
from sync.errors import ListExpired
from sync.memory import MemoryClock
from sync.pull import Puller
from tests.pass_items import pass_item

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


def item(number: int, **fields: bool) -> wire.PassItem:
    return pass_item(id=f"pass-{number}", plate=f"A{number:03}AA77", **fields)


def event(number: int) -> wire.GateEvent:
    return wire.GateEvent(id=f"00000000-0000-4000-8000-{number:012}", kind="visit", at=NOW, clock_trusted=True)


OLD = {f"pass-{number}" for number in range(6)}
NEW = {f"pass-{number}" for number in range(3, 9)}


class Source:
    """A cloud in memory: a first list, a delta, or (when the epoch is new) a whole list in pages."""

    def __init__(self, *, whole: bool) -> None:
        self._whole = whole

    def passes(self, cursor: str) -> wire.PassPage:
        if self._whole:
            pages = {
                "": ("2-1", (3, 4), True),
                "2-1": ("2-2", (5, 6), True),
                "2-2": ("2-3", (7, 8), False),
            }
            if cursor not in pages:
                raise ListExpired(cursor)
            told, numbers, more = pages[cursor]
            return wire.PassPage(tuple(map(item, numbers)), told, more, reset=not cursor)
        gone = tuple(item(number, deleted=True) for number in range(3))
        return wire.PassPage((*gone, *map(item, (6, 7, 8))), "1-2", more=False, reset=False)


class Sink:
    """A cloud that keeps what it is sent in a file, as a server keeps it on its own disk."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def send_events(self, events: tuple[wire.GateEvent, ...]) -> wire.Accepted:
        with self._path.open("a") as file:
            file.writelines(f"{each.id}\n" for each in events)
        return wire.Accepted(tuple(each.id for each in events))

    def send_snapshot(self, event_id: str, jpeg: bytes) -> None:
        raise AssertionError(event_id, jpeg)


def dies_before(statement: int, connection: object) -> None:
    """Have this process killed when `connection` is about to run its n-th statement."""
    seen = 0

    def count(_sql: str) -> None:
        nonlocal seen
        seen += 1
        if seen >= statement:
            os.kill(os.getpid(), signal.SIGKILL)

    connection.set_trace_callback(count)  # type: ignore[attr-defined]


def survives(work: Callable[[], None]) -> bool:
    """Run `work` in a child of its own; False when it was killed."""
    child = os.fork()
    if child == 0:
        work()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return False
    assert os.waitstatus_to_exitcode(status) == 0, status
    return True


def cut_pull(folder: Path, *, whole: bool, statement: int) -> bool:
    path = folder / "passes.db"

    def work() -> None:
        store = PassStore(path)
        dies_before(statement, store._db.conn)
        Puller(Source(whole=whole), store.cloud, MemoryClock.at(NOW)).pull()

    done = survives(work)
    with PassStore(path) as store:
        assert store.set_aside is None
        live = {found.id for found in store.load() if not found.revoked}
        cursor = store.cloud.state().cursor
    expected = NEW if cursor in {"1-2", "2-3"} else OLD
    assert live == expected, (statement, cursor, live)
    assert not done or live == NEW
    return done


def prepare(folder: Path) -> None:
    with PassStore(folder / "passes.db") as store:
        store.cloud.apply([item(number) for number in range(6)], cursor="1-1", at=NOW)


def cut_every_pull(*, whole: bool) -> int:
    statement = 0
    while True:
        statement += 1
        with tempfile.TemporaryDirectory() as name:
            prepare(Path(name))
            if cut_pull(Path(name), whole=whole, statement=statement):
                return statement
            assert cut_pull(Path(name), whole=whole, statement=1 << 30)  # and the next start puts it right


def cut_every_drain() -> int:
    statement = 0
    while True:
        statement += 1
        with tempfile.TemporaryDirectory() as name:
            path, sent = Path(name) / "journal.db", Path(name) / "sent"
            with Journal(path) as journal:
                for number in range(3):
                    journal.outbox.put(event(number))

            def work(path: Path = path, sent: Path = sent, statement: int = statement) -> None:
                journal = Journal(path)
                dies_before(statement, journal._db.conn)
                drainer = Drainer(Sink(sent), journal.outbox)
                while drainer.step():
                    pass

            done = survives(work)
            told = set(sent.read_text().split()) if sent.exists() else set()
            with Journal(path) as journal:
                waiting = {each.id for each in journal.outbox.events(limit=10)}
            assert told | waiting == {event(number).id for number in range(3)}, statement
            if done:
                return statement


def main() -> None:
    cuts = {"delta": cut_every_pull(whole=False), "whole": cut_every_pull(whole=True), "drain": cut_every_drain()}
    sys.stdout.write(json.dumps(cuts) + "\n")


if __name__ == "__main__":
    main()
