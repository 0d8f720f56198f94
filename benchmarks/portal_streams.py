"""Measures what the portal spends when all gates open their streams at once, and on an event while many gates listen.

    python -m benchmarks.portal_streams [--database postgresql://…] [--gates 1000] [--neighbours 100] [--events 300]
        [--nats nats://127.0.0.1:4222] [--hold-s 30]

The server is a separate process; the gates are plain sockets in this one. First all gates connect within one second, as
after the failure of another host: measured are the server's processor time per gate and the time until each gate's first
data, and the memory that each stream takes here and there. Then, with `--hold-s`, what streams cost that are told nothing. Then one gate sends events one by one, first in a territory of its own, then in one with `neighbours` open streams.
`--database` names an empty database; the default is SQLite. Prints one JSON line.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import random
import resource
import socket
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

import uvicorn

from benchmarks.portal_polls import cpu_s
from benchmarks.proof.account import percentile
from benchmarks.proof.gates import events_body
from benchmarks.proof.links import Links, answer_head, head
from benchmarks.proof.memory import memory, own_memory
from cloud.api.pairing import make_token, token_hash
from cloud.app import create_app
from cloud.db.engine import Database, database_url
from cloud.db.migrate import migrate
from cloud.db.models import Gate, Territory, utc_now
from cloud.settings import Settings
from sync import wire

EACH, WARM = 10, 30
STREAM = f"{wire.BASE}/stream"


def fill(url: str, sizes: Sequence[int]) -> list[list[str]]:
    """Create a territory for each size; returns the tokens of its gates."""
    database = Database(url)
    migrate(database.engine)
    tokens = [[make_token() for _ in range(size)] for size in sizes]
    with database.write() as session:
        for number, here in enumerate(tokens):
            code = f"{number // 1000:03}-{number % 1000:03}"
            place = Territory(code=code, name=code, timezone="Europe/Moscow", pass_rev=1)
            session.add(place)
            session.flush()
            session.add_all(
                Gate(territory_id=place.id, name=f"{n}", token_hash=token_hash(token), enrolled_at=utc_now(),
                     lanes=[{"name": "entry", "direction": "entry"}]) for n, token in enumerate(here)
            )  # fmt: skip
    database.close()
    return tokens


def serve(url: str, folder: str, listener: socket.socket, nats: str) -> None:
    settings = Settings(Path(folder), url, "http://bench", b"bench" * 8, nats=nats)
    uvicorn.Server(uvicorn.Config(create_app(settings), log_level="error")).run([listener])


async def opened(port: int, token: str, after_s: float) -> tuple[float, asyncio.StreamReader, asyncio.StreamWriter]:
    """Open a stream after `after_s`. Returns the seconds until it sent the list's cursor, and the stream."""
    await asyncio.sleep(after_s)
    began = time.monotonic()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(head("GET", STREAM, token))
    status, _ = await answer_head(reader)
    assert status == 200, status
    while not (await reader.readline()).startswith(b"id: "):
        pass
    return time.monotonic() - began, reader, writer


async def measure(port: int, pid: int, tokens: list[list[str]], events: int, hold_s: float) -> dict[str, object]:
    alone, crowd, *others = tokens
    links, found = Links(port, 1), {}
    everybody = [token for here in (crowd, *others) for token in here]
    await links.call("GET", f"{wire.BASE}/passes?cursor=", alone[0])  # wait until the server is up
    before, here, began = memory([pid]), own_memory(), cpu_s(pid)
    streams = await asyncio.gather(*(opened(port, token, random.random()) for token in everybody))
    waits = [wait for wait, _, _ in streams]
    found["streams"] = {
        "gates": len(everybody), "cpu_ms": round((cpu_s(pid) - began) / len(everybody) * 1000, 2),
        "p50_s": round(percentile(waits, 0.5), 2), "p95_s": round(percentile(waits, 0.95), 2), "most_s": round(max(waits), 2),
        "kb": round((memory([pid]) - before) / len(everybody) / 1024, 1),
        "client_kb": round((own_memory() - here) / len(everybody) / 1024, 1),
    }  # fmt: skip
    print(json.dumps(found["streams"]), file=sys.stderr, flush=True)
    if hold_s:
        began, at = cpu_s(pid), time.monotonic()
        await asyncio.sleep(hold_s)
        hours = (time.monotonic() - at) / 3600 * len(everybody)
        found["quiet_stream_cpu_s_an_hour"] = round((cpu_s(pid) - began) / hours, 3)
    for name, token in (("event_alone", alone[0]), ("event_with_neighbours", crowd[0])):
        for turn in range(WARM + events):
            if turn == WARM:
                began = cpu_s(pid)
            status, _, _ = await links.call("POST", f"{wire.BASE}/events", token, events_body([str(uuid4())]))
            assert status == 200, status
        found[f"{name}_cpu_ms"] = round((cpu_s(pid) - began) / events * 1000, 2)
    for _, _, writer in streams:
        writer.transport.abort()
    return found


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--database")
    asked.add_argument("--gates", type=int, default=1000)
    asked.add_argument("--neighbours", type=int, default=100)
    asked.add_argument("--events", type=int, default=300)
    asked.add_argument("--nats", default="")
    asked.add_argument("--hold-s", type=float, default=0.0)
    told = asked.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with tempfile.TemporaryDirectory() as folder:
        url = database_url(Path(folder), told.database)
        tokens = fill(url, [1, told.neighbours, *[EACH] * ((told.gates - told.neighbours) // EACH)])
        listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
        server = multiprocessing.get_context("fork").Process(
            target=serve, args=(url, folder, listener, told.nats), daemon=True
        )
        server.start()
        try:
            found = asyncio.run(measure(listener.getsockname()[1], server.pid or 0, tokens, told.events, told.hold_s))
        finally:
            server.kill()
            server.join()
    print(json.dumps({"database": url.partition(":")[0], "load": round(os.getloadavg()[0], 1), **found}))


if __name__ == "__main__":
    main()
