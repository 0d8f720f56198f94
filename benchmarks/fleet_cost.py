"""The cost of a gate to a multi-worker portal on PostgreSQL, and what is lost when each kind of process is killed.

    python benchmarks/fleet_cost.py [--gates 100 1000 10000] [--calls 1500] [--workers 2]

Simulated gates in this process (asyncio, raw connections) talk to a real `okter serve` over loopback. For each kind of
call the CPU time of the portal's and PostgreSQL's processes is read from /proc before and after, so that a busy machine
does not matter; wall time is used only for the push. Then events are sent while a worker, a PostgreSQL process and the
whole portal are killed (SIGKILL) in turn, and afterwards every acknowledged event and pass is checked. Prints one JSON
line.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path

from cloud_rig import percentile
from portal_processes import Portal, backend, postgres
from process_tree import cpu_with_children_s, process_tree
from sqlalchemy import insert, select

from cloud import push
from cloud.db.engine import Database
from cloud.db.migrate import migrate
from cloud.db.models import Gate, GateEvent, Pass, Territory, utc_now
from cloud.domain.tokens import token_hash

BASE = "/api/edge/v1"
CONNECTIONS = 16
GATES_EACH = 10
STREAMS, PUSHES = 100, 20
NOW = "2026-11-30T09:00:00Z"
HEALTH = {"version": "0.1.0", "clock": NOW, "clock_trusted": True, "uptime_s": 9, "cameras": [{"lane": "entry", "alive": True}],
          "relay_alive": True, "disk_free_bytes": 9_000_000_000, "queue_events": 0, "queue_snapshots": 0, "dropped": 0,
          "list_cursor": "1-0", "list_count": 0, "list_age_s": 5.0, "alarms": []}  # fmt: skip


class Link:
    """A persistent connection, reopened when it breaks."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._writer: asyncio.StreamWriter | None = None

    async def call(self, method: str, path: str, token: str, body: bytes = b"") -> int:
        """The status, or 0 if no complete answer came: then nothing was acknowledged."""
        try:
            if self._writer is None:
                self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
            head = f"{method} {BASE}{path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Length: {len(body)}\r\n\r\n"
            self._writer.write(head.encode() + body)
            answer = await self._reader.readuntil(b"\r\n\r\n")
            lines = answer.lower().split(b"\r\n")
            await self._reader.readexactly(
                next((int(one[15:]) for one in lines if one.startswith(b"content-length:")), 0)
            )
            return int(answer.split(b" ", 2)[1])
        except (OSError, asyncio.IncompleteReadError):
            if self._writer is not None:
                self._writer.close()
            self._writer = None
            return 0


async def spread(port: int, count: int, act: Callable[[Link, int], Awaitable[None]]) -> None:
    """Call `act` for 0 to count-1, over a few connections."""
    numbers = iter(range(count))

    async def work() -> None:
        link = Link(port)
        for number in numbers:
            await act(link, number)

    await asyncio.gather(*(work() for _ in range(CONNECTIONS)))


def event(number: int) -> tuple[str, bytes]:
    name = str(uuid.UUID(int=number + (1 << 100)))
    one = {
        "id": name,
        "kind": "visit",
        "at": NOW,
        "clock_trusted": True,
        "plate": "A777AA77",
        "decision": "open",
        "reason": "pass_valid",
    }
    return name, json.dumps({"events": [one]}).encode()


def fill(database: Database, have: int, count: int) -> None:
    """Add gates from `have` to `count`, ten per territory."""
    now = utc_now()
    with database.write() as session:
        places = range(have // GATES_EACH, count // GATES_EACH)
        session.execute(
            insert(Territory),
            [{"code": f"{n // 1000:03}-{n % 1000:03}", "name": f"T{n}", "timezone": "UTC"} for n in places],
        )
        session.execute(insert(Gate), [{"territory_id": n // GATES_EACH + 1, "name": "gate", "lanes": [], "token_hash": token_hash(f"t{n}"),
                                        "token_at": now, "enrolled_at": now} for n in range(have, count)])  # fmt: skip


def costs(portal: Portal, database_pid: int, database: Database, gates: int, calls: int) -> dict[str, object]:
    """CPU milliseconds of portal and PostgreSQL per call of each kind, with this many gates in the tables."""
    with database.read() as session:
        cursors = [push.list_cursor(epoch, rev) for epoch, rev in session.execute(
            select(Territory.pass_epoch, Territory.pass_rev).order_by(Territory.id))]  # fmt: skip
    health = json.dumps(HEALTH).encode()

    async def poll(link: Link, n: int) -> None:
        place = n * 7919 % gates
        assert await link.call("GET", f"/passes?cursor={cursors[place // GATES_EACH]}", f"t{place}") == 200

    async def report(link: Link, n: int) -> None:
        assert await link.call("POST", "/health", f"t{n * 7919 % gates}", health) in {200, 204}

    async def tell(link: Link, n: int) -> None:
        assert await link.call("POST", "/events", f"t{n * 7919 % gates}", event(gates * 100_000 + n)[1]) == 200

    found: dict[str, object] = {"gates": gates}
    watched = portal.process.pid, database_pid
    for name, act in (("poll", poll), ("health", report), ("event", tell)):
        before = [cpu_with_children_s(process_tree(pid)) for pid in watched]
        asyncio.run(spread(portal.port, calls, act))
        after = [cpu_with_children_s(process_tree(pid)) for pid in watched]
        found[name] = [round(1000 * (b - a) / calls, 2) for a, b in zip(before, after, strict=True)]
    return found


def kills(portal: Portal, url: str, database: Database) -> dict[str, object]:
    """Events and passes while one process after another is killed: what was acknowledged, and what of it is there."""
    sent, filed, count = [], [], 0
    victims = (
        ("worker", lambda: os.kill(portal.workers()[0], signal.SIGKILL)),
        ("postgres", lambda: os.kill(backend(url), signal.SIGKILL)),
        ("portal", lambda: (portal.kill(), portal.start())),
    )
    failed = 0

    async def tell(link: Link, n: int) -> None:
        nonlocal failed
        name, body = event((1 << 90) + count + n)
        for _ in range(600):  # like a gate: until it is acknowledged
            if await link.call("POST", "/events", f"t{n % 100}", body) == 200:
                sent.append(name)
                return
            failed += 1
            await asyncio.sleep(0.1)

    async def while_killed(kill: Callable[[], object]) -> None:
        telling = asyncio.create_task(spread(portal.port, 400, tell))
        await asyncio.sleep(0.3)
        await asyncio.to_thread(kill)
        for _ in range(20):
            filed.extend(await asyncio.to_thread(file_pass, database))
            await asyncio.sleep(0.05)
        await telling

    for _, kill in victims:
        asyncio.run(while_killed(kill))
        count += 400
    with database.read() as session:
        there = set(session.scalars(select(GateEvent.event_id)))
        passes = set(session.scalars(select(Pass.id)))
    return {
        "killed": [name for name, _ in victims],
        "events": len(sent),
        "events_lost": len(set(sent) - there),
        "asked_again": failed,
        "passes": len(filed),
        "passes_lost": len(set(filed) - passes),
    }


def file_pass(database: Database) -> list[str]:
    """Add one pass to the first territory, as acknowledged; empty if the database was unavailable."""
    try:
        with database.write() as session:
            row = Pass(territory_id=1, plate="A777AA77", plate_display="A777AA77", rev=push.next_rev(session, 1))
            session.add(row)
            session.flush()
            push.passes_changed(session, 1)
            name = row.id
    except Exception:  # noqa: BLE001  # the server was killed under it: not acknowledged
        return []
    return [name]


async def pushes(port: int, database: Database) -> list[float]:
    """Wall-clock seconds from adding a pass to the hint on each stream."""
    heard: list[float] = []
    began, ready = [0.0], asyncio.Event()
    opened = 0

    async def listen(n: int) -> None:
        nonlocal opened
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(
            f"GET {BASE}/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer t{n % GATES_EACH}\r\n\r\n".encode()
        )
        first = True
        while line := await reader.readline():
            if line.startswith(b": ") and first:
                first, opened = False, opened + 1
                if opened == STREAMS:
                    ready.set()
            elif line.startswith(b"event: passes") and began[0]:
                heard.append(time.monotonic() - began[0])

    tasks = [asyncio.create_task(listen(n)) for n in range(STREAMS)]
    await ready.wait()
    await asyncio.sleep(1)
    for _ in range(PUSHES):
        began[0] = time.monotonic()
        await asyncio.to_thread(file_pass, database)
        await asyncio.sleep(1)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return heard


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gates", type=int, nargs="+", default=[100, 1000, 10_000])
    parser.add_argument("--calls", type=int, default=1500)
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    with postgres() as (url, pid), tempfile.TemporaryDirectory(prefix="okter-bench-") as folder:
        database = Database(url)
        migrate(database.engine)
        have = 0
        portal: Portal | None = None
        try:
            told: list[dict[str, object]] = []
            for gates in asked.gates:
                fill(database, have, gates)
                have = gates
                with database.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
                    connection.exec_driver_sql("ANALYZE")
                portal = portal or Portal(url, Path(folder), asked.workers)
                told.append(costs(portal, pid, database, gates, asked.calls))
                print(json.dumps(told[-1]), file=sys.stderr, flush=True)
            assert portal is not None
            waits = asyncio.run(pushes(portal.port, database))
            lost = kills(portal, url, database)
        finally:
            if portal is not None:
                portal.kill()
            database.close()
    print(json.dumps({"bench": "fleet_cost", "workers": asked.workers, "calls": asked.calls, "cpu_ms": told, "load": os.getloadavg()[0],
                      "hints": len(waits), "hints_expected": STREAMS * PUSHES, "push_p95_s": round(percentile(waits, 0.95), 3), **lost}))  # fmt: skip


if __name__ == "__main__":
    main()
