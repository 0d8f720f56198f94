"""Kill -9 between any two writes, and files torn afterwards: what was acknowledged is there, and the list always is.

    python -m tests.faults.kills --count 1000

A child of this process changes the list and writes records, and says after each that it is done; it is killed at some
moment, and its files are harmed in one of the ways of a power cut. Then everything is opened as a gate opens it.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from core.decision.record import VisitRecord
from edge.store.journal import Journal
from edge.store.local_passes import local_pass
from edge.store.passes import PassStore
from edge.store.read_only import read_list
from tests.store.records import visit_record

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
LONGEST_S = 0.25
"""A child is killed within so long of its first word."""


@dataclass(slots=True)
class Told:
    """What the child had acknowledged before it was killed."""

    passes: set[str] = field(default_factory=set)
    copied: set[str] = field(default_factory=set)
    """Of those, what was in a good copy too."""
    records: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Result:
    kills: int = 0
    harms: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    slowest_s: float = 0.0
    """From opening the files to a list that decides."""


def plate(number: int) -> str:
    letters = "ABEKMHOPCTYX"
    return f"{letters[number // 1000 % 12]}{number % 1000:03}{letters[number // 12000 % 12]}B77"


def record(number: int) -> VisitRecord:
    return replace(visit_record(1), visit_id=f"kill-{number}")


def work(folder: Path, start: int, say: int) -> None:
    """The child: one pass and one record after the other, a copy after every third, each told when it is on the disk."""
    with PassStore(folder / "passes.db") as store, Journal(folder / "journal.db") as journal:
        for number in range(start, start + 100_000):
            store.local.add([local_pass(plate(number), None, None)], at=NOW)
            os.write(say, f"p{number}\n".encode())
            journal.record(record(number))
            os.write(say, f"r{number}\n".encode())
            if number % 3 == 0:
                store.keep_good_copy()
                os.write(say, f"c{number}\n".encode())


def killed(folder: Path, start: int, rng: random.Random) -> Told:
    """Start a child, kill it at some moment, and read what it had said by then."""
    hear, say = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(hear)
        try:
            work(folder, start, say)
        finally:
            os._exit(1)
    os.close(say)
    first = os.read(hear, 1)  # it has begun: from here any moment is as good as another
    time.sleep(rng.uniform(0, LONGEST_S))
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    data = first
    while chunk := os.read(hear, 65536):
        data += chunk
    os.close(hear)
    told = Told()
    for line in data.decode().split("\n")[:-1]:
        if line[0] == "p":
            told.passes.add(plate(int(line[1:])))
        elif line[0] == "r":
            told.records.add(f"kill-{line[1:]}")
        else:
            told.copied |= told.passes
    return told


def harm(folder: Path, way: str, rng: random.Random) -> None:
    """What the power cut, or the card, did to the list on top of the kill."""
    path = folder / "passes.db"
    if way == "empty":
        for part in folder.glob("passes.db*"):
            part.write_bytes(b"")
    elif way == "deleted":
        for part in folder.glob("passes.db*"):
            part.unlink()
    elif way == "half":
        _settle(path)
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    elif way == "torn page":
        _settle(path)
        data = bytearray(path.read_bytes())
        at = rng.randrange(len(data) // 4096) * 4096 + 2048
        data[at : at + 2048] = bytes(2048)
        path.write_bytes(data)
    elif way == "old file" and (folder / "old.db").exists():
        for part in folder.glob("passes.db*"):
            part.unlink()
        shutil.copy(folder / "old.db", path)


def _settle(path: Path) -> None:
    link = sqlite3.connect(path)
    link.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    link.close()


WAYS = ("nothing", "nothing", "empty", "deleted", "half", "torn page", "old file")


def run(count: int, *, seed: int, folder: Path) -> Result:
    """So many kills one after the other on the same files."""
    rng, result, start = random.Random(seed), Result(), 0
    safe: set[str] = set()
    """Passes that must be there whatever happens: in the database where nothing harmed it, else in the copy."""
    for number in range(count):
        with PassStore(folder / "passes.db") as store:  # the list of before, which the card may fall back to
            store.keep_good_copy()
            safe = {one.plate for one in store.local.all()}
        _settle(folder / "passes.db")
        shutil.copy(folder / "passes.db", folder / "old.db")
        told = killed(folder, start, rng)
        way = WAYS[number % len(WAYS)]
        harm(folder, way, rng)
        result.kills += 1
        result.harms[way] += 1
        wanted = safe | (told.passes if way == "nothing" else told.copied)
        _examine(folder, way, wanted, told, result)
        start += 100_000 if start == 0 else max(1, len(told.passes)) + 1
        start %= 140_000
    return result


def _examine(folder: Path, way: str, wanted: set[str], told: Told, result: Result) -> None:
    started = time.monotonic()
    seen = {one.plate for one in read_list(folder / "passes.db").local}  # as a command sees it, before any mending
    with PassStore(folder / "passes.db") as store:
        passes = store.load()
        result.slowest_s = max(result.slowest_s, time.monotonic() - started)
        there = {one.plate for one in store.local.all()}
        if missing := wanted - there:
            result.problems.append(f"{way}: {len(missing)} passes lost ({store.restored=}, {store.set_aside=})")
        if passes.unread:
            result.problems.append(f"{way}: list unread")
    if way not in {"old file", "torn page"} and (missing := wanted - seen):
        result.problems.append(f"{way}: {len(missing)} passes not seen before mending")
    with Journal(folder / "journal.db") as journal:
        kept = {one.record.visit_id for one in journal.visits(limit=1_000_000)}
        if missing := told.records - kept:
            result.problems.append(f"{way}: {len(missing)} records lost")
        journal.forget(keep_days=1, now=datetime(2030, 1, 1, tzinfo=UTC))
    if len(there) > 3000:
        with PassStore(folder / "passes.db") as store:
            store.local.replace([], at=NOW)
            store.keep_good_copy()


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = run(wanted.count, seed=wanted.seed, folder=Path(folder))
    harms = ", ".join(f"{way} {count}" for way, count in sorted(result.harms.items()))
    print(
        f"{result.kills} kills ({harms}); slowest list after it {result.slowest_s:.2f} s; problems: {len(result.problems)}"
    )
    print("\n".join(result.problems))
    return 1 if result.problems else 0


if __name__ == "__main__":
    sys.exit(main())
