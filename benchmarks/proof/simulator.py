"""The process of simulated gates and people. Its first input line is a plan; each further line is an order with an answer.

{"do": "level", "gates": n, "events_per_s": e, "filings_per_s": p, "claims_per_s": c}   answered once the streams are open
{"do": "watch", "cell": c}                                begins to note who opens a stream there, and when
{"do": "watched", "cell": c, "for_s": s}                  waits until all gates of the cell have one; what was noted
{"do": "count"}                                           what was done so far, and how much waits
{"do": "rest", "for_s": s}                                no new cars and passes; waits for passes and codes in progress
{"do": "settle", "revs": {"cell:place": rev}, "for_s": s}  waits until all events are settled and all lists are current
{"do": "held", "file": path}                              writes each gate's list, one line of JSON each
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import resource
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks.proof.gates import Place, Seen, SimulatedGate, rev_of
from benchmarks.proof.links import Links
from benchmarks.proof.log import Log
from benchmarks.proof.memory import own_memory
from benchmarks.proof.people import Filer, People

TICK_S = 0.05
RISE_PER_S = 50.0
"""Gates started per second when a level is reached: a fleet is not switched on at once."""
RISE_S = 100.0
"""A large level is reached in about this long."""
PATIENCE_S = 300.0


class Simulator:
    """All gates and people, on one event loop."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self.plan = plan
        self.log, self.seen, self.counts = Log(Path(plan["log"])), [Seen() for _ in plan["ports"]], Counter[str]()
        self.links = [Links(port, plan["links"]) for port in plan["ports"]]
        self.gates = [
            SimulatedGate(
                Place(cell, place, plan["ports"][cell]), number, token, self.links[cell], self.log, self.seen[cell]
            )
            for cell, place, number, token in plan["gates"]
        ]
        filers = [Filer(*one) for one in plan["filers"]]
        self.people = People(filers, self.links, self.log, self.counts)
        self.directory = Links(plan["directory"]["port"], 2)
        self.up = 0
        self.before = Counter[str]()
        self.lives: list[asyncio.Task[None]] = []
        self.doing: list[asyncio.Task[None]] = []

    @property
    def streams(self) -> int:
        return sum(seen.streams for seen in self.seen)

    async def level(self, order: dict[str, Any]) -> dict[str, Any]:
        await self.quiet()
        began = time.monotonic()
        while self.up < order["gates"]:
            self.lives.append(asyncio.create_task(self.gates[self.up].run()))
            self.up += 1
            await asyncio.sleep(1 / max(RISE_PER_S, order["gates"] / RISE_S))
        while self.streams < self.up and time.monotonic() - began < PATIENCE_S:
            await asyncio.sleep(0.1)
        if order.get("events_per_s"):
            self.doing.append(asyncio.create_task(self.cars(order["events_per_s"])))
        if order.get("filings_per_s"):
            self.doing.append(asyncio.create_task(self.people.filings(order["filings_per_s"])))
        if order.get("claims_per_s"):
            told = self.plan["directory"]
            claims = self.people.claims(order["claims_per_s"], self.directory, told["secret"], told["url"])
            self.doing.append(asyncio.create_task(claims))
        return {"up": self.up, "streams": self.streams, "took_s": time.monotonic() - began}

    async def cars(self, per_s: float) -> None:
        """Random cars at the running gates; if this process falls behind, that is counted and not made up for."""
        last, owed = time.monotonic(), 0.0
        while True:
            await asyncio.sleep(TICK_S)
            now = time.monotonic()
            owed += min(now - last, 1.0) * per_s
            self.counts["late_s"] += max(0, round(now - last - 1.0))
            last = now
            while owed >= 1.0:
                owed -= 1.0
                self.gates[random.randrange(self.up)].happen()
                self.counts["cars"] += 1

    async def quiet(self) -> None:
        for task in self.doing:
            task.cancel()
        await asyncio.gather(*self.doing, return_exceptions=True)
        self.doing.clear()

    def count(self) -> dict[str, Any]:
        waiting = sum(len(gate.waiting) for gate in self.gates)
        counts = sum((seen.counts for seen in self.seen), self.counts.copy())
        return {**counts, "waiting": waiting, "streams": self.streams, "up": self.up, "memory": own_memory()}

    def watch(self, order: dict[str, Any]) -> dict[str, Any]:
        seen = self.seen[order["cell"]]
        seen.tries.clear()
        seen.opened.clear()
        self.before = seen.counts.copy()
        return {"streams": seen.streams}

    async def watched(self, order: dict[str, Any]) -> dict[str, Any]:
        """Waits a minute longer than needed for the last stream: polls and reports come a little later."""
        seen, began = self.seen[order["cell"]], time.monotonic()
        here = sum(gate.place.cell == order["cell"] for gate in self.gates[: self.up])
        while seen.streams < here and time.monotonic() - began < order["for_s"]:
            await asyncio.sleep(0.1)
        await asyncio.sleep(order["after_s"])
        counts = Counter(seen.counts)
        counts.subtract(self.before)
        return {"gates": here, "streams": seen.streams, "tries": seen.tries, "opened": seen.opened, "counts": counts,
                "waiting": sum(len(gate.waiting) for gate in self.gates[: self.up] if gate.place.cell == order["cell"])}  # fmt: skip

    async def settle(self, order: dict[str, Any]) -> dict[str, Any]:
        """Wait without requesting anything: only what gates do by themselves."""
        began = time.monotonic()
        revs = order["revs"]

        def behind() -> int:
            return sum(
                rev_of(g.cursor) < revs.get(f"{g.place.cell}:{g.place.territory}", 0) for g in self.gates[: self.up]
            )

        while time.monotonic() - began < order["for_s"] and (behind() or self.count()["waiting"]):
            await asyncio.sleep(0.2)
        return {"behind": behind(), "took_s": round(time.monotonic() - began, 1), **self.count()}

    def held(self, order: dict[str, Any]) -> dict[str, Any]:
        with Path(order["file"]).open("w", encoding="utf-8") as file:
            for gate in self.gates[: self.up]:
                row = {"cell": gate.place.cell, "place": gate.place.territory, "gate": gate.number, "ids": [*gate.held]}
                file.write(json.dumps(row) + "\n")
        return {"gates": self.up}

    async def do(self, order: dict[str, Any]) -> dict[str, Any]:
        match order["do"]:
            case "level":
                return await self.level(order)
            case "rest":
                await self.quiet()
                return {"unanswered": await self.people.rest(order["for_s"])}
            case "watch":
                return self.watch(order)
            case "watched":
                return await self.watched(order)
            case "count":
                return self.count()
            case "settle":
                return await self.settle(order)
            case "held":
                return self.held(order)
        raise ValueError(order["do"])


async def main() -> None:
    loop = asyncio.get_running_loop()
    simulator = Simulator(json.loads(await loop.run_in_executor(None, sys.stdin.readline)))
    watch = asyncio.create_task(_watched(simulator))
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        print(json.dumps(await simulator.do(json.loads(line))), flush=True)
    watch.cancel()
    for task in (*simulator.lives, *simulator.doing):
        task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.gather(*simulator.lives, return_exceptions=True)


async def _watched(simulator: Simulator) -> None:
    """If a gate's task ends with an error, that is a bug of ours: report it instead of taking it for a quiet gate."""
    while True:
        await asyncio.sleep(1)
        for task in simulator.lives:
            if task.done() and not task.cancelled() and task.exception() is not None:
                simulator.log.put(("x", f"simulator: {task.exception()!r}"))
                raise task.exception()  # type: ignore[misc]


if __name__ == "__main__":
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    asyncio.run(main())
