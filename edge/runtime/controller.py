"""The controller: the only owner of the gate's state. Takes events, steps the core, passes its effects on.

Runs on the thread "controller". Nothing here blocks: barrier requests and disk writes run on threads of their own.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from typing import Protocol, assert_never

from camera.frame import Frame
from core import gate
from core.decision.record import DroppedSighting, VisitRecord
from core.events import (
    ConsumePass,
    Effect,
    ForgetEvidence,
    Instant,
    KeepEvidence,
    OpenBarrier,
    PassListChanged,
    RecordVisit,
    Tick,
)
from core.passes.pass_list import PassList
from core.rules.policy import Site
from core.turn.live import LiveVisit, live_visits, occupied
from core.turn.state import GateState
from edge.runtime.inbox import Inbox

TICK_S = 0.25
MOST_EVIDENCE = 8
"""Frames kept for visits in progress. With more visits at once the oldest frame is lost, never the visit's record."""

log = logging.getLogger(__name__)


class Effects(Protocol):
    """Performs the core's effects. Every method returns at once."""

    def open_barrier(self, wanted: OpenBarrier) -> None: ...

    def record(self, record: VisitRecord, frame: Frame | None) -> None: ...

    def use_pass(self, used: ConsumePass, at: Instant) -> None: ...

    def drop(self, dropped: DroppedSighting, frame: Frame | None) -> None: ...


class Controller:
    """Owns the state. `attention`, `live` and `evidence` may be called from any thread."""

    def __init__(
        self,
        *,
        site: Site,
        passes: PassList,
        inbox: Inbox,
        effects: Effects,
        now: Callable[[], Instant],
        told: Iterable[VisitRecord] = (),
        beat: Callable[[], None] = lambda: None,
    ) -> None:
        """`told`: the journal's latest records, oldest first. A vehicle standing since then is not a new arrival."""
        self._lanes = tuple(lane.name for lane in site.lanes)
        self._state = gate.start(site, passes, told=told, at=now())
        self._inbox = inbox
        self._effects = effects
        self._now = now
        self._beat = beat
        self._evidence: dict[str, Frame] = {}
        self._attention = dict.fromkeys(self._lanes, gate.Attention.IDLE)
        self.passes = passes

    def attention(self, lane: str) -> gate.Attention:
        """What the core still needs to see in the lane."""
        return self._attention[lane]

    @property
    def state(self) -> GateState:
        """The gate as it is now: an immutable value, readable from any thread."""
        return self._state

    def live(self) -> tuple[LiveVisit, ...]:
        """The vehicles in view. May be called from any thread: the state is an immutable value."""
        return tuple(live_visits(self._state))

    def occupied(self) -> tuple[str, ...]:
        """The lanes in which a vehicle is, or may be. May be called from any thread."""
        return tuple(occupied(self._state, time.monotonic()))

    def evidence(self, visit_id: str) -> Frame | None:
        """The best frame so far of a visit in view. May be called from any thread."""
        return self._evidence.get(visit_id)

    def run(self, stop: threading.Event) -> None:
        """Run until `stop` is set and the queue is empty; open visits are then finished and recorded."""
        next_tick = time.monotonic()
        while not (stop.is_set() and not len(self._inbox)):
            self._beat()
            item = self._inbox.take(max(0.0, next_tick - time.monotonic()))
            if item is not None:
                if isinstance(item.event, PassListChanged):
                    self.passes = item.event.passes
                self._state, effects = gate.step(self._state, item.event)
                self._perform(effects, item.event.at, item.frame)
            if time.monotonic() >= next_tick:
                next_tick = time.monotonic() + TICK_S
                at = self._now()
                self._state, effects = gate.step(self._state, Tick(at=at))
                self._perform(effects, at, None)
        at = self._now()
        self._state, effects = gate.finish(self._state, at)
        # A stopping gate opens nothing, whatever the last step wanted.
        self._perform(tuple(effect for effect in effects if not isinstance(effect, OpenBarrier)), at, None)

    def _perform(self, effects: tuple[Effect, ...], at: Instant, frame: Frame | None) -> None:
        for effect in effects:
            match effect:
                case OpenBarrier():
                    self._effects.open_barrier(effect)
                case KeepEvidence():
                    self._keep(effect, frame)
                case RecordVisit():
                    self._effects.record(effect.record, self._evidence.pop(effect.record.visit_id, None))
                case ForgetEvidence():
                    picture = self._evidence.pop(effect.visit_id, None)
                    if effect.dropped is not None:
                        self._effects.drop(effect.dropped, picture)
                case ConsumePass():
                    self._effects.use_pass(effect, at)
                case _ as never:
                    assert_never(never)
        for lane in self._lanes:
            self._attention[lane] = gate.attention(self._state, lane)

    def _keep(self, wanted: KeepEvidence, frame: Frame | None) -> None:
        if frame is None or frame.frame_id != wanted.frame_id:
            return
        self._evidence.pop(wanted.visit_id, None)
        self._evidence[wanted.visit_id] = frame
        while len(self._evidence) > MOST_EVIDENCE:
            del self._evidence[next(iter(self._evidence))]
