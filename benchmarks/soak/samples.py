"""Samples of the two processes, and the statistics of a whole run."""

from __future__ import annotations

import statistics
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.hostile_camera import resident_mb

NAMES = ("gate_mb", "relay_mb", "gate_fds", "relay_fds", "gate_threads", "relay_threads")


@dataclass
class Sample:
    """At `at` seconds; memory in MB; latencies in ms of the openings since the previous sample."""

    at: float
    gate_mb: float
    relay_mb: float
    gate_fds: int
    relay_fds: int
    gate_threads: int
    relay_threads: int
    open_ms: float | None
    open_worst_ms: float | None
    fault: str


@dataclass
class Run:
    openings: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    """By the relay process's answer."""
    faults: Counter[str] = field(default_factory=Counter)
    samples: list[Sample] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)


def take(gate: int, relay: int, at: float, recent: list[float], fault: str) -> Sample:
    return Sample(
        round(at, 1), round(resident_mb(gate), 2), round(resident_mb(relay), 2), descriptors(gate), descriptors(relay),
        threads(gate), threads(relay),
        round(statistics.median(recent), 2) if recent else None, round(max(recent), 2) if recent else None, fault,
    )  # fmt: skip


def descriptors(pid: int) -> int:
    return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())


def threads(pid: int) -> int:
    return sum(1 for _ in Path(f"/proc/{pid}/task").iterdir())


def growth(samples: list[Sample], name: str) -> tuple[float, float, float]:
    """Medians of the second and the last quarter, and the relative growth."""
    quarter = max(1, len(samples) // 4)
    early = statistics.median(getattr(one, name) for one in samples[quarter : 2 * quarter])
    late = statistics.median(getattr(one, name) for one in samples[-quarter:])
    return early, late, late / early - 1
