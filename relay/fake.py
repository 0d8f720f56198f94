"""The fake of `relay.client.Relay`, for tests, the demo and replay.

It records every request with its time, and answers as configured. Safe to call from several threads.
"""

from __future__ import annotations

import queue
import threading
import time
import uuid
from dataclasses import dataclass, field

from core.words.language import say
from core.words.reasons import Reason
from core.words.requesters import printable
from relay.errors import RelayAbsent
from relay.protocol import BarrierStatus, Do, EventKind, InputStatus, Outcome, RelayEvent, Reply, Request, Status

BOOT_ID = "fake"


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

    def open(
        self,
        *,
        lane: str | None = None,
        barrier: str | None = None,
        reason: Reason,
        request_id: str | None = None,
        expires: float | None = None,
        by: str = "",
        note: str = "",
    ) -> Reply:
        return self._act(Do.OPEN, lane, barrier, reason, request_id, expires, by=by, note=note)

    def hold(
        self,
        *,
        lane: str | None = None,
        barrier: str | None = None,
        reason: Reason,
        hold_s: float,
        request_id: str | None = None,
        expires: float | None = None,
        by: str = "",
        note: str = "",
    ) -> Reply:
        return self._act(Do.HOLD, lane, barrier, reason, request_id, expires, hold_s, by=by, note=note)

    def release(
        self,
        *,
        lane: str | None = None,
        barrier: str | None = None,
        reason: Reason,
        request_id: str | None = None,
        expires: float | None = None,
        by: str = "",
        note: str = "",
    ) -> Reply:
        return self._act(Do.RELEASE, lane, barrier, reason, request_id, expires, by=by, note=note)

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

    def _act(
        self,
        do: Do,
        lane: str | None,
        barrier: str | None,
        reason: Reason,
        request_id: str | None,
        expires: float | None,
        hold_s: float | None = None,
        *,
        by: str = "",
        note: str = "",
    ) -> Reply:
        self._present()
        now = time.monotonic()
        request = Request(
            id=request_id or uuid.uuid4().hex,
            do=do,
            lane=lane,
            barrier=barrier,
            reason=reason,
            expires=now + 3.0 if expires is None else expires,
            hold_s=hold_s,
            by=printable(by),
            note=printable(note),
        )
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
                barrier=barrier or lane,
                held_s=None if expired or self.answer is not Outcome.DONE else hold_s,
            )
            self._answered[request.id] = reply
        self.publish(
            EventKind.ACTED,
            barrier=barrier or "",
            lane=lane,
            reason=reason,
            outcome=reply.outcome,
            request_id=request.id,
            what=do,
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
