"""The journal's writer: what has happened goes to the disk, after the barrier and never before it.

Thread "journal". It owns its connections. While the disk fails, records wait in memory (bounded, the oldest go
first) and are written when it is well again.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from camera.frame import Frame
from edge.core.events import ConsumePass, Instant
from edge.core.record import VisitRecord
from edge.evidence import cut_plate, jpeg
from edge.store.errors import StoreError, StoreFull
from edge.store.journal import FILE_NAME as JOURNAL_FILE
from edge.store.journal import Journal
from edge.store.passes import FILE_NAME as PASSES_FILE
from edge.store.passes import PassStore
from edge.store.retention import MB, Ballast, prune_snapshots
from edge.store.settings import StoreSettings
from relay.protocol import RelayEvent
from sync.wire import GateEvent

WAIT_S = 0.5
RETRY_S = 5.0
CLEAN_EVERY_S = 3600.0
MOST_WAITING = 2000
BALLAST_FILE = "ballast.bin"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class SaveVisit:
    record: VisitRecord
    frame: Frame | None


@dataclass(frozen=True, slots=True)
class UsePass:
    used: ConsumePass
    at: Instant


@dataclass(frozen=True, slots=True)
class Note:
    kind: str
    at: Instant
    lane: str = ""
    detail: str = ""
    seq: int = 0
    """Of the relay's event it is about; 0 for others."""


Job = SaveVisit | UsePass | Note


class JournalWriter:
    """Filled from any thread, by calls that return at once.

    `announce` is told of every visit, `recorded` whenever one has reached the disk; both on this thread. `outgoing`
    makes the event for the cloud; None where there is no cloud.
    """

    def __init__(
        self,
        state_dir: Path,
        settings: StoreSettings,
        *,
        now: Callable[[], Instant],
        announce: Callable[[VisitRecord], None] = lambda _: None,
        recorded: Callable[[], None] = lambda: None,
        passes_changed: Callable[[], None] = lambda: None,
        outgoing: Callable[[VisitRecord], GateEvent | None] = lambda _: None,
        beat: Callable[[], None] = lambda: None,
    ) -> None:
        self._state_dir = state_dir
        self._settings = settings
        self._now = now
        self._announce = announce
        self._recorded = recorded
        self._passes_changed = passes_changed
        self._outgoing = outgoing
        self._beat = beat
        self._jobs: queue.SimpleQueue[Job] = queue.SimpleQueue()
        self._waiting: deque[Job] = deque()
        self._journal: Journal | None = None
        self._ballast = Ballast(state_dir / BALLAST_FILE, settings.ballast_mb * MB)
        self._clean_at = 0.0
        self._retry_at = 0.0
        self.journalled = 0
        self.lost = 0
        self.trouble = ""
        """Why nothing can be written now; empty while all is well."""

    def record(self, record: VisitRecord, frame: Frame | None) -> None:
        self._jobs.put(SaveVisit(record, frame))

    def use_pass(self, used: ConsumePass, at: Instant) -> None:
        self._jobs.put(UsePass(used, at))

    def note(self, kind: str, at: Instant, *, lane: str = "", detail: str = "") -> None:
        self._jobs.put(Note(kind, at, lane, detail))

    def note_relay(self, event: RelayEvent, at: Instant) -> None:
        words = [event.barrier, event.what, event.outcome, event.reason.value if event.reason else "", event.detail]
        detail = " ".join(word for word in words if word)
        self._jobs.put(Note(f"relay_{event.kind.value}", at, event.lane or "", detail[:500], event.seq))

    @property
    def waiting(self) -> int:
        """Records that are not on the disk yet."""
        return self._jobs.qsize() + len(self._waiting)

    def run(self, stop: threading.Event) -> None:
        try:
            while not (stop.is_set() and self._jobs.empty()):
                self._beat()
                self._take()
                if self._waiting and time.monotonic() >= self._retry_at:
                    self._write_all()
                if time.monotonic() >= self._clean_at and not self.trouble:
                    self._clean()
            self._write_all()
        finally:
            if self._journal is not None:
                self._journal.close()

    def _take(self) -> None:
        try:
            job = self._jobs.get(timeout=WAIT_S)
            while True:
                self._waiting.append(job)
                if isinstance(job, SaveVisit):
                    self._announce(job.record)  # also while the disk is broken
                job = self._jobs.get_nowait()
        except queue.Empty:
            pass
        while len(self._waiting) > MOST_WAITING:
            self._waiting.popleft()
            self.lost += 1

    def _write_all(self) -> None:
        while self._waiting:
            try:
                self._write(self._waiting[0])
            except StoreFull as error:
                if not self._ballast.drop():
                    self._failed(error)
                    return
            except StoreError as error:
                self._failed(error)
                return
            else:
                self._waiting.popleft()
                self._well()

    def _write(self, job: Job) -> None:
        if self._journal is None:
            self._journal = self._open()
        if isinstance(job, SaveVisit):
            self._save(self._journal, job)
        elif isinstance(job, UsePass):
            with PassStore(self._state_dir / PASSES_FILE) as store:
                store.cloud.mark_used(job.used.pass_id, job.used.visit_id, at=job.at.wall)
            self._passes_changed()
        else:
            self._journal.note(job.kind, job.at.wall, lane=job.lane, detail=job.detail)
            self.journalled = max(self.journalled, job.seq)

    def _open(self) -> Journal:
        journal = Journal(self._state_dir / JOURNAL_FILE)
        if journal.set_aside is not None:
            journal.note("journal_set_aside", self._now().wall, detail=journal.set_aside.name)
        return journal

    def _save(self, journal: Journal, job: SaveVisit) -> None:
        record = job.record
        frame = crop = None
        try:
            if job.frame is not None:
                frame = journal.snapshots.write(record.visit_id, record.first.wall, jpeg(job.frame.bgr))
                if record.best_corners is not None:
                    flat = jpeg(cut_plate(job.frame.bgr, record.best_corners))
                    crop = journal.snapshots.write(record.visit_id, record.first.wall, flat, plate=True)
        except StoreFull as error:  # the record matters more than its picture
            log.warning("снимок не записан: %s", error)
        event = self._outgoing(record)
        journal.record(record, frame=frame, plate_crop=crop, outgoing=event)
        self._recorded()

    def _clean(self) -> None:
        """Forget what is past its days and give room back, once an hour."""
        self._clean_at = time.monotonic() + CLEAN_EVERY_S
        now = self._now()
        try:
            if self._journal is None:
                self._journal = self._open()
            if now.wall_trusted:  # a clock that is years ahead must not empty the journal
                self._journal.forget(keep_days=self._settings.keep_days, now=now.wall)
            prune_snapshots(self._journal.snapshots, self._settings, now=now.wall)
            self._ballast.lay(spare_bytes=self._settings.free_floor_mb * MB)
        except StoreError as error:
            log.warning("уборка диска не удалась: %s", error)

    def _failed(self, error: StoreError) -> None:
        self._retry_at = time.monotonic() + RETRY_S
        if not self.trouble:
            log.error("журнал не пишется, записи ждут в памяти: %s", error)
        self.trouble = str(error)
        if self._journal is not None and not isinstance(error, StoreFull):
            self._journal.close()  # opened anew, a damaged file is set aside
            self._journal = None

    def _well(self) -> None:
        if self.trouble:
            log.warning("журнал снова пишется")
        self.trouble = ""
        self._retry_at = 0.0
