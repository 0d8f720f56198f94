"""A bulkhead and a circuit breaker around a picture storage: if it hangs, only pictures suffer (ADR 135).

A server that accepts connections but never answers would block every thread of a worker until the timeout, and so all
pages and gates. Therefore only a few requests may run at once and a few more may wait. After a failure no request is made
for a while; then a single one tests whether the storage answers again.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from cloud.pictures.seam import Picture, Pictures, PicturesAway, PicturesNotAsked, PicturesRefused

AT_ONCE = 8
"""Concurrent requests per worker. A worker has forty threads, so most of them stay free for everything else."""
MAY_WAIT = 8
WAIT_S = 2.0
"""How long a request waits for a free slot, while the storage answers."""
FIRST_REST_S, LONGEST_REST_S = 5.0, 60.0
log = logging.getLogger(__name__)


class BoundedPictures:
    """Wraps a `Pictures` that is reached over a network. `clock`: monotonic seconds."""

    def __init__(self, place: Pictures, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._place = place
        self._clock = clock
        self._changed = threading.Condition()
        self._asking = 0
        self._waiting = 0
        self._failures = 0
        """Consecutive failures. Each doubles the pause that follows, up to `LONGEST_REST_S`."""
        self._rests_until = 0.0

    def put(self, key: str, content: bytes) -> None:
        with self._turn():
            self._place.put(key, content)

    def get(self, key: str, *, known: str = "") -> Picture | None:
        with self._turn():
            return self._place.get(key, known=known)

    def drop(self, keys: Iterable[str]) -> None:
        with self._turn():
            self._place.drop(keys)

    def drop_gate(self, gate_id: int) -> None:
        with self._turn():
            self._place.drop_gate(gate_id)

    def gates(self) -> set[int]:
        with self._turn():
            return self._place.gates()

    def keys(self, gate_id: int) -> Iterator[list[str]]:
        with self._turn():
            found = list(self._place.keys(gate_id))  # whole, so that nobody's work holds the turn
        yield from found

    def newest(self, gate_id: int) -> datetime | None:
        with self._turn():
            return self._place.newest(gate_id)

    def tidy(self, before: datetime) -> None:
        with self._turn():
            self._place.tidy(before)

    def link(self, key: str, lasts: timedelta) -> str | None:
        """Takes no slot: making a link sends no request. During a pause it raises, since browsers would get no answer either."""
        if self._rest_s() > 0:
            raise self._not_asked()
        return self._place.link(key, lasts)

    def look(self) -> str:
        with self._turn():
            return self._place.look()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        before, answered = self._take(), True
        try:
            yield
        except PicturesAway as error:
            answered = isinstance(error, PicturesRefused)
            raise
        finally:
            self._give_back(before, answered=answered)

    def _take(self) -> int:
        """Waits for a free slot. Returns the number of consecutive failures so far. Raises `PicturesNotAsked`."""
        with self._changed:
            if self._failures == 0 and self._asking >= AT_ONCE and self._waiting < MAY_WAIT:
                self._waiting += 1
                self._changed.wait_for(lambda: self._failures or self._asking < AT_ONCE, WAIT_S)
                self._waiting -= 1
            if self._rest_s() > 0 or self._asking >= (1 if self._failures else AT_ONCE):
                raise self._not_asked()
            self._asking += 1
            return self._failures

    def _give_back(self, before: int, *, answered: bool) -> None:
        with self._changed:
            self._asking -= 1
            if answered:
                if self._failures:
                    log.info("pictures: their place answers again")
                self._failures = 0
            elif before == self._failures:  # concurrent requests that fail together count as one failure
                self._failures += 1
                rest = min(FIRST_REST_S * 2 ** min(self._failures - 1, 10), LONGEST_REST_S)
                self._rests_until = self._clock() + rest
                log.warning("pictures: their place does not answer; nobody asks it for %.0f s", rest)
            self._changed.notify_all()

    def _rest_s(self) -> float:
        return self._rests_until - self._clock() if self._failures else 0.0

    def _not_asked(self) -> PicturesNotAsked:
        if self._failures:
            return PicturesNotAsked(f"not asked: it did not answer; asked again in {max(self._rest_s(), 0):.0f} s")
        return PicturesNotAsked(f"not asked: {AT_ONCE} requests are with it already")
