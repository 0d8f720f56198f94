"""The vision worker: latest frame of each lane -> motion gate -> reader -> the controller's queue.

One thread serves all lanes, so reading takes at most one core and leaves the rest free.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from camera.frame import Frame
from camera.look import Attention, LaneView, Sight
from camera.rectify import plate_width
from camera.slot import LatestSlot
from camera.view_watch import Reference, ViewState
from core.events import FrameRead, Instant
from core.geometry import Box, Corners
from core.reading.reads import PlateRead
from edge.runtime.inbox import Inbox

IDLE_S = 0.5
RESTING_AFTER_S = 2.0
"""A lane rests after this long without anything worth reading."""


class NoticedSlot(LatestSlot[Frame]):
    """A slot that wakes the vision thread, which waits for several cameras at once."""

    def __init__(self, wake: threading.Event) -> None:
        super().__init__()
        self._wake = wake

    def put(self, value: Frame) -> None:
        super().put(value)
        self._wake.set()


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """One frame and what was found in it. Replaced as a whole, so that a reader never mixes two frames."""

    frame: Frame
    plates: tuple[Corners, ...]
    vehicle: Box | None


@dataclass(frozen=True, slots=True, eq=False)
class Plated:
    """The last frame in which a plate was read, and the largest plate in it."""

    frame: Frame
    plate: PlateRead


@dataclass(slots=True)
class LaneSight:
    """Vision's results for one lane; written by the vision thread, read by any."""

    frames: int = 0
    inferred: int = 0
    vision_ms: float = 0.0
    """A running mean over the frames that were read by the networks."""
    frozen: bool = False
    last: Frame | None = None
    shown: Shown | None = None
    plated: Plated | None = None
    view: ViewState = field(default_factory=ViewState)
    inferred_at: float = -math.inf
    """`captured` of the last frame that was read by the networks."""


class Vision:
    """The vision worker; see the module."""

    def __init__(
        self,
        *,
        slots: Mapping[str, LatestSlot[Frame]],
        views: Mapping[str, LaneView],
        wake: threading.Event,
        inbox: Inbox,
        attention: Callable[[str], Attention],
        now: Callable[[], Instant],
        first: Collection[str] = (),
        beat: Callable[[], None] = lambda: None,
        viewed: Callable[[str, Frame, Sight], None] = lambda _lane, _frame, _sight: None,
    ) -> None:
        """`viewed` is called after each look. `first`: the exits, which wait for one frame of another lane at most."""
        self._first = tuple(first)
        self._slots = slots
        self._views = dict(views)
        self._wake = wake
        self._inbox = inbox
        self._attention = attention
        self._now = now
        self._beat = beat
        self._viewed = viewed
        self._accepted: dict[str, Reference] = {}
        self._changed: dict[str, LaneView] = {}
        self.sights = {lane: LaneSight() for lane in slots}

    def run(self, stop: threading.Event) -> None:
        """The reader reports failures of the networks (`edge.runtime.steady_reader`); presence works without them."""
        while not stop.is_set():
            self._beat()
            self._wake.wait(IDLE_S)
            self._wake.clear()
            self._round()

    def change_view(self, lane: str, view: LaneView) -> None:
        """Use this view for the lane from its next frame on. May be called from any thread."""
        self._changed[lane] = view

    def _round(self) -> None:
        """Look at every lane with a new frame; look at the first lanes again after each of the others."""
        for lane in self._first:
            self._take(lane)
        for lane in self._slots:
            if lane not in self._first and self._take(lane):
                for urgent in self._first:
                    self._take(urgent)

    def _take(self, lane: str) -> bool:
        frame = self._slots[lane].take(0)
        if frame is not None:
            self._look(lane, frame)
        return frame is not None

    def _look(self, lane: str, frame: Frame) -> None:
        seen = self.sights[lane]
        seen.last = frame
        changed = self._changed.pop(lane, None)
        if changed is not None:
            changed.go_on(self._views[lane])
            self._views[lane] = changed
        reference = self._accepted.pop(lane, None)
        if reference is not None:
            self._views[lane].accept(reference)
        sight = self._views[lane].look(frame, attention=self._attention(lane))
        seen.shown = Shown(frame, tuple(read.corners for read in sight.plates), sight.vehicle)
        seen.frames += 1
        seen.frozen = sight.frozen
        seen.view = sight.view
        if sight.plates:
            seen.plated = Plated(frame, max(sight.plates, key=lambda plate: plate_width(plate.corners)))
        self._viewed(lane, frame, sight)
        if sight.inferred:
            seen.inferred += 1
            seen.inferred_at = frame.captured
            seen.vision_ms += 0.1 * (sight.elapsed_ms - seen.vision_ms) if seen.vision_ms else sight.elapsed_ms
        event = FrameRead(
            lane=lane,
            at=self._now(),
            captured=frame.captured,
            frame_id=frame.frame_id,
            size=frame.size,
            plates=sight.plates,
            vehicle=sight.vehicle,
            light=sight.light,
            frozen=sight.frozen,
        )
        self._inbox.put(event, frame)

    def accept(self, lane: str, reference: Reference) -> None:
        """Set the accepted reference view of the lane; applied with its next frame. May be called from any thread."""
        self._accepted[lane] = reference

    def age_s(self, lane: str) -> float | None:
        """Age of the lane's last frame in seconds."""
        last = self.sights[lane].last
        return None if last is None else time.monotonic() - last.captured

    def resting(self, lane: str) -> bool:
        """Whether the lane is empty, so that fewer frames suffice until something moves. From any thread."""
        seen = self.sights[lane]
        if seen.last is None or self._attention(lane) is not Attention.IDLE:
            return False
        return seen.last.captured - seen.inferred_at > RESTING_AFTER_S
