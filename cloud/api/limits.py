"""Rate limits of the edge API: token buckets in memory, one set per worker. Event-loop thread only."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

KEYS = 20_000
"""Maximum number of buckets kept. The least recently used goes first: it has had the longest to fill, and a new one is full."""


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
        self._buckets: OrderedDict[object, _Bucket] = OrderedDict()

    def take(self, key: object, amount: float = 1.0) -> float:
        """Takes `amount`, capped at `burst`, and returns 0.0; or takes nothing and returns the seconds until it is available."""
        amount = min(amount, self._burst)
        now = self._now()
        bucket = self._buckets.get(key)
        if bucket is None:
            if len(self._buckets) >= KEYS:  # without going through all of them: so many gates may call in turn
                self._buckets.popitem(last=False)
            bucket = self._buckets[key] = _Bucket(self._burst, now)
        self._buckets.move_to_end(key)
        bucket.level = min(self._burst, bucket.level + (now - bucket.at) * self._per_s)
        bucket.at = now
        if bucket.level >= amount:
            bucket.level -= amount
            return 0.0
        return (amount - bucket.level) / self._per_s
