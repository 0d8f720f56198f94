"""The seeing half of `gate run`: the cameras of all lanes, the reader of their frames, and the check of each view."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

from camera.capture import Capture
from camera.look import Attention, LaneView
from camera.opening import open_source
from camera.reader import PlateReader
from camera.settings import CameraSettings
from core.events import CameraChanged
from core.rules.policy import Direction
from edge.config import GateConfig
from edge.config.schema import Lane
from edge.runtime.aim_watch import AimWatch
from edge.runtime.allocator import give_back
from edge.runtime.inbox import Inbox
from edge.runtime.keeping import Keeping
from edge.runtime.steady_reader import SteadyReader
from edge.runtime.view_alarms import ViewAlarms
from edge.runtime.vision import NoticedSlot, Vision
from edge.runtime.worker import Beats


class Seeing:
    """One capture per lane, one vision for all of them; frames pass between them through the lane's slot.

    The constructor opens the networks. If that fails, lanes still open by presence and opening is tried again later.
    """

    def __init__(
        self,
        config: GateConfig,
        open_reader: Callable[[], PlateReader],
        *,
        attention: Callable[[str], Attention],
        keeping: Keeping,
        inbox: Inbox,
        beats: Beats,
    ) -> None:
        self._keeping = keeping
        self._inbox = inbox
        wake = threading.Event()
        self.slots = {lane.name: NoticedSlot(wake) for lane in config.lanes}
        self._reader = SteadyReader(open_reader, alarms=keeping.alarms)
        self._reader.start()
        give_back()
        self.vision = Vision(
            slots=self.slots,
            views={lane.name: LaneView(self._reader, settings=lane.view) for lane in config.lanes},
            wake=wake,
            inbox=inbox,
            attention=attention,
            now=keeping.clock.now,
            first=[lane.name for lane in config.lanes if lane.direction is Direction.EXIT],
            beat=beats.of("vision"),
            viewed=ViewAlarms(keeping.alarms),
        )
        self.captures = {lane.name: self._capture(lane, beats.of(f"capture:{lane.name}")) for lane in config.lanes}
        self.aim = AimWatch(
            config,
            views=lambda lane: self.vision.sights[lane].view,
            accept=self.vision.accept,
            alarms=keeping.alarms,
            now=keeping.clock.now,
            journal_file=keeping.place.journal_file,
            beat=beats.of("aim"),
        )

    def change_view(self, lane: str, settings: CameraSettings) -> None:
        """Use other camera settings for the lane from now on."""
        self.vision.change_view(lane, LaneView(self._reader, settings=settings))

    def _capture(self, lane: Lane, beat: Callable[[], None]) -> Capture:
        source = open_source(
            lane.camera,
            lane=lane.name,
            settings=lane.view,
            resting=partial(self.vision.resting, lane.name),
            small=lane.sub_camera,
        )
        changed = partial(self._camera_changed, lane.name)
        return Capture(source, self.slots[lane.name], settings=lane.view, on_change=changed, beat=beat)

    def _camera_changed(self, lane: str, alive: bool) -> None:  # noqa: FBT001 - the signature of Capture's callback
        at = self._keeping.clock.now()
        self._inbox.put(CameraChanged(lane=lane, at=at, alive=alive))
        kind = "camera_back" if alive else "camera_lost"
        self._keeping.journal.note(kind, at, lane=lane, detail=self.captures[lane].last_error)
