"""How long calls take: interleaved rounds, so that a busy minute of the machine falls on everybody alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    """Milliseconds of one call, over all rounds."""

    median_ms: float
    best_ms: float
    rounds: int


def interleaved(calls: Mapping[str, Callable[[], object]], *, rounds: int, warm_up: int = 3) -> dict[str, Timing]:
    """Time every call once a round, in turn; the first rounds are thrown away."""
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(-warm_up, rounds):
        for name, call in calls.items():
            started = time.perf_counter()
            call()
            if turn >= 0:
                taken[name].append((time.perf_counter() - started) * 1e3)
    return {
        name: Timing(median_ms=statistics.median(times), best_ms=min(times), rounds=rounds)
        for name, times in taken.items()
    }
