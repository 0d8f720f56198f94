"""Sends the core's opening requests to the relay process on a separate thread and reports the results to the core."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable

from core.events import BarrierActed, Instant, OpenBarrier
from core.words.outcomes import Outcome
from edge.runtime.inbox import Inbox
from relay.client import Relay
from relay.errors import RelayError

WAIT_S = 0.5
MOST_REMEMBERED = 1000

log = logging.getLogger(__name__)


class BarrierHand:
    """Thread "barrier". A slow or absent relay process delays only the next request."""

    def __init__(
        self, relay: Relay, *, inbox: Inbox, now: Callable[[], Instant], beat: Callable[[], None] = lambda: None
    ) -> None:
        self._relay = relay
        self._inbox = inbox
        self._now = now
        self._beat = beat
        self._wanted: queue.SimpleQueue[OpenBarrier] = queue.SimpleQueue()
        self._ours: dict[str, bool] = {}
        """Id of a request -> whether its result comes from here, the oldest first."""

    def open_barrier(self, wanted: OpenBarrier) -> None:
        """Queue a request for one pulse. It is sent once the thread is free; the relay ignores it after it expires."""
        self._ours[wanted.request_id] = True  # before the relay can tell of it
        while len(self._ours) > MOST_REMEMBERED:
            del self._ours[next(iter(self._ours))]
        self._wanted.put(wanted)

    def ours(self, request_id: str) -> bool:
        """Whether the core of this process made the request, so that one of its visits has it. From any thread."""
        return request_id in self._ours

    def answers(self, request_id: str) -> bool:
        """Whether the core gets this request's result from here, so that the relay's published event adds nothing.

        A request without an answer is not included: the relay may still obey it late, and its event is then news.
        """
        return self._ours.get(request_id, False)

    def run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            self._beat()
            try:
                wanted = self._wanted.get(timeout=WAIT_S)
            except queue.Empty:
                continue
            self._request(wanted)

    def _request(self, wanted: OpenBarrier) -> None:
        try:
            reply = self._relay.open(
                lane=wanted.lane, reason=wanted.reason, request_id=wanted.request_id, expires=wanted.expires
            )
        except RelayError as error:
            # It is unknown whether the request arrived. Its id makes a repeat harmless.
            self._ours[wanted.request_id] = False
            log.warning("шлагбаум %s: %s", wanted.barrier, error)
            self._report(wanted, Outcome.FAILED, str(error))
            return
        self._report(wanted, reply.outcome, reply.detail or reply.why, confirmed=reply.confirmed)

    def _report(self, wanted: OpenBarrier, outcome: Outcome, detail: str, *, confirmed: bool | None = None) -> None:
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
