"""The replay loop: frames in order, ticks on a fixed grid, effects performed at once. One thread, no clock.

The same video, passes and start give the same visits, byte for byte: nothing here reads a clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from camera.frame import Frame
from camera.look import LaneView
from core import gate
from core.decision.record import VisitRecord
from core.errors import FileUnusable
from core.events import (
    BarrierActed,
    ConsumePass,
    Effect,
    Event,
    FrameRead,
    Instant,
    KeepEvidence,
    OpenBarrier,
    PassListChanged,
    RecordVisit,
    Tick,
)
from core.passes.pass_list import PassList
from core.rules.policy import Site
from core.words.outcomes import Outcome

TICK_S = 0.25


@dataclass(slots=True)
class Played:
    """What was counted along the way."""

    frames: int = 0
    inferred: int = 0
    media_s: float = 0.0
    vision_ms: list[float] = field(default_factory=list)


def keep_nothing(_effect: KeepEvidence, _frame: Frame) -> None:
    """Without --out no picture is kept."""


class Replay:
    """One recording in one lane. Iterate `visits`; `played` is updated meanwhile."""

    def __init__(
        self,
        *,
        site: Site,
        lane: str,
        passes: PassList,
        view: LaneView,
        start: datetime,
        keep: Callable[[KeepEvidence, Frame], None] = keep_nothing,
    ) -> None:
        self._lane = lane
        self._view = view
        self._start = start
        self._keep = keep
        self._state = gate.start(site, passes)
        self._next_tick = 0.0
        self._passes = passes
        self.played = Played()

    def visits(self, frames: Iterable[Frame]) -> Iterator[VisitRecord]:
        """The finished visits, in time order; those still open at the end of the recording are finished then."""
        broken: FileUnusable | None = None
        try:
            for frame in frames:
                yield from self._on_frame(frame)
        except FileUnusable as error:  # the recording breaks off: report the cars before the break all the same
            broken = error
        yield from self._finish()
        if broken is not None:
            raise broken

    def _on_frame(self, frame: Frame) -> Iterator[VisitRecord]:
        yield from self._ticks_until(frame.captured)
        wanted = gate.attention(self._state, self._lane)
        sight = self._view.look(frame, attention=wanted)
        self.played.frames += 1
        self.played.inferred += sight.inferred
        self.played.media_s = frame.captured
        self.played.vision_ms.append(sight.elapsed_ms)
        seen = FrameRead(
            lane=self._lane,
            at=self._instant(frame.captured),
            captured=frame.captured,
            frame_id=frame.frame_id,
            size=frame.size,
            plates=sight.plates,
            vehicle=sight.vehicle,
            light=sight.light,
            frozen=sight.frozen,
        )
        yield from self._step(seen, frame)

    def _ticks_until(self, media_s: float) -> Iterator[VisitRecord]:
        while self._next_tick <= media_s:
            at = self._instant(self._next_tick)
            self._next_tick += TICK_S
            yield from self._step(Tick(at=at), None)

    def _finish(self) -> Iterator[VisitRecord]:
        self._state, effects = gate.finish(self._state, self._instant(self.played.media_s))
        for effect in effects:
            if isinstance(effect, RecordVisit):
                yield effect.record

    def _step(self, event: Event, frame: Frame | None) -> Iterator[VisitRecord]:
        self._state, effects = gate.step(self._state, event)
        for effect in effects:
            yield from self._perform(effect, event.at, frame)

    def _perform(self, effect: Effect, at: Instant, frame: Frame | None) -> Iterator[VisitRecord]:
        if isinstance(effect, RecordVisit):
            yield effect.record
        elif isinstance(effect, KeepEvidence):
            if frame is not None and effect.frame_id == frame.frame_id:
                self._keep(effect, frame)
        elif isinstance(effect, OpenBarrier):  # an ideal barrier that always opens at once
            acted = BarrierActed(
                at=at,
                barrier=effect.barrier,
                lane=effect.lane,
                request_id=effect.request_id,
                reason=effect.reason,
                outcome=Outcome.DONE,
            )
            yield from self._step(acted, frame)
        elif isinstance(effect, ConsumePass):
            self._use(effect.pass_id)

    def _use(self, pass_id: str) -> None:
        """A one-time pass has let its car in: mark it used for the rest of the recording."""
        passes = [replace(one, used=True) if one.id == pass_id else one for one in self._passes]
        self._passes = PassList(passes, version=self._passes.version, fetched_at=self._passes.fetched_at)
        at = self._instant(self.played.media_s)
        self._state, _ = gate.step(self._state, PassListChanged(at=at, passes=self._passes))

    def _instant(self, media_s: float) -> Instant:
        return Instant(mono=media_s, wall=self._start + timedelta(seconds=media_s), wall_trusted=True)
