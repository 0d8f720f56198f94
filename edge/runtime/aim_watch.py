"""The "aim" thread: hands new acceptances to vision, samples each camera view once a minute, compares nightly."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import cv2
import msgspec
import numpy as np

from camera.shrink import thumbnail
from camera.structure import pattern
from camera.view_watch import Reference, ViewState
from core.decision.record import VisitRecord
from core.errors import FileUnusable, GateError
from core.instant import Instant
from edge.aim.nightly import Baseline, Gathered, Look, compared, completed
from edge.aim.record import Acceptance, LaneFiles, files_of, load_record, read, write
from edge.config import GateConfig
from edge.runtime.alarms import Alarms, Fault
from edge.store.database import may_be_there
from edge.store.journal import Journal

EVERY_S = 60.0
_TURN_S = 1.0
_OLD_S = 30.0
_COMPARED = timedelta(days=14)
_MOST_VISITS = 2000
DRIFTS = (Fault.DRIFT_MOVED, Fault.DRIFT_BLURRED, Fault.DRIFT_DIRTY, Fault.DRIFT_IR, Fault.DRIFT_LEGIBILITY)

log = logging.getLogger(__name__)


class AimWatch:
    """Owns the baselines and the alarms of the nightly comparison."""

    def __init__(
        self,
        config: GateConfig,
        *,
        views: Callable[[str], ViewState],
        accept: Callable[[str, Reference], None],
        alarms: Alarms,
        now: Callable[[], Instant],
        journal_file: Path,
        beat: Callable[[], None] = lambda: None,
    ) -> None:
        self._config = config
        self._views = views
        self._accept = accept
        self._alarms = alarms
        self._now = now
        self._journal_file = journal_file
        self._beat = beat
        self._records: dict[str, Acceptance] = {}
        self._stamps: dict[str, int] = {}
        self._gathered = {lane.name: Gathered() for lane in config.lanes}
        self._turn_at = 0.0
        self._compared: datetime | None = None

    def run(self, stop: threading.Event) -> None:
        while not stop.wait(_TURN_S):
            self._beat()
            now = self._now()
            if now.mono - self._turn_at >= EVERY_S or not self._turn_at:
                self._turn_at = now.mono
                self.turn(now)

    def turn(self, now: Instant) -> None:
        """One minute's work. No failure here may stop the gate."""
        for lane in self._config.lanes:
            try:
                self._follow(lane.name)
            except FileUnusable as error:
                log.warning("приёмка не прочитана: %s", error)
            self._gather(lane.name, now)
        wanted = _latest(now.wall.astimezone(self._config.zone), self._config.aim.compare_at)
        if self._compared is None:
            self._compared = wanted  # skip the first run: there is no full day to compare yet
        elif wanted > self._compared and now.wall_trusted:
            self._compared = wanted
            for name in self._records:
                try:
                    self._compare(name, now.wall)
                except GateError as error:
                    log.warning("сравнение с приёмкой не удалось: %s", error)

    def _follow(self, lane: str) -> None:
        """Load a new acceptance record; from now on vision compares with its picture."""
        place = files_of(self._config.state_dir, lane)
        try:
            stamp = place.record.stat().st_mtime_ns
        except OSError:
            return
        if stamp == self._stamps.get(lane):
            return
        self._stamps[lane] = stamp
        record, data = load_record(place), read(place.picture)
        if record is None:
            return
        self._records[lane] = record
        self._gathered[lane] = Gathered()
        # a power cut can leave an empty file: imdecode raises on it, and if this thread dies the gate stops
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
        view = record.sight.view
        if picture is not None and view is not None:
            edges = pattern(thumbnail(np.asarray(picture, np.uint8)))
            self._accept(lane, Reference(edges, view.brightness, view.infrared, view.softness_px))
        for fault in DRIFTS:
            self._alarms.clear(fault, lane=lane)

    def _gather(self, lane: str, now: Instant) -> None:
        state = self._views(lane)
        measures = state.measures
        if measures is None or now.mono - state.at > _OLD_S or lane not in self._records:
            return
        accepted = state.accepted
        self._gathered[lane].add(
            Look(
                measures.infrared,
                measures.brightness,
                measures.contrast,
                measures.softness_px,
                state.lost if accepted else None,
                state.offset if accepted else None,
            )
        )

    def _compare(self, lane: str, wall: datetime) -> None:
        record, gathered = self._records[lane], self._gathered[lane]
        place = files_of(self._config.state_dir, lane)
        at = record.at.isoformat()
        known = _baseline(place, at)
        judged = compared(known, gathered, self._visits(lane, since=wall - timedelta(days=1)))
        fuller = completed(known, gathered, self._visits(lane, since=record.at, until=record.at + _COMPARED))
        if fuller != known:
            write(place.baseline, msgspec.json.encode(fuller))
        for fault, worse in judged.items():  # of the others nothing was seen: they stay as they are
            if worse:
                self._alarms.set(fault, worse, lane=lane)
            else:
                self._alarms.clear(fault, lane=lane)
        self._gathered[lane] = Gathered()

    def _visits(self, lane: str, *, since: datetime, until: datetime | None = None) -> Sequence[VisitRecord]:
        """Oldest first."""
        if not may_be_there(self._journal_file):
            return ()
        with Journal(self._journal_file, to_read=True) as journal:
            found = journal.visits(since=since, lane=lane, limit=_MOST_VISITS)
        return [one.record for one in found if until is None or one.record.first.wall < until]


def _baseline(place: LaneFiles, accepted_at: str) -> Baseline:
    """The baseline stored for this acceptance; an empty one if it belongs to another or is spoiled.

    Raises FileUnusable if it cannot be read now: what is seen today must not become the measure meanwhile.
    """
    data = read(place.baseline)
    try:
        known = None if data is None else msgspec.json.decode(data, type=Baseline)
    except (msgspec.MsgspecError, ValueError) as error:
        log.warning("приёмка не прочитана: %s", error)
        known = None
    return known if known is not None and known.accepted_at == accepted_at else Baseline(accepted_at)


def _latest(now: datetime, clock: str) -> datetime:
    """The most recent moment at which the local wall clock showed `clock` (HH:MM)."""
    hour, minute = map(int, clock.split(":"))
    today = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
    return today if today <= now else today - timedelta(days=1)
