"""Empties the outbox: events oldest first, in batches, at least once; pictures after their events. Sync thread."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Protocol

from core.words.language import say
from sync.errors import AnswerInvalid, CloudRefused
from sync.seams import Outbox
from sync.wire import BATCH, SNAPSHOT_BYTES, Accepted, GateEvent

log = logging.getLogger(__name__)
ABOUT_THE_CONTENT = frozenset({400, 413, 422})
"""Refusals about the content sent. Others (404 of a proxy, 405) are about the route, and no event is given up for them."""
PICTURE_REFUSED = ABOUT_THE_CONTENT | {404, 415}


class EventSink(Protocol):
    """The calls of the cloud that the outbox needs."""

    def send_events(self, events: Sequence[GateEvent]) -> Accepted: ...

    def send_snapshot(self, event_id: str, jpeg: bytes) -> None: ...


class Drainer:
    """Takes one step at a time, so that a list hint does not wait for a month of journal."""

    def __init__(self, sink: EventSink, outbox: Outbox) -> None:
        self._sink = sink
        self._outbox = outbox
        self._batch = BATCH

    def step(self) -> bool:
        """Sends one batch of events or, if none waits, one picture. Returns False if nothing is left.

        Raises CloudError and StoreError. Whatever was not settled is sent again, with the same ids.
        """
        events = self._outbox.events(limit=self._batch)
        if events:
            self._send(events)
            return True
        picture = self._outbox.snapshot()
        if picture is None:
            return False
        self._send_picture(*picture)
        return True

    def _send(self, events: Sequence[GateEvent]) -> None:
        sent = {event.id for event in events}
        try:
            answer = self._sink.send_events(events)
        except CloudRefused as error:
            if error.status not in ABOUT_THE_CONTENT:
                raise
            if len(events) > 1:
                self._batch = 1  # one of them is unacceptable: find it, and let the others through
                return
            log.warning("облако никогда не примет событие %s: %s", events[0].id, error)
            self._outbox.settle((), tuple(sent))
            return
        rejected = tuple(item.id for item in answer.rejected if item.id in sent)
        for item in answer.rejected:
            log.warning("облако никогда не примет событие %s: %s", item.id, item.why)
        accepted = tuple(event_id for event_id in answer.accepted if event_id in sent)
        if not accepted and not rejected:
            raise AnswerInvalid(say("облако не приняло ни одного события и не сказало почему"))
        self._outbox.settle(accepted, rejected)
        self._batch = min(BATCH, self._batch * 2)

    def _send_picture(self, event_id: str, jpeg: bytes) -> None:
        if len(jpeg) > SNAPSHOT_BYTES:
            log.warning("снимок события %s больше %d байт: облако его не примет", event_id, SNAPSHOT_BYTES)
            self._outbox.settle_snapshot(event_id)
            return
        try:
            self._sink.send_snapshot(event_id, jpeg)
        except CloudRefused as error:
            if error.status not in PICTURE_REFUSED:
                raise
            log.warning("облако никогда не примет снимок события %s: %s", event_id, error)
        self._outbox.settle_snapshot(event_id)
