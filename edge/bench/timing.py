"""Timing of calls in interleaved rounds, so that a busy moment of the machine affects all of them alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    """Milliseconds of one call, over all rounds."""

    median_ms: float
    """Wall-clock time."""
    processor_ms: float
    """Median of the calling thread's processor time: equal to wall time on an idle machine, and fair on a busy one."""
    rounds: int


def interleaved(calls: Mapping[str, Callable[[], object]], *, rounds: int, warm_up: int = 3) -> dict[str, Timing]:
    """Time every call once per round, in turn; the warm-up rounds are discarded."""
    walls: dict[str, list[float]] = {name: [] for name in calls}
    processor: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(-warm_up, rounds):
        for name, call in calls.items():
            wall, own = time.perf_counter(), time.thread_time()
            call()
            if turn >= 0:
                processor[name].append((time.thread_time() - own) * 1e3)
                walls[name].append((time.perf_counter() - wall) * 1e3)
    return {
        name: Timing(
            median_ms=statistics.median(walls[name]), processor_ms=statistics.median(processor[name]), rounds=rounds
        )
        for name in calls
    }
