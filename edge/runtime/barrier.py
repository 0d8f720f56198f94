"""The hand on the barrier: asks the relay process, on a thread of its own, and tells the core what came of it."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable

from core.events import BarrierActed, Instant, OpenBarrier
from edge.runtime.inbox import Inbox
from relay.client import Relay
from relay.errors import RelayError

WAIT_S = 0.5
MOST_REMEMBERED = 1000

log = logging.getLogger(__name__)


class BarrierHand:
    """Thread "barrier". A slow or absent relay process delays nobody but the next request."""

    def __init__(
        self, relay: Relay, *, inbox: Inbox, now: Callable[[], Instant], beat: Callable[[], None] = lambda: None
    ) -> None:
        self._relay = relay
        self._inbox = inbox
        self._now = now
        self._beat = beat
        self._wanted: queue.SimpleQueue[OpenBarrier] = queue.SimpleQueue()
        self._asked: set[str] = set()

    def open_barrier(self, wanted: OpenBarrier) -> None:
        """Ask for one pulse, as soon as the hand is free and before it expires."""
        self._wanted.put(wanted)

    def answers(self, request_id: str) -> bool:
        """Whether the core hears of this request from here; what the relay publishes of it is then no news.

        A request whose answer did not come is news again: the relay may obey it late.
        """
        return request_id in self._asked

    def run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            self._beat()
            try:
                wanted = self._wanted.get(timeout=WAIT_S)
            except queue.Empty:
                continue
            self._ask(wanted)

    def _ask(self, wanted: OpenBarrier) -> None:
        if len(self._asked) > MOST_REMEMBERED:  # ids of requests long gone
            self._asked.clear()
        self._asked.add(wanted.request_id)
        try:
            reply = self._relay.open(
                lane=wanted.lane, reason=wanted.reason, request_id=wanted.request_id, expires=wanted.expires
            )
        except RelayError as error:
            # Whether the request arrived is not known; its id makes a repeat harmless.
            self._asked.discard(wanted.request_id)
            log.warning("шлагбаум %s: %s", wanted.barrier, error)
            self._tell(wanted, "failed", str(error))
            return
        self._tell(wanted, reply.outcome.value, reply.detail or reply.why, confirmed=reply.confirmed)

    def _tell(self, wanted: OpenBarrier, outcome: str, detail: str, *, confirmed: bool | None = None) -> None:
        acted = BarrierActed(
            at=self._now(),
            barrier=wanted.barrier,
            lane=wanted.lane,
            request_id=wanted.request_id,
            reason=wanted.reason,
            outcome=outcome,
            detail=detail,
            confirmed=confirmed,
        )
        self._inbox.put(acted)
