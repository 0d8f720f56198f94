"""The stage's side of the simulator: its process, orders and answers, and the windows of steady load."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.process_tree import cpu_with_children_s
from benchmarks.proof.costs import Window
from benchmarks.proof.memory import memory
from benchmarks.proof.servers import Server
from benchmarks.proof.stage import KINDS, Stage

LEVELS = (0.01, 0.1, 1.0)
LINKS, LINKS_FOR = 24, 20
"""Connections to each cell for all calls: so few, as if a proxy gathered them, or one for so many gates."""
CALM_S = 3.0
"""Pause after a level is reached, before its window begins."""


class Simulation:
    """The child process."""

    def __init__(self, process: subprocess.Popen[str], log: Path) -> None:
        self._process = process
        self.log = log

    def do(self, what: str, **words: object) -> dict[str, Any]:
        """Send one order; returns its answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": what, **words}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the simulator has ended")
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextmanager
def simulation(stage: Stage) -> Iterator[Simulation]:
    gates = [
        [place.cell, place.number, gate.number, gate.token] for place in stage.filled.places for gate in place.gates
    ]
    random.Random(1).shuffle(gates)  # so that every level has gates of every cell
    log = stage.home / "acknowledged.log"
    plan = {
        "log": str(log), "ports": stage.ports, "gates": gates, "links": max(LINKS, len(gates) // LINKS_FOR),
        "filers": [[place.cell, place.number, place.key] for place in stage.filled.places],
        "directory": {"port": stage.directory_port, "secret": stage.secret, "url": "http://127.0.0.1:1"},
    }  # fmt: skip
    with (stage.home / "simulator.log").open("wb") as errors:
        process = subprocess.Popen([sys.executable, "-m", "benchmarks.proof.simulator"], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=errors, text=True)  # fmt: skip
    try:
        assert process.stdin is not None
        process.stdin.write(json.dumps(plan) + "\n")
        process.stdin.flush()
        yield Simulation(process, log)
    finally:
        process.kill()
        process.wait()


def cpu_s(server: Server) -> float:
    """Processor seconds of a server and its descendants, including those that have ended."""
    return cpu_with_children_s(server.pids())


def cpu(stage: Stage) -> dict[str, float]:
    return {kind: sum(map(cpu_s, stage.of(kind))) for kind in KINDS}


def window(stage: Stage, sim: Simulation, name: str, share: float, seconds: float) -> Window:
    """Measure the present load for this long."""
    before, counted, began = cpu(stage), sim.do("count"), time.monotonic()
    time.sleep(seconds)
    after, told, took = cpu(stage), sim.do("count"), time.monotonic() - began
    return Window(
        name=name, share=share, gates=told["up"], seconds=took,
        events=told.get("events", 0) - counted.get("events", 0),
        filings=told.get("filings", 0) - counted.get("filings", 0),
        cpu={kind: after[kind] - before[kind] for kind in KINDS},
        processes=sum(len(server.pids()) for server in stage.running.values()),
        backlog=told["waiting"],
        streams=told["streams"],
        memory={kind: memory(pid for server in stage.of(kind) for pid in server.pids()) for kind in KINDS}
        | {"simulator": told["memory"]},
    )  # fmt: skip


def windows(stage: Stage, sim: Simulation, *, gates: int, events_per_s: float, filings_per_s: float, each_s: float,
            told: Any = print) -> list[Window]:  # fmt: skip
    """Idle, then each level with gates only and with events, then added passes at the full level without events."""
    found = []

    def take(name: str, share: float, **order: object) -> None:
        up = sim.do("level", gates=round(gates * share) if not share or gates * share >= 1 else 1, **order)
        time.sleep(CALM_S)
        found.append(window(stage, sim, name, share, each_s))
        one = found[-1]
        told(f"  {name} {share:.0%}: {one.gates} gates ({up['streams']} streams), {one.events} events, {one.filings} filings, "
             f"backlog {one.backlog}, cores {sum(one.cpu.values()) / one.seconds:.2f}, "
             f"MB {', '.join(f'{kind} {size / 1e6:.0f}' for kind, size in one.memory.items())}")  # fmt: skip

    take("idle", 0.0)
    for share in LEVELS:
        take("gates", share)
        take("events", share, events_per_s=events_per_s * share)
    take("filings", 1.0, filings_per_s=filings_per_s)
    return found


STEP = 1.5
STEP_S, DRAIN_S = 12.0, 30.0


def highest(stage: Stage, sim: Simulation, *, gates: int, from_per_s: float, told: Any = print) -> list[Window]:
    """More and more events until the cells keep up no longer: each level, with its backlog. The last one was too much."""
    found, per_s = [], from_per_s
    while not found or found[-1].backlog < 2 * per_s / STEP:
        sim.do("level", gates=gates, events_per_s=per_s)
        time.sleep(CALM_S)
        found.append(window(stage, sim, "highest", per_s, STEP_S))
        one = found[-1]
        told(f"  {per_s:.0f} events/s asked: {one.events / one.seconds:.0f} carried, backlog {one.backlog}, cores of the cells "
             f"{sum(one.cpu.values()) / one.seconds:.2f}")  # fmt: skip
        per_s *= STEP
    sim.do("level", gates=gates)
    began = time.monotonic()
    while sim.do("count")["waiting"] and time.monotonic() - began < DRAIN_S:
        time.sleep(0.5)
    return found
