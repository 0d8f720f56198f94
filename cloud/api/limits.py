"""Rate limits of the edge API: token buckets in memory, one set per worker. Event-loop thread only."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

KEYS = 20_000
"""Maximum number of buckets kept. Full ones are dropped, since a new bucket starts full."""


@dataclass(slots=True)
class _Bucket:
    level: float
    at: float


class RateLimit:
    """Allows each key `burst` at once and `per_s` on average."""

    def __init__(self, *, per_s: float, burst: float, now: Callable[[], float] = time.monotonic) -> None:
        self._per_s = per_s
        self._burst = burst
        self._now = now
        self._buckets: dict[object, _Bucket] = {}

    def take(self, key: object, amount: float = 1.0) -> float:
        """Takes `amount`, capped at `burst`, and returns 0.0; or takes nothing and returns the seconds until it is available."""
        amount = min(amount, self._burst)
        now = self._now()
        if len(self._buckets) >= KEYS:
            self._forget_full(now)
        bucket = self._buckets.setdefault(key, _Bucket(self._burst, now))
        bucket.level = min(self._burst, bucket.level + (now - bucket.at) * self._per_s)
        bucket.at = now
        if bucket.level >= amount:
            bucket.level -= amount
            return 0.0
        return (amount - bucket.level) / self._per_s

    def _forget_full(self, now: float) -> None:
        refill_s = self._burst / self._per_s
        self._buckets = {key: bucket for key, bucket in self._buckets.items() if now - bucket.at < refill_s}
        while len(self._buckets) >= KEYS:  # a flood of keys: the oldest go first
            self._buckets.pop(next(iter(self._buckets)))
