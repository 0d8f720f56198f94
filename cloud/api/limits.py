"""Limits that a worker keeps in its own memory: rates of requests, and who was refused lately. Event-loop thread only."""

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


class Refusals:
    """Remembers for a while who was refused, so that a caller that does not wait costs no statement of the database."""

    LONGEST_S = 60.0
    """After that the database is asked again: a setting may have been raised meanwhile."""

    def __init__(self, *, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._until: OrderedDict[object, float] = OrderedDict()

    def note(self, key: object, wait_s: float) -> None:
        """`key` was refused and told to wait for `wait_s`."""
        if len(self._until) >= KEYS:
            self._until.popitem(last=False)
        self._until[key] = self._now() + min(wait_s, self.LONGEST_S)
        self._until.move_to_end(key)

    def wait_s(self, key: object) -> float:
        """Seconds that `key` still has to wait for sure; 0.0 = nothing is known against it."""
        left = self._until.get(key, 0.0) - self._now()
        if left > 0.0:
            return left
        self._until.pop(key, None)
        return 0.0
