"""The fake of `relay.client.Relay`, for tests, the demo and replay.

It records every request with its time, and answers as configured. Safe to call from several threads.
"""

from __future__ import annotations

import queue
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import Unpack

from core.words.language import say
from core.words.outcomes import Outcome
from core.words.reasons import Reason
from relay.client import Asked, request_of
from relay.errors import RelayAbsent
from relay.protocol import BarrierStatus, Do, EventKind, InputStatus, RelayEvent, Reply, Request, Status

BOOT_ID = "fake"
TTL_S = 3.0
"""Life of a request that names no end."""


class FakeRelay:
    """Answers everything with `answer`. With `absent`, it acts like a relay process that is not running."""

    def __init__(self, *, answer: Outcome = Outcome.DONE, why: str = "") -> None:
        self.answer = answer
        self.why = why
        self.absent = False
        self.requests: list[tuple[float, Request]] = []
        self.acked = 0
        self.barriers: tuple[BarrierStatus, ...] = ()
        self.inputs: tuple[InputStatus, ...] = ()
        self._events: list[RelayEvent] = []
        self._streams: list[FakeStream] = []
        self._answered: dict[str, Reply] = {}
        self._lock = threading.Lock()

    def open(self, *, reason: Reason, **asked: Unpack[Asked]) -> Reply:
        return self._act(request_of(Do.OPEN, reason=reason, ttl_s=TTL_S, **asked))

    def hold(self, *, reason: Reason, hold_s: float, **asked: Unpack[Asked]) -> Reply:
        return self._act(request_of(Do.HOLD, reason=reason, hold_s=hold_s, ttl_s=TTL_S, **asked))

    def release(self, *, reason: Reason, **asked: Unpack[Asked]) -> Reply:
        return self._act(request_of(Do.RELEASE, reason=reason, ttl_s=TTL_S, **asked))

    def status(self) -> Status:
        self._present()
        return Status(id="", pid=0, up_s=0.0, barriers=self.barriers, inputs=self.inputs, unheard=0, lost=0, clients=0)

    def subscribe(self, *, after: int = 0, replayed: bool = True) -> FakeStream:
        self._present()
        with self._lock:
            stream = FakeStream(self)
            for event in self._events if replayed else ():
                if event.seq > max(after, self.acked):
                    stream.events.put(event)
            self._streams.append(stream)
        return stream

    def publish(
        self,
        kind: EventKind,
        *,
        barrier: str = "",
        lane: str | None = None,
        reason: Reason | None = None,
        outcome: str = "",
        request_id: str = "",
        what: str = "",
        by: str = "",
        note: str = "",
    ) -> RelayEvent:
        """Publishes an event, as a press of the button would."""
        with self._lock:
            event = RelayEvent(
                seq=len(self._events) + 1,
                event_id=uuid.uuid4().hex,
                kind=kind,
                at_mono=time.monotonic(),
                at_wall=time.time(),
                boot_id=BOOT_ID,
                barrier=barrier,
                lane=lane,
                request_id=request_id,
                reason=reason,
                outcome=outcome,
                what=what,
                by=by,
                note=note,
            )
            self._events.append(event)
            for stream in self._streams:
                stream.events.put(event)
        return event

    def _present(self) -> None:
        if self.absent:
            raise RelayAbsent(say("gate relay не запущен"))

    def _act(self, request: Request) -> Reply:
        self._present()
        now = time.monotonic()
        with self._lock:
            first = self._answered.get(request.id)
            if first is not None:
                return Reply(first.id, first.outcome, first.why, first.detail, first.barrier, repeated=True)
            self.requests.append((now, request))
            expired = now > request.expires
            reply = Reply(
                id=request.id,
                outcome=Outcome.EXPIRED if expired else self.answer,
                why="expired" if expired else self.why,
                barrier=request.barrier or request.lane,
                held_s=None if expired or self.answer is not Outcome.DONE else request.hold_s,
            )
            self._answered[request.id] = reply
        self.publish(
            EventKind.ACTED,
            barrier=request.barrier or "",
            lane=request.lane,
            reason=request.reason,
            outcome=reply.outcome,
            request_id=request.id,
            what=request.do,
            by=request.by,
            note=request.note,
        )
        return reply


@dataclass(slots=True)
class FakeStream:
    """An `EventStream` of a `FakeRelay`."""

    relay: FakeRelay
    events: queue.SimpleQueue[RelayEvent] = field(default_factory=queue.SimpleQueue)

    def next(self, timeout_s: float) -> RelayEvent | None:
        if self.relay.absent:
            raise RelayAbsent(say("gate relay оборвал связь"))
        try:
            return self.events.get(timeout=timeout_s)
        except queue.Empty:
            return None

    def ack(self, seq: int) -> None:
        self.relay.acked = max(self.relay.acked, seq)

    def close(self) -> None:
        pass
