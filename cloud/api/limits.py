"""Rate limits of the edge API: token buckets in memory, one set per worker. Event-loop thread only."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

KEYS = 20_000
"""Buckets kept at the most; a full bucket needs no keeping."""


@dataclass(slots=True)
class _Bucket:
    level: float
    at: float


class RateLimit:
    """Allows `burst` at once and `per_s` in the long run, for each key."""

    def __init__(self, *, per_s: float, burst: float, now: Callable[[], float] = time.monotonic) -> None:
        self._per_s = per_s
        self._burst = burst
        self._now = now
        self._buckets: dict[object, _Bucket] = {}

    def take(self, key: object) -> float:
        """Take one: 0.0, or the seconds after which one will be there."""
        now = self._now()
        if len(self._buckets) >= KEYS:
            self._forget_full(now)
        bucket = self._buckets.setdefault(key, _Bucket(self._burst, now))
        bucket.level = min(self._burst, bucket.level + (now - bucket.at) * self._per_s)
        bucket.at = now
        if bucket.level >= 1.0:
            bucket.level -= 1.0
            return 0.0
        return (1.0 - bucket.level) / self._per_s

    def _forget_full(self, now: float) -> None:
        refill_s = self._burst / self._per_s
        self._buckets = {key: bucket for key, bucket in self._buckets.items() if now - bucket.at < refill_s}
        while len(self._buckets) >= KEYS:  # a flood of keys: the oldest go first
            self._buckets.pop(next(iter(self._buckets)))
