"""A fleet on one server process: 1,000 gates on the stream, pulling on every hint, and 200 events a second.

The gates are raw asyncio connections in a separate process, so that the measured side is the server. A push is timed
from just before the pass is added until the hint reaches the gate. Prints one JSON line.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import resource
import subprocess
import sys
import time
import uuid
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from cloud_rig import percentile, resident_mb, running

TERRITORIES, GATES = 250, 4
EVENTS_PER_S = float(os.environ.get("EVENTS_PER_S", "200"))
POSTERS = 50
FOR_S = 20.0
PASSES_PER_S = float(os.environ.get("PASSES_PER_S", "2"))
BASE = "/api/edge/v1"


@dataclass
class Fleet:
    """The simulated gates' observations."""

    host: str
    port: int
    tokens: list[list[str]]
    hints: list[tuple[int, str, float]] = field(default_factory=list)
    pulls_s: list[float] = field(default_factory=list)
    posts_s: list[float] = field(default_factory=list)
    open: int = 0
    failures: int = 0

    async def listen(self, territory: int, token: str) -> None:
        reader, writer = await asyncio.open_connection(self.host, self.port)
        writer.write(self.head("GET", "/stream", token) + b"\r\n")
        cursor = ""
        try:
            while line := await reader.readline():
                if line.startswith(b": "):
                    self.open += not cursor
                elif line.startswith(b"id: "):
                    heard = time.monotonic()
                    before, cursor = cursor, line[4:].strip().decode()
                    if before:
                        self.hints.append((territory, cursor, heard))
                        await asyncio.sleep(0)
                        status, took_s = await self.ask("GET", f"/passes?cursor={before}", token)
                        self.pulls_s.append(took_s)
                        self.failures += status != 200
        finally:
            writer.close()

    async def post(self, poster: int, until: float) -> None:
        """Post events at an even rate, from a different gate each time, over one connection."""
        reader, writer = await asyncio.open_connection(self.host, self.port)
        dice = random.Random(poster)
        due = time.monotonic() + dice.random() * POSTERS / EVENTS_PER_S
        while due < until:
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            token = dice.choice(dice.choice(self.tokens))
            event = {"id": str(uuid.UUID(int=dice.getrandbits(128))), "kind": "visit", "at": "2026-11-22T09:00:00Z", "clock_trusted": True, "plate": "A777AA77", "decision": "open", "reason": "pass_valid"}  # fmt: skip
            body = json.dumps({"events": [event]}).encode()
            begin = time.monotonic()
            writer.write(self.head("POST", "/events", token) + b"Content-Length: %d\r\n\r\n" % len(body) + body)
            status = await answer_of(reader)
            self.posts_s.append(time.monotonic() - begin)
            self.failures += status != 200
            due += POSTERS / EVENTS_PER_S
        writer.close()

    async def ask(self, method: str, path: str, token: str) -> tuple[int, float]:
        begin = time.monotonic()
        reader, writer = await asyncio.open_connection(self.host, self.port)
        writer.write(self.head(method, path, token) + b"\r\n")
        status = await answer_of(reader)
        writer.close()
        return status, time.monotonic() - begin

    def head(self, method: str, path: str, token: str) -> bytes:
        return f"{method} {BASE}{path} HTTP/1.1\r\nHost: {self.host}\r\nAuthorization: Bearer {token}\r\n".encode()


async def answer_of(reader: asyncio.StreamReader) -> int:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
    await reader.readexactly(length)
    return int(head.split(b" ", 2)[1])


async def simulate(url: str, tokens: list[list[str]]) -> None:
    parts = urlsplit(url)
    fleet = Fleet(parts.hostname or "", parts.port or 0, tokens)
    streams = []
    for number, each in enumerate(tokens, start=1):
        streams += [asyncio.create_task(fleet.listen(number, token)) for token in each]
        await asyncio.sleep(0.01)
    while fleet.open < TERRITORIES * GATES:
        await asyncio.sleep(0.1)
    print("ready", flush=True)
    until = time.monotonic() + FOR_S
    await asyncio.gather(*(fleet.post(poster, until) for poster in range(POSTERS)))
    await asyncio.sleep(2.0)
    alive = sum(not stream.done() for stream in streams)
    for stream in streams:
        stream.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.gather(*streams, return_exceptions=True)
    seen = {
        "hints": fleet.hints,
        "pulls_s": fleet.pulls_s,
        "posts_s": fleet.posts_s,
        "alive": alive,
        "failures": fleet.failures,
    }
    print(json.dumps(seen), flush=True)


def main() -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (8192, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    with running() as rig:
        tokens = rig.add_territories(TERRITORIES, gates=GATES)
        child = subprocess.Popen(
            [sys.executable, __file__, rig.url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(json.dumps(tokens) + "\n")
        child.stdin.flush()
        assert child.stdout.readline().strip() == "ready"
        pressed: dict[tuple[int, str], float] = {}
        dice, until = random.Random(1), time.monotonic() + FOR_S
        counts = [0] * (TERRITORIES + 1)
        cpu_s = time.process_time()
        while time.monotonic() < until:
            number = dice.randrange(TERRITORIES) + 1
            counts[number] += 1
            pressed[number, f"1-{counts[number]}"] = time.monotonic()
            rig.file_pass(number, f"A{counts[number]:03}AA77")
            time.sleep(1 / PASSES_PER_S)
        seen = json.loads(child.stdout.readline())
        cpu_s = time.process_time() - cpu_s
        server_mb = resident_mb()
        child.wait(60)
    pushes = [
        heard - pressed[territory, cursor]
        for territory, cursor, heard in seen["hints"]
        if (territory, cursor) in pressed
    ]
    result = {
        "bench": "fleet",
        "gates": TERRITORIES * GATES,
        "streams_alive": seen["alive"],
        "for_s": FOR_S,
        "failures": seen["failures"],
        "hints": len(pushes),
        "hints_expected": len(pressed) * GATES,
        "push_p50_s": round(percentile(pushes, 0.5), 4),
        "push_p95_s": round(percentile(pushes, 0.95), 4),
        "pull_p95_s": round(percentile(seen["pulls_s"], 0.95), 4),
        "events": len(seen["posts_s"]),
        "events_per_s": round(len(seen["posts_s"]) / FOR_S, 1),
        "event_p95_s": round(percentile(seen["posts_s"], 0.95), 4),
        "asked_events_per_s": EVENTS_PER_S,
        "server_cores_busy": round(cpu_s / FOR_S, 2),
        "server_cpu_ms_per_request": round(1000 * cpu_s / (len(seen["posts_s"]) + len(seen["pulls_s"])), 2),
        "load_average": round(os.getloadavg()[0], 1),
        "server_mb": round(server_mb, 1),
        "pushes_s": pushes,
        "posts_s": seen["posts_s"],
    }
    print(json.dumps(result))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        resource.setrlimit(resource.RLIMIT_NOFILE, (8192, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
        asyncio.run(simulate(sys.argv[1], json.loads(sys.stdin.readline())))
    else:
        main()
