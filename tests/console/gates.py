"""A `gate run` that says what a test wants said: the page's other end of gate.sock, with a picture that is really one."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np

from core.decision.record import TraceStep
from core.decision.trace import Rule, step_of
from core.events import Instant
from core.geometry import Box
from core.rules.policy import Direction
from core.turn.live import LiveVisit
from core.visit.phase import Phase
from core.words.reasons import Reason
from edge.aim.sight import AimSight, PlateSeen, ViewSeen
from edge.config.live import Reloaded
from edge.runtime.alarms import Alarm
from edge.runtime.control import ControlServer, LanePicture, VisitPictures
from edge.runtime.scene import LaneSeen, Scene, SceneVisit
from edge.runtime.status import (
    BarrierState,
    CameraStatus,
    DiskStatus,
    GateStatus,
    JournalStatus,
    LinkStatus,
    NeighbourStatus,
    RulesStatus,
)

NOW = datetime(2026, 11, 29, 6, 0, tzinfo=UTC)
SIZE = (960, 540)
CORNERS = ((400.0, 360.0), (560.0, 360.0), (560.0, 395.0), (400.0, 395.0))
OVER = step_of(Rule.PASS_OVER, 1.0, pass_="p1", end="2026-11-28T15:00+00:00")


def a_picture(shade: int = 90) -> bytes:
    picture = np.full((SIZE[1], SIZE[0], 3), shade, np.uint8)
    cv2.rectangle(picture, (260, 140), (700, 460), (60, 70, 140), -1)
    cv2.rectangle(picture, (400, 360), (560, 395), (240, 240, 240), -1)
    cv2.putText(picture, "A123BC77", (410, 386), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (20, 20, 20), 2)
    return cv2.imencode(".jpg", picture)[1].tobytes()


def waiting(
    visit_id: str = "v1",
    *,
    word: str = Reason.PASS_EXPIRED.value,
    grounds: tuple[TraceStep, ...] = (OVER,),
    note: str = "дом 5, Ивановы, +7 912 345-67-89",
    plate: str | None = "A123BC77",
    unseen_s: float = 0.1,
    waited_s: float = 42.0,
    direction: Direction = Direction.ENTRY,
    lane: str = "entry",
) -> SceneVisit:
    """A refused guest, in view."""
    at = Instant(1.0, NOW, wall_trusted=True)
    shown = "А 123 ВС 77" if plate == "A123BC77" else plate
    visit = LiveVisit(
        visit_id, lane, direction, Phase.WAITING, at, at, at, word, plate, shown, plate, 0.99, "p1", note,
        Box(400, 360, 160, 35), 7, CORNERS, grounds, grounds, (),
    )  # fmt: skip
    return SceneVisit(visit, unseen_s, waited_s)


class FakeGate:
    """Its `visits` and `age_s` are what the page is told; every answer is of this moment."""

    def __init__(self) -> None:
        self.visits: tuple[SceneVisit, ...] = ()
        self.age_s = 0.1
        self.frozen = False
        self.frame = 0
        self.lanes = ("entry",)
        self.reloaded = Reloaded()
        self.reloads: list[str] = []
        self.config = "/c"
        self.rules: RulesStatus | None = None
        self.alive = True
        self.alarms: tuple[Alarm, ...] = ()
        self.neighbours: tuple[NeighbourStatus, ...] = (NeighbourStatus("web_push", 0, ""),)
        self.view: ViewSeen | None = ViewSeen(
            2.0, 110.0, 50.0, 0.01, False, 0.6, 0.6, (), "", 0.9, 0.05, None, False, None
        )
        self.plate: PlateSeen | None = PlateSeen(1.2, "А 123 ВС 77", 142.0, 21.0, -2.0, 24.0, 0.41, 0.62, 0.08, False)

    def status(self) -> GateStatus:
        return GateStatus(
            site="КПП-1", version="1", pid=7, up_s=7200.0, relay_pid=8,
            cameras=tuple(
                CameraStatus(lane, "entry", "rtsp://a", self.alive, self.frozen, 15.0, self.age_s, 10, 2, 0, 0, 30.0, "")
                for lane in self.lanes
            ),
            barriers=(BarrierState("main", "simulated", "ok", "off", "idle", None, "unknown", ()),),
            passes=240, list_version="c1", list_age_s=30.0, wall=NOW.isoformat(), clock_trusted=True,
            cloud=LinkStatus(configured=True, linked=True, state="linked"), journal=JournalStatus(0, 0, ""),
            disk=DiskStatus(9000, 20000), temperatures_c=(52.0,), memory_mb=210.0, queue=0, state_dir="/s", config=self.config,
            rules=self.rules, alarms=self.alarms, neighbours=self.neighbours,
        )  # fmt: skip

    def scene(self) -> Scene:
        return Scene(tuple(self._seen(lane) for lane in self.lanes), self.visits)

    def picture(self, lane: str) -> LanePicture | None:
        return LanePicture(self._seen(lane), a_picture()) if lane in self.lanes else None

    def evidence(self, visit_id: str) -> VisitPictures | None:
        known = any(one.visit.visit_id == visit_id for one in self.visits)
        return VisitPictures(a_picture(), a_picture(200)) if known else None

    def aim(self, lane: str) -> AimSight | None:
        return (
            AimSight(lane, 15.0, True, self.frozen, self.age_s, SIZE, self.view, self.plate)
            if lane in self.lanes
            else None
        )

    def passes_changed(self) -> None:
        pass

    def reload(self, by: str) -> Reloaded:
        self.reloads.append(by)
        return self.reloaded

    def _seen(self, lane: str) -> LaneSeen:
        self.frame += 1
        return LaneSeen(lane, self.frame, self.age_s, SIZE, self.frozen, (CORNERS,), Box(260, 140, 440, 320))


class Serving:
    """A gate on its socket; ended, it is gone as a killed one is."""

    def __init__(self, state_dir: Path, gate: FakeGate) -> None:
        self._stop = threading.Event()
        self._server = ControlServer(state_dir, gate)
        self._thread = threading.Thread(target=self._server.run, args=(self._stop,))
        self._thread.start()

    def end(self) -> None:
        self._stop.set()
        self._thread.join(20)


def until(seen, *, seconds: float = 30.0) -> None:
    """Wait for something to be so."""
    ends = time.monotonic() + seconds
    while not seen():
        assert time.monotonic() < ends, "it did not come to be so"
        time.sleep(0.02)
