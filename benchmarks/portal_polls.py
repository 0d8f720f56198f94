"""The portal's CPU cost of a gate that has nothing new to fetch, and of a whole list: CPU of the server's process.

    python benchmarks/portal_polls.py [--database postgresql://…] [--passes 193869]

The server is a separate process; the gates are plain sockets in this one, kept open as by `gate run`. `--database`
names an empty database; without it SQLite is used. Prints one JSON line.
"""

from __future__ import annotations

import argparse
import http.client
import json
import multiprocessing
import os
import random
import socket
import tempfile
import threading
import time
import uuid
from pathlib import Path
from urllib.parse import urlencode

import msgspec
import uvicorn
from sqlalchemy import insert

from cloud.api.pairing import make_token, token_hash
from cloud.app import create_app
from cloud.db.engine import Database, database_url
from cloud.db.migrate import migrate
from cloud.db.models import Gate, Pass, Territory, utc_now
from cloud.settings import Settings

TERRITORIES, POLLS, WARM = 50, 1000, 100
TICK_S = 1 / os.sysconf("SC_CLK_TCK")


def fill(url: str, passes: int) -> list[str]:
    """Territories with one gate each, the first with a long list; returns the gates' tokens."""
    database, draw = Database(url), random.Random(7)
    migrate(database.engine)
    tokens = [make_token() for _ in range(TERRITORIES)]
    with database.write() as session:
        for number, token in enumerate(tokens):
            count = passes if number == 0 else 100
            place = Territory(code=f"{number:03}-000", name=f"T{number}", timezone="Europe/Moscow", pass_rev=count)
            session.add(place)
            session.flush()
            session.add(Gate(territory_id=place.id, name="gate", token_hash=token_hash(token), enrolled_at=utc_now()))
            for begin in range(0, count, 5000):
                rows = [
                    {"id": str(uuid.UUID(int=draw.getrandbits(128), version=4)), "territory_id": place.id, "rev": rev + 1,
                     "plate": (plate := f"A{draw.randrange(1000):03}{draw.choice('ABEKMH')}{draw.choice('ABEKMH')}{draw.randrange(10, 99)}"),
                     "plate_display": plate, "object_label": f"Участок {rev % 2000}"}
                    for rev in range(begin, min(count, begin + 5000))
                ]  # fmt: skip
                session.execute(insert(Pass), rows)
    database.close()
    return tokens


def serve(url: str, folder: str, listener: socket.socket) -> None:
    settings = Settings(Path(folder), url, "http://bench", b"bench" * 8)
    uvicorn.Server(uvicorn.Config(create_app(settings), log_level="error")).run([listener])


def cpu_s(pid: int) -> float:
    """Processor time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * TICK_S


class Gates:
    """The client side: one connection, using the gates' tokens in turn."""

    def __init__(self, port: int, tokens: list[str]) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._tokens = tokens

    def ask(self, number: int, cursor: str, *, known: bool = False) -> tuple[int, bytes]:
        headers = {"Authorization": f"Bearer {self._tokens[number]}", "Accept-Encoding": "gzip"}
        if known:
            headers["If-None-Match"] = f'"{cursor}"'
        self._connection.request("GET", "/api/edge/v1/passes?" + urlencode({"cursor": cursor}), headers=headers)
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.headers.get("content-encoding") == "gzip":
            import gzip

            body = gzip.decompress(body)
        return answer.status, body

    def whole(self, number: int) -> tuple[int, str]:
        """Number of items in the whole list, and its last cursor."""
        items, cursor, more = 0, "", True
        while more:
            status, body = self.ask(number, cursor)
            assert status == 200, status
            page = msgspec.json.decode(body)
            items, cursor, more = items + len(page["items"]), page["cursor"], page["more"]
        return items, cursor


def measure(port: int, pid: int, tokens: list[str]) -> dict[str, object]:
    gates = Gates(port, tokens)
    cursors = [gates.whole(number)[1] for number in range(1, TERRITORIES)]
    found: dict[str, object] = {}
    for name, known in (("unchanged_200", False), ("unchanged_304", True)):
        for turn in range(WARM + POLLS):
            if turn == WARM:
                began, wall = cpu_s(pid), time.perf_counter()
            number = turn % len(cursors)
            status, _ = gates.ask(number + 1, cursors[number], known=known)
            assert status == (304 if known else 200)
        found[f"{name}_cpu_ms"] = round((cpu_s(pid) - began) / POLLS * 1000, 3)
        found[f"{name}_wall_ms"] = round((time.perf_counter() - wall) / POLLS * 1000, 3)
    for name in ("whole_first", "whole_again"):
        began, wall = cpu_s(pid), time.perf_counter()
        items, _ = gates.whole(0)
        found[name] = {
            "items": items,
            "cpu_s": round(cpu_s(pid) - began, 2),
            "wall_s": round(time.perf_counter() - wall, 2),
        }
    return found


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--database")
    asked.add_argument("--passes", type=int, default=193_869)
    told = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = database_url(Path(folder), told.database)
        tokens = fill(url, told.passes)
        listener = socket.create_server(("127.0.0.1", 0))
        server = multiprocessing.get_context("fork").Process(target=serve, args=(url, folder, listener), daemon=True)
        server.start()
        listener_port = listener.getsockname()[1]
        try:
            found = measure(listener_port, server.pid or 0, tokens)
        finally:
            server.terminate()
            server.join()
    print(json.dumps({"database": url.partition(":")[0], **found}))


if __name__ == "__main__":
    assert threading.active_count() == 1
    main()
