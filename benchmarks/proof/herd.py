"""All portals of a cell die at once, and all of its gates come back: how soon, how often they ask, and what for."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.proof.account import Outage, percentile
from benchmarks.proof.driving import Simulation, cpu_s
from benchmarks.proof.kills import DOWN_S
from benchmarks.proof.memory import memory
from benchmarks.proof.stage import Stage

BACK_S = 240.0
"""How long it is waited for the last gate."""
AFTER_S = 45.0
"""How long it is watched after that: a gate that lost its stream polls within 30 s."""


@dataclass(frozen=True, slots=True)
class Herd:
    """Times in seconds from when the portals answered again, unless said otherwise."""

    cell: int
    gates: int
    came_back: int
    away_s: float
    """From the kill until a portal answered again."""
    back_s: tuple[float, float, float]
    """When half, 95 % and the last of the streams were open again; from the kill, not from when a portal answered."""
    tries: int
    """Streams that gates tried to open, in all."""
    tries_most: int
    """... in the busiest second."""
    tries_most_up: int
    """... in the busiest second since a portal answered again."""
    wait_s: tuple[float, float, float]
    """From a successful try to the open stream: median, 95 %, most."""
    counts: dict[str, int]
    """What gates did meanwhile; `whole_lists`: lists that were sent again from the start."""
    waiting: int
    """Events still waiting at the end."""
    portal_cpu_s: float
    streams_of: tuple[int, ...]
    """Open connections of each worker at the end."""
    dropped: int
    """Connections that the kernel dropped because a portal's queue was full."""
    memory: int
    """Of the cell's portals at the end, bytes."""
    load: float


def herd(stage: Stage, sim: Simulation, cell: int) -> tuple[Herd, Outage]:
    """Kill all portals of the cell, start them again 3 s later, and watch its gates come back."""
    portals = [server for server in stage.of("portal") if server.cell == cell]
    sim.do("watch", cell=cell)
    dropped, load, began = _dropped(), os.getloadavg()[0], time.monotonic()
    for server in portals:
        server.kill()
    time.sleep(DOWN_S)
    for server in portals:
        server.begin()
    portals[0].wait()
    up = time.monotonic()
    seen = sim.do("watched", cell=cell, for_s=BACK_S, after_s=AFTER_S)
    found = Herd(
        cell=cell, gates=seen["gates"], came_back=seen["streams"], away_s=round(up - began, 1),
        **came_back(seen["tries"], seen["opened"], began=began, up=up),
        counts={name: count for name, count in sorted(seen["counts"].items()) if count}, waiting=seen["waiting"],
        portal_cpu_s=round(sum(map(cpu_s, portals)), 1),
        streams_of=tuple(_sockets(pid) for server in portals for pid in server.workers() or server.pids()),
        dropped=_dropped() - dropped, memory=memory(pid for server in portals for pid in server.pids()), load=round(load, 1),
    )  # fmt: skip
    return found, Outage("herd", cell, began, began + found.back_s[2], load)


def came_back(
    tries: Sequence[float], opened: Sequence[tuple[float, float]], *, began: float, up: float
) -> dict[str, Any]:
    """What the moments of tries and of open streams tell; all in seconds of one clock. Only what was after `began`."""
    tries = [at for at in tries if at >= began]
    opened = sorted((at, waited) for at, waited in opened if at >= began)
    seconds, since = Counter(int(at - began) for at in tries), Counter(int(at - up) for at in tries if at >= up)
    back, waits = [at - began for at, _ in opened] or [0.0], [waited for _, waited in opened] or [0.0]
    return {
        "back_s": tuple(round(percentile(back, share), 1) for share in (0.5, 0.95, 1.0)),
        "tries": len(tries), "tries_most": max(seconds.values(), default=0), "tries_most_up": max(since.values(), default=0),
        "wait_s": tuple(round(percentile(waits, share), 2) for share in (0.5, 0.95, 1.0)),
    }  # fmt: skip


def _sockets(pid: int) -> int:
    return sum(_target(one).startswith("socket:") for one in Path(f"/proc/{pid}/fd").iterdir())


def _target(file: Path) -> str:
    """Empty if it has been closed since it was listed."""
    try:
        return str(file.readlink())
    except FileNotFoundError:
        return ""


def _dropped() -> int:
    """The kernel's count of connections dropped at listening sockets: /proc/net/netstat, ListenDrops."""
    names, values = (line.split() for line in Path("/proc/net/netstat").read_text().splitlines()[:2])
    return int(values[names.index("ListenDrops")])
