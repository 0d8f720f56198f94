"""The journal's writer: what has happened goes to disk, always after the barrier was asked.

Thread "journal". It owns its database connections. While the disk fails, records wait in memory (bounded; the oldest
are lost first) and are written once it recovers; a full disk is cleaned meanwhile. Marks of used passes go to a file of
their own and queue separately.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from camera.frame import Frame
from core.decision.record import DroppedSighting, VisitRecord
from core.events import BarrierActed, ConsumePass, Instant
from core.turn.visit_record import cut_off_record
from edge.evidence import cut_plate, jpeg
from edge.runtime.dropped import KIND as DROPPED
from edge.runtime.dropped import Sieve, detail
from edge.runtime.journal_jobs import Job, Note, SaveDropped, SaveVisit, UsePass, relay_note
from edge.store.errors import StoreError, StoreFull
from edge.store.journal import FILE_NAME as JOURNAL_FILE
from edge.store.journal import SNAPSHOT_FOLDER, Journal
from edge.store.passes import FILE_NAME as PASSES_FILE
from edge.store.passes import PassStore
from edge.store.retention import MB, Ballast, prune_snapshots
from edge.store.settings import StoreSettings
from edge.store.snapshots import Snapshots
from relay.protocol import RelayEvent
from sync.wire import GateEvent

WAIT_S = 0.5
RETRY_S = 5.0
CLEAN_EVERY_S = 3600.0
CLEAN_FULL_S = 60.0
"""How often to clean while the disk is full."""
MOST_WAITING = 2000
MOST_PICTURES = 8
"""Waiting records that keep their pictures. A picture takes megabytes, and a disk may fail for weeks."""
BALLAST_FILE = "ballast.bin"

log = logging.getLogger(__name__)


class JournalWriter:
    """Filled from any thread, by calls that return at once.

    `announce` is called for every visit, `recorded` whenever one has reached the disk; both on this thread. `outgoing`
    makes the event for the cloud, or returns None if there is no cloud. `passes_file`: if it is not beside the journal.
    `cut_off` makes the record of an opening whose visit ended with an earlier process.
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
        cut_off: Callable[[BarrierActed], VisitRecord] = cut_off_record,
        passes_file: Path | None = None,
        beat: Callable[[], None] = lambda: None,
    ) -> None:
        self._state_dir = state_dir
        self._passes_file = passes_file or state_dir / PASSES_FILE
        self._settings = settings
        self._now = now
        self._announce = announce
        self._recorded = recorded
        self._passes_changed = passes_changed
        self._outgoing = outgoing
        self._cut_off = cut_off
        self._beat = beat
        self._jobs: queue.SimpleQueue[Job] = queue.SimpleQueue()
        self._waiting: deque[SaveVisit | Note | SaveDropped] = deque()
        self._sieve = Sieve()
        self._marks: deque[UsePass] = deque()
        self._mark_at = 0.0
        self._journal: Journal | None = None
        self._looked_back = False
        self._ballast = Ballast(state_dir / BALLAST_FILE, settings.ballast_mb * MB)
        self._clean_at = 0.0
        self._cleaned_at = 0.0
        self._retry_at = 0.0
        self._below_floor = False
        self.journalled = 0
        self.lost = 0
        self.trouble = ""
        """Why nothing can be written now; empty while writing works."""

    def record(self, record: VisitRecord, frame: Frame | None) -> None:
        self._jobs.put(SaveVisit(record, frame))

    def use_pass(self, used: ConsumePass, at: Instant) -> None:
        self._jobs.put(UsePass(used, at))

    def drop(self, dropped: DroppedSighting, frame: Frame | None) -> None:
        """Called on the controller's thread only."""
        if self._sieve.lets(dropped):
            self._jobs.put(SaveDropped(dropped, frame))

    def note(self, kind: str, at: Instant, *, lane: str = "", detail: str = "", outgoing: bool = False) -> None:
        self._jobs.put(Note(kind, at, lane, detail, outgoing=outgoing))

    def note_relay(
        self, event: RelayEvent, at: Instant, *, opening: BarrierActed | None = None, lost: bool = False
    ) -> None:
        self._jobs.put(relay_note(event, at, opening=opening, lost=lost))

    @property
    def waiting(self) -> int:
        """Records that are not on the disk yet."""
        return self._jobs.qsize() + len(self._waiting) + len(self._marks)

    def run(self, stop: threading.Event) -> None:
        try:
            while not (stop.is_set() and self._jobs.empty()):
                self._beat()
                self._take()
                if self._waiting and time.monotonic() >= self._retry_at:
                    self._write_all()
                if self._marks and time.monotonic() >= self._mark_at:
                    self._mark_all()
                if time.monotonic() >= self._clean_at:
                    self._clean()
            self._write_all()
            self._mark_all()
        finally:
            if self._journal is not None:
                self._journal.close()

    def _take(self) -> None:
        try:
            job = self._jobs.get(timeout=WAIT_S)
            while True:
                if isinstance(job, UsePass):
                    self._marks.append(job)
                else:
                    self._waiting.append(job)
                if isinstance(job, SaveVisit):
                    self._announce(job.record)  # also while the disk is broken
                job = self._jobs.get_nowait()
        except queue.Empty:
            pass
        for waiting in (self._waiting, self._marks):
            while len(waiting) > MOST_WAITING:
                waiting.popleft()
                self.lost += 1
        self._let_pictures_go()

    def _let_pictures_go(self) -> None:
        """Of the waiting records only the newest keep their pictures."""
        pictured = [
            place
            for place, job in enumerate(self._waiting)
            if isinstance(job, SaveVisit | SaveDropped) and job.frame is not None
        ]
        for place in pictured[:-MOST_PICTURES]:
            job = self._waiting[place]
            assert isinstance(job, SaveVisit | SaveDropped)
            self._waiting[place] = replace(job, frame=None)

    def _write_all(self) -> None:
        while self._waiting:
            self._beat()  # many records may wait, and a slow card takes long for each
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

    def _mark_all(self) -> None:
        while self._marks:
            self._beat()
            job = self._marks[0]
            try:
                with PassStore(self._passes_file) as store:
                    store.cloud.mark_used(job.used.pass_id, job.used.visit_id, at=job.at.wall)
            except StoreError as error:
                if isinstance(error, StoreFull) and self._ballast.drop():
                    continue
                self._mark_at = time.monotonic() + RETRY_S
                log.warning("разовый пропуск %s пока не отмечен использованным: %s", job.used.pass_id, error)
                return
            self._marks.popleft()
            self._passes_changed()

    def _write(self, job: SaveVisit | Note | SaveDropped) -> None:
        if self._journal is not None and self._journal.stale:  # a command found the file damaged and set it aside
            self._journal.close()
            self._journal = None
        if self._journal is None:
            self._journal = self._open()
        if isinstance(job, SaveVisit):
            self._save(self._journal, job)
        elif isinstance(job, SaveDropped):
            self._save_dropped(self._journal, job)
        else:
            self._save_note(self._journal, job)

    def _open(self) -> Journal:
        journal = Journal(self._state_dir / JOURNAL_FILE)
        if journal.set_aside is not None:
            journal.note("journal_set_aside", self._now().wall, detail=journal.set_aside.name)
        self._look_back(journal)
        return journal

    def _look_back(self, journal: Journal) -> None:
        """Once, before anything of this process is written: the openings of an earlier one that are in no visit."""
        if self._looked_back:
            return
        self._looked_back = True
        try:
            lost = journal.openings.unrecorded()
        except StoreError as error:  # the next start looks again
            log.warning("открытия прежнего запуска не прочитаны: %s", error)
            return
        for opening in lost:
            record = self._cut_off(opening)
            self._announce(record)
            self._waiting.append(SaveVisit(record, None))

    def _save(self, journal: Journal, job: SaveVisit) -> bool:
        record = job.record
        frame = crop = None
        try:
            if job.frame is not None:
                frame = journal.snapshots.write(record.visit_id, record.first.wall, jpeg(job.frame.for_people()))
                if record.best_corners is not None:
                    flat = jpeg(cut_plate(job.frame.for_people(), record.best_corners))
                    crop = journal.snapshots.write(record.visit_id, record.first.wall, flat, plate=True)
        except StoreError as error:  # the record matters more than its picture
            log.warning("снимок не записан: %s", error)
        event = self._outgoing(record)
        added = journal.record(record, frame=frame, plate_crop=crop, outgoing=event)
        self._recorded()
        return added

    def _save_note(self, journal: Journal, job: Note) -> None:
        journal.note(
            job.kind,
            job.at.wall,
            lane=job.lane,
            detail=job.detail,
            outgoing=job.outgoing,
            event_id=job.event_id,
            opening=job.opening,
        )
        if job.lost and job.opening is not None:
            record = self._cut_off(job.opening)
            if self._save(journal, SaveVisit(record, None)):
                self._announce(record)
        self.journalled = max(self.journalled, job.seq)

    def _save_dropped(self, journal: Journal, job: SaveDropped) -> None:
        dropped, name = job.dropped, ""
        try:
            if job.frame is not None:
                name = journal.snapshots.write(dropped.visit_id, dropped.first.wall, jpeg(job.frame.for_people()))
        except StoreError as error:
            log.warning("снимок не записан: %s", error)
        journal.note(DROPPED, dropped.first.wall, lane=dropped.lane, detail=detail(dropped, picture=name))

    def _clean(self) -> None:
        """Delete what has outlived its retention. Pictures first: on a full disk the journal needs their room."""
        self._cleaned_at = time.monotonic()
        self._clean_at = self._cleaned_at + CLEAN_EVERY_S
        now = self._now()
        for chore in (self._prune, self._forget, self._lay_ballast):
            try:
                chore(now)
            except StoreError as error:
                log.warning("уборка диска не удалась: %s", error)
                if chore == self._forget and self._journal is None:  # that nothing waits yet is no sign of writing
                    self._failed(error)
                    self._clean_at = self._cleaned_at + CLEAN_FULL_S

    def _prune(self, now: Instant) -> None:
        known = now.wall if now.wall_trusted else None
        pruned = prune_snapshots(Snapshots(self._state_dir / SNAPSHOT_FOLDER), self._settings, now=known)
        self._below_floor = pruned.below_floor

    def _forget(self, now: Instant) -> None:
        if self._journal is None:
            self._journal = self._open()
            if not self._waiting:
                self._well()
        if now.wall_trusted:  # a clock years ahead must not empty the journal
            self._journal.forget(keep_days=self._settings.keep_days, now=now.wall)
        gone, room = 0, self._settings.journal_max_mb * MB
        while portion := self._journal.fit(room, may_grow=not self._below_floor):
            gone += portion
            self._beat()
        if gone:
            log.warning("журнал занял отведённое место: удалено самых старых записей: %d", gone)

    def _lay_ballast(self, _now: Instant) -> None:
        self._ballast.lay(spare_bytes=self._settings.free_floor_mb * MB)

    def _failed(self, error: StoreError) -> None:
        self._retry_at = time.monotonic() + RETRY_S
        if isinstance(error, StoreFull):
            self._clean_at = min(self._clean_at, self._cleaned_at + CLEAN_FULL_S)
        if not self.trouble:
            log.error("журнал не пишется, записи ждут в памяти: %s", error)
        self.trouble = str(error)
        if self._journal is not None and not isinstance(error, StoreFull):
            self._journal.close()  # a damaged file is set aside when it is opened again
            self._journal = None

    def _well(self) -> None:
        if self.trouble:
            log.warning("журнал снова пишется")
        self.trouble = ""
        self._retry_at = 0.0
