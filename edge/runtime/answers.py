"""What the running gate answers to `gate.sock`: its status, and the last picture of a lane."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC

from camera.capture import Capture
from camera.redact import redact
from edge import __version__
from edge.config import GateConfig
from edge.evidence import jpeg
from edge.runtime.alarms import Alarms
from edge.runtime.clock import Clock
from edge.runtime.control import LanePicture
from edge.runtime.controller import Controller
from edge.runtime.inbox import Inbox
from edge.runtime.journal import JournalWriter
from edge.runtime.status import (
    CameraStatus,
    CloudLink,
    GateStatus,
    JournalStatus,
    NeighbourStatus,
    barrier_states,
    disk,
    memory_mb,
    temperatures_c,
)
from edge.runtime.vision import NoticedSlot, Vision
from relay.client import Relay
from relay.errors import RelayError
from relay.protocol import Status
from sync.link import CloudStatus

PICTURE_WIDTH_PX = 960


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """The working parts that are asked."""

    config: GateConfig
    clock: Clock
    captures: Mapping[str, Capture]
    slots: Mapping[str, NoticedSlot]
    vision: Vision
    controller: Controller
    inbox: Inbox
    journal: JournalWriter
    relay: Relay
    cloud: Callable[[], CloudLink]
    passes_changed: Callable[[], None]
    alarms: Alarms
    neighbours: Callable[[], tuple[NeighbourStatus, ...]] = tuple


class GateAnswers:
    """`control.Answers`; its methods are called on the socket's threads and only read."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._started = time.monotonic()

    def status(self) -> GateStatus:
        parts = self._parts
        relay = self._relay_status()
        now = parts.clock.now()
        passes = parts.controller.passes
        age = None if passes.fetched_at is None else max(0.0, (now.wall - passes.fetched_at).total_seconds())
        return GateStatus(
            site=parts.config.site.name,
            version=__version__,
            pid=os.getpid(),
            up_s=round(time.monotonic() - self._started, 1),
            relay_pid=None if relay is None else relay.pid,
            cameras=tuple(self._camera(lane) for lane in parts.captures),
            barriers=() if relay is None else barrier_states(relay),
            passes=len(passes),
            list_version=passes.version,
            list_age_s=None if age is None else round(age, 1),
            wall=now.wall.astimezone(UTC).isoformat(timespec="seconds"),
            clock_trusted=now.wall_trusted,
            cloud=parts.cloud(),
            journal=JournalStatus(parts.journal.waiting, parts.journal.lost, parts.journal.trouble),
            disk=disk(parts.config.state_dir),
            temperatures_c=temperatures_c(),
            memory_mb=memory_mb(),
            queue=len(parts.inbox),
            state_dir=str(parts.config.state_dir),
            config=str(parts.config.file),
            alarms=parts.alarms.current(),
            neighbours=parts.neighbours(),
        )

    def picture(self, lane: str) -> LanePicture | None:
        sight = self._parts.vision.sights.get(lane)
        if sight is None:
            return None
        frame = sight.last
        if frame is None:
            return LanePicture(lane, None, None)
        age = time.monotonic() - frame.captured
        return LanePicture(lane, jpeg(frame.bgr, max_width_px=PICTURE_WIDTH_PX, quality=75), round(age, 2))

    def passes_changed(self) -> None:
        self._parts.passes_changed()

    def _camera(self, name: str) -> CameraStatus:
        parts = self._parts
        lane, capture, sight = parts.config.lane(name), parts.captures[name], parts.vision.sights[name]
        assert lane is not None, "captures are made from the lanes of the config"
        age = parts.vision.age_s(name)
        return CameraStatus(
            lane=name,
            direction=lane.direction.value,
            address=redact(lane.camera),
            alive=capture.alive,
            frozen=sight.frozen,
            fps=round(capture.fps, 1),
            frame_age_s=None if age is None else round(age, 2),
            frames=capture.frames,
            frames_read=sight.inferred,
            reconnects=capture.reconnects,
            dropped=parts.slots[name].dropped,
            vision_ms=round(sight.vision_ms, 1),
            error="" if capture.alive else capture.last_error,
        )

    def _relay_status(self) -> Status | None:
        try:
            return self._parts.relay.status()
        except RelayError:
            return None


def cloud_state(status: CloudStatus) -> CloudLink:
    """What of the link's state is told to people and programs."""
    return CloudLink(
        configured=status.state != "none",
        linked=status.state == "linked",
        state=status.state,
        error=status.error,
        queue=status.queue_events + status.queue_snapshots,
    )
