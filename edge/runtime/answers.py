"""The running gate's answers on `gate.sock`: its status, what is in view, and pictures of it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC

from camera.capture import Capture
from camera.redact import redact
from camera.view_watch import ViewState
from core.decision.standing import list_age_s
from core.reading.decode import decode
from edge import __version__
from edge.aim.plate import measure_plate
from edge.aim.sight import AimSight, PlateSeen, ViewSeen
from edge.config import GateConfig
from edge.config.live import Reloaded
from edge.evidence import cut_plate, jpeg
from edge.runtime.alarms import Alarms
from edge.runtime.clock import Clock
from edge.runtime.control import LanePicture, VisitPictures
from edge.runtime.controller import Controller
from edge.runtime.inbox import Inbox
from edge.runtime.journal import JournalWriter
from edge.runtime.scene import LaneSeen, Scene, SceneVisit
from edge.runtime.status import (
    CameraStatus,
    GateStatus,
    JournalStatus,
    LinkStatus,
    NeighbourStatus,
    RulesStatus,
    barrier_states,
    disk,
    input_states,
    memory_mb,
    temperatures_c,
)
from edge.runtime.vision import NoticedSlot, Shown, Vision
from relay.client import Relay
from relay.errors import RelayError
from relay.protocol import Status
from sync.link import CloudStatus

PICTURE_WIDTH_PX = 960


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """The parts of the gate that the answers are read from."""

    config: GateConfig
    clock: Clock
    captures: Mapping[str, Capture]
    slots: Mapping[str, NoticedSlot]
    vision: Vision
    controller: Controller
    inbox: Inbox
    journal: JournalWriter
    relay: Relay
    cloud: Callable[[], LinkStatus]
    passes_changed: Callable[[], None]
    alarms: Alarms
    reload: Callable[[str], Reloaded]
    rules: Callable[[], RulesStatus | None] = lambda: None
    call_alive: Callable[[], None] = lambda: None
    neighbours: Callable[[], tuple[NeighbourStatus, ...]] = tuple


class GateAnswers:
    """`control.Answers`. The methods run on the socket's threads and only read."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._started = time.monotonic()

    def status(self) -> GateStatus:
        parts = self._parts
        relay = self._relay_status()
        now = parts.clock.now()
        passes = parts.controller.passes
        age_s = list_age_s(passes, now)
        return GateStatus(
            site=parts.config.site.name,
            version=__version__,
            pid=os.getpid(),
            up_s=round(time.monotonic() - self._started, 1),
            relay_pid=None if relay is None else relay.pid,
            cameras=tuple(self._camera(lane) for lane in parts.captures),
            barriers=() if relay is None else barrier_states(relay, parts.config.barriers),
            passes=None if passes.unread else len(passes),
            list_version=passes.version,
            list_age_s=None if age_s is None else round(age_s, 1),
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
            occupied=parts.controller.occupied(),
            rules=parts.rules(),
            inputs=None if relay is None else input_states(relay, parts.config.inputs),
            relay_lost=None if relay is None else relay.lost,
        )

    def call(self, lane: str, said: str) -> None:
        self._parts.call_alive()
        if said:
            self._parts.journal.note("call", self._parts.clock.now(), lane=lane, detail=said)

    def picture(self, lane: str) -> LanePicture | None:
        sight = self._parts.vision.sights.get(lane)
        if sight is None:
            return None
        shown = sight.shown
        if shown is None:
            return LanePicture(LaneSeen(lane), None)
        picture = jpeg(shown.frame.for_people(), max_width_px=PICTURE_WIDTH_PX, quality=75)
        return LanePicture(_seen(lane, shown, frozen=sight.frozen), picture)

    def scene(self) -> Scene:
        """What is in view: the core's visits, and what vision saw in each lane's latest frame."""
        now = self._parts.clock.now()
        visits = tuple(
            SceneVisit(
                visit,
                unseen_s=round(max(0.0, now.mono - visit.last.mono), 2),
                waited_s=round(max(0.0, now.mono - visit.first.mono), 1),
            )
            for visit in self._parts.controller.live()
        )
        return Scene(tuple(self._seen(name) for name in self._parts.captures), visits)

    def evidence(self, visit_id: str) -> VisitPictures | None:
        """The best frame of a vehicle in view, and its plate cut out of it."""
        visit = next((one for one in self._parts.controller.live() if one.visit_id == visit_id), None)
        frame = self._parts.controller.evidence(visit_id)
        if visit is None or frame is None:
            return None
        same = visit.best_frame == frame.frame_id  # a newer frame may have arrived between the two calls above
        plate = (
            jpeg(cut_plate(frame.for_people(), visit.best_corners)) if same and visit.best_corners is not None else None
        )
        return VisitPictures(jpeg(frame.for_people(), max_width_px=PICTURE_WIDTH_PX, quality=75), plate)

    def reload(self, by: str) -> Reloaded:
        return self._parts.reload(by)

    def aim(self, lane: str) -> AimSight | None:
        """What the lane's camera shows; each measure comes with the age of its frame. None = no such lane."""
        sight, capture = self._parts.vision.sights.get(lane), self._parts.captures.get(lane)
        if sight is None or capture is None:
            return None
        now, age, plated = time.monotonic(), self._parts.vision.age_s(lane), sight.plated
        plate = None
        if plated is not None:
            values = asdict(measure_plate(plated.frame.for_people(), plated.plate.corners))
            plate = PlateSeen(age_s=_since(plated.frame.captured, now), text=decode(plated.plate).display, **values)
        return AimSight(
            lane=lane,
            fps=round(capture.fps, 1),
            alive=capture.alive,
            frozen=sight.frozen,
            frame_age_s=None if age is None else round(age, 2),
            size=None if sight.last is None else sight.last.size,
            view=_view(sight.view, now),
            plate=plate,
        )

    def passes_changed(self) -> None:
        self._parts.passes_changed()

    def _seen(self, name: str) -> LaneSeen:
        sight = self._parts.vision.sights[name]
        shown = sight.shown
        return LaneSeen(name) if shown is None else _seen(name, shown, frozen=sight.frozen)

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


def _since(at: float, now: float) -> float:
    return round(max(0.0, now - at), 1)


def _view(state: ViewState, now: float) -> ViewSeen | None:
    if state.measures is None:
        return None
    return ViewSeen(
        age_s=_since(state.at, now),
        **asdict(state.measures),
        softness_usual_px=state.softness_usual_px,
        troubles=tuple(one.value for one in state.troubles),
        doubt=state.doubt.value,
        agreement=state.agreement,
        lost=state.lost,
        shift=state.shift,
        accepted=state.accepted,
        clock=state.clock,
    )


def _seen(lane: str, shown: Shown, *, frozen: bool) -> LaneSeen:
    return LaneSeen(
        lane=lane,
        frame_id=shown.frame.frame_id,
        age_s=round(max(0.0, time.monotonic() - shown.frame.captured), 2),
        size=shown.frame.size,
        frozen=frozen,
        plates=shown.plates,
        vehicle=shown.vehicle,
    )


def cloud_state(status: CloudStatus) -> LinkStatus:
    """The part of the cloud link's state that people and programs are shown."""
    events, snapshots = status.queue_events, status.queue_snapshots
    return LinkStatus(
        configured=status.state != "none",
        linked=status.state == "linked",
        state=status.state,
        error=status.error,
        queue=None if events is None or snapshots is None else events + snapshots,
        dropped=status.dropped,
    )
