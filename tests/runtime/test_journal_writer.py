"""The journal's writer: after the barrier, never before it, and nothing lost while the disk is ill."""

from __future__ import annotations

import errno
import threading
import weakref
from dataclasses import replace
from datetime import UTC
from pathlib import Path

import numpy as np
import pytest

from camera.frame import Frame
from core.decision.record import DroppedSighting, VisitRecord
from core.events import BarrierActed, ConsumePass, Instant, PassListChanged, Reason
from core.rules.policy import Direction, Lane, Site
from core.turn.visit_record import cut_off_record
from edge.runtime import journal as journal_module
from edge.runtime.dropped import KIND as DROPPED
from edge.runtime.inbox import Inbox
from edge.runtime.journal import JournalWriter
from edge.runtime.outgoing import gate_event
from edge.runtime.pass_watch import PassWatch
from edge.store.errors import StoreBroken, StoreError, StoreFull, StoreLocked, StoreReadOnly
from edge.store.journal import Journal
from edge.store.local_passes import local_pass
from edge.store.openings import Openings
from edge.store.passes import PassStore
from edge.store.settings import StoreSettings
from edge.store.snapshots import Snapshots
from relay.protocol import EventKind, RelayEvent
from tests.patience import PATIENCE_S
from tests.runtime.threads import running, wait_until
from tests.store.records import visit_record

SETTINGS = StoreSettings(ballast_mb=0, free_floor_mb=1)
VISIT = visit_record()


def frame() -> Frame:
    return Frame(bgr=np.full((60, 80, 3), 90, np.uint8), captured=100.0, frame_id=7, lane="entry")


def test_a_visit_is_written_with_its_pictures(tmp_path: Path, noon: Instant) -> None:
    """Record, frame and plate are on the disk, the announcement and the cloud's poke have been made."""
    announced: list[VisitRecord] = []
    recorded = threading.Event()
    writer = JournalWriter(tmp_path, SETTINGS, now=lambda: noon, announce=announced.append, recorded=recorded.set)
    with running(writer.run):
        writer.record(VISIT, frame())
        assert recorded.wait(PATIENCE_S)
    assert [VISIT] == announced
    with Journal(tmp_path / "journal.db") as journal:
        stored = journal.visit(VISIT.visit_id)
        assert stored is not None
        assert VISIT == stored.record
        for name in (stored.frame, stored.plate_crop):
            assert name is not None
            assert (journal.snapshots.read(name) or b"").startswith(b"\xff\xd8")


def test_a_journal_that_cannot_be_opened_is_in_trouble_before_the_first_record(
    tmp_path: Path, noon: Instant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A quiet morning over a dead card is no journal that is written; once it opens, all is well."""
    monkeypatch.setattr(journal_module, "CLEAN_FULL_S", 0.0)
    folder = tmp_path / "state"
    (folder / "journal.db").mkdir(parents=True)
    writer = JournalWriter(folder, SETTINGS, now=lambda: noon)
    with running(writer.run):
        wait_until(lambda: writer.trouble)
        (folder / "journal.db").rmdir()
        wait_until(lambda: not writer.trouble)


def test_a_journal_whose_clock_is_never_trusted_is_bounded(
    tmp_path: Path, noon: Instant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A box without a date keeps its newest records within the journal's room; nobody has to trust its clock for that."""
    monkeypatch.setattr(journal_module, "MB", 1)
    with Journal(tmp_path / "journal.db") as journal:
        for number in range(300):
            journal.record(visit_record(number))
    doubted = replace(noon, wall_trusted=False)
    writer = JournalWriter(tmp_path, replace(SETTINGS, journal_max_mb=100_000), now=lambda: doubted)

    with running(writer.run):
        wait_until(lambda: len(_visits(tmp_path)) < 300)

    assert [visit_record(number).visit_id for number in range(200, 300)] == _visits(tmp_path)[-100:]


def _visits(folder: Path) -> list[str]:
    with Journal(folder / "journal.db", to_read=True) as journal:
        return [one.record.visit_id for one in journal.visits()]


@pytest.mark.parametrize("kind", [StoreFull, StoreReadOnly, StoreLocked, StoreBroken])
def test_a_picture_that_cannot_be_stored_holds_up_no_line_of_the_journal(
    tmp_path: Path, noon: Instant, monkeypatch: pytest.MonkeyPatch, kind: type[StoreError]
) -> None:
    """Whatever is wrong with the folder of pictures, a visit and a dropped sighting are recorded without theirs."""

    def fail(self: Snapshots, *what: object, **more: object) -> str:
        raise kind(tmp_path / "snapshots", "сюда нельзя писать")

    monkeypatch.setattr(Snapshots, "write", fail)
    recorded = threading.Event()
    writer = JournalWriter(tmp_path, SETTINGS, now=lambda: noon, recorded=recorded.set)
    dropped = DroppedSighting("sighting", "entry", "sign", "corner", noon, noon, 3, None, 7)
    with running(writer.run):
        writer.drop(dropped, frame())
        writer.record(VISIT, frame())
        assert recorded.wait(PATIENCE_S)
    with Journal(tmp_path / "journal.db") as journal:
        stored = journal.visit(VISIT.visit_id)
        assert stored is not None
        assert (None, None) == (stored.frame, stored.plate_crop)
        assert [note for note in journal.notices() if note.kind == DROPPED]


def test_records_wait_while_the_disk_is_full(tmp_path: Path, noon: Instant, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk loses no record: they wait in memory and are written when there is room; the trouble is told."""
    monkeypatch.setattr(journal_module, "RETRY_S", 0.01)
    full = threading.Event()
    full.set()
    refused = threading.Semaphore(0)
    write = Journal.record

    def record_if_room(self: Journal, visit: VisitRecord, **more) -> None:
        if full.is_set():
            refused.release()
            raise StoreFull(tmp_path, "диск полон")
        write(self, visit, **more)

    monkeypatch.setattr(Journal, "record", record_if_room)
    announced: list[VisitRecord] = []
    recorded = threading.Event()
    writer = JournalWriter(tmp_path, SETTINGS, now=lambda: noon, announce=announced.append, recorded=recorded.set)
    with running(writer.run):
        writer.record(VISIT, None)
        assert refused.acquire(timeout=PATIENCE_S)
        assert refused.acquire(timeout=PATIENCE_S)
        assert 1 == len(announced)
        assert "диск полон" in writer.trouble
        full.clear()
        assert recorded.wait(PATIENCE_S)
    assert "" == writer.trouble
    with Journal(tmp_path / "journal.db") as journal:
        assert journal.visit(VISIT.visit_id) is not None


def test_pictures_that_wait_for_a_disk_do_not_fill_the_memory(
    tmp_path: Path, noon: Instant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the disk fails only the newest few records keep their pictures, so that the gate is not killed for memory."""
    monkeypatch.setattr(journal_module, "RETRY_S", 0.01)
    failing = threading.Event()
    failing.set()
    pictured: list[str] = []
    save = JournalWriter._save

    def save_if_room(self: JournalWriter, journal: Journal, job: journal_module.SaveVisit) -> None:
        if failing.is_set():
            raise StoreFull(tmp_path, "диск полон")
        pictured.extend([job.record.visit_id] * (job.frame is not None))
        save(self, journal, job)

    monkeypatch.setattr(JournalWriter, "_save", save_if_room)
    frames = [frame() for _ in range(50)]
    alive = [weakref.ref(one.bgr) for one in frames]
    visits = [visit_record(number) for number in range(50)]
    writer = JournalWriter(tmp_path, SETTINGS, now=lambda: noon)
    with running(writer.run):
        for visit in visits:
            writer.record(visit, frames.pop(0))
        wait_until(lambda: sum(ref() is not None for ref in alive) <= journal_module.MOST_PICTURES)
        failing.clear()
    assert [visit.visit_id for visit in visits[-journal_module.MOST_PICTURES :]] == pictured
    with Journal(tmp_path / "journal.db") as journal:
        assert 50 == len(journal.visits())


def test_a_full_disk_is_cleaned_while_records_wait(
    tmp_path: Path, noon: Instant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the disk is full and the ballast is used up, the oldest pictures give way, so that records can be written."""
    monkeypatch.setattr(journal_module, "RETRY_S", 0.01)
    monkeypatch.setattr(journal_module, "CLEAN_FULL_S", 0.01)
    old = tmp_path / "snapshots" / "2026-01-01" / "old.jpg"
    writing = Journal.record, Journal.forget

    def if_room(write):
        def written(self: Journal, *what, **more):
            if old.exists():
                raise StoreFull(tmp_path, "диск полон")
            return write(self, *what, **more)

        return written

    monkeypatch.setattr(Journal, "record", if_room(writing[0]))
    monkeypatch.setattr(Journal, "forget", if_room(writing[1]))
    recorded, cleaned = threading.Event(), threading.Event()
    writer = JournalWriter(tmp_path, SETTINGS, now=lambda: noon, recorded=recorded.set)
    monkeypatch.setattr(writer._ballast, "lay", lambda **_: cleaned.set())
    with running(writer.run):
        assert cleaned.wait(PATIENCE_S)  # the hour's cleaning is over when the disk becomes full
        old.parent.mkdir(parents=True)
        old.write_bytes(bytes(100))
        writer.record(VISIT, None)
        assert recorded.wait(PATIENCE_S)
    assert "" == writer.trouble


def test_a_card_that_turned_read_only_stops_nobody(
    tmp_path: Path, noon: Instant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk on which nothing can be deleted any more is told as trouble; the thread, and the gate with it, lives on."""
    monkeypatch.setattr(journal_module, "RETRY_S", 0.01)
    old = tmp_path / "snapshots" / "2026-01-01" / "old.jpg"
    old.parent.mkdir(parents=True)
    old.write_bytes(bytes(100))
    tried = threading.Semaphore(0)

    def read_only(self: Path, missing_ok: bool = False) -> None:  # noqa: FBT001, FBT002
        tried.release()
        raise OSError(errno.EROFS, "Read-only file system", str(self))

    def full(*_, **__) -> None:
        raise StoreFull(tmp_path, "диск полон")

    monkeypatch.setattr(Journal, "record", full)
    writer = JournalWriter(tmp_path, StoreSettings(ballast_mb=1, free_floor_mb=1), now=lambda: noon)
    thread = threading.Thread(target=writer.run, args=(stop := threading.Event(),))
    with monkeypatch.context() as broken:
        broken.setattr(Path, "unlink", read_only)
        thread.start()
        writer.record(VISIT, None)
        assert tried.acquire(timeout=PATIENCE_S)
        wait_until(lambda: bool(writer.trouble) or not thread.is_alive())
        assert thread.is_alive()
    stop.set()
    thread.join(PATIENCE_S)


def test_a_broken_list_does_not_hold_up_the_journal(
    tmp_path: Path, noon: Instant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mark that cannot be written in passes.db waits by itself; the visits after it reach their own file."""
    monkeypatch.setattr(journal_module, "RETRY_S", 0.01)
    path = tmp_path / "passes.db"
    path.mkdir()
    recorded, changed = threading.Event(), threading.Event()
    writer = JournalWriter(tmp_path, SETTINGS, now=lambda: noon, recorded=recorded.set, passes_changed=changed.set)
    with running(writer.run):
        writer.use_pass(ConsumePass("p1", VISIT.visit_id), noon)
        writer.record(VISIT, None)
        assert recorded.wait(PATIENCE_S)
        path.rmdir()
        assert changed.wait(PATIENCE_S)


def test_what_the_relay_tells_is_acknowledged_after_it_is_written(tmp_path: Path, noon: Instant) -> None:
    """`journalled` grows only behind the disk."""
    event = RelayEvent(5, "e5", EventKind.ALARM, 100.0, 0.0, "boot", barrier="main", outcome="stuck", detail="контакт")
    writer = JournalWriter(tmp_path, SETTINGS, now=lambda: noon)
    assert 0 == writer.journalled
    with running(writer.run):
        writer.note_relay(event, noon)
    assert 5 == writer.journalled
    with Journal(tmp_path / "journal.db") as journal:
        assert [("relay_alarm", "main stuck контакт")] == [(one.kind, one.detail) for one in journal.notices()]


def acted(request_id: str, noon: Instant, reason: Reason = Reason.CONSOLE) -> BarrierActed:
    return BarrierActed(noon, "main", "entry", request_id, reason, "done", by="console:Иван")


def test_an_opening_of_an_earlier_process_is_recorded_at_the_start(tmp_path: Path, noon: Instant) -> None:
    """What was told and is in no visit is recorded, announced and sent, with the lane as the config has it; once."""
    with Journal(tmp_path / "journal.db") as journal:
        journal.note("relay_acted", noon.wall, event_id="e1", opening=acted("r1", noon))
    site = Site((Lane("entry", Direction.ENTRY, "main"),))
    announced: list[VisitRecord] = []
    for _ in range(2):
        writer = JournalWriter(
            tmp_path,
            SETTINGS,
            now=lambda: noon,
            announce=announced.append,
            outgoing=lambda record: gate_event(record, zone=UTC),
            cut_off=lambda opening: cut_off_record(opening, site.lane(opening.lane or "")),
        )
        with running(writer.run):
            pass
    with Journal(tmp_path / "journal.db") as journal:
        (stored,) = journal.visits()
        (sent,) = journal.outbox.events(limit=10)
    assert [stored.record] == announced
    assert ("r1", "console:Иван", noon) == (
        stored.record.openings[0].request_id,
        stored.record.openings[0].by,
        stored.record.first,
    )
    assert ("entry", Direction.ENTRY, None) == (stored.record.lane, stored.record.direction, stored.record.plate)
    assert (stored.record.visit_id, "opening", "console") == (sent.id, sent.kind, sent.reason)


def test_an_opening_that_nobody_here_asked_for_is_recorded_before_it_is_acknowledged(
    tmp_path: Path, noon: Instant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While its record cannot be written, its event stays with the relay; then both are there, once."""
    monkeypatch.setattr(journal_module, "RETRY_S", 0.01)
    full = threading.Event()
    full.set()
    refused = threading.Semaphore(0)
    write = Journal.record

    def record_if_room(self: Journal, visit: VisitRecord, **more) -> bool:
        if full.is_set():
            refused.release()
            raise StoreFull(tmp_path, "диск полон")
        return write(self, visit, **more)

    monkeypatch.setattr(Journal, "record", record_if_room)
    announced: list[VisitRecord] = []
    event = RelayEvent(7, "e7", EventKind.ACTED, 100.0, 0.0, "boot", barrier="main", request_id="r1", outcome="done")
    writer = JournalWriter(tmp_path, SETTINGS, now=lambda: noon, announce=announced.append)
    with running(writer.run):
        writer.note_relay(event, noon, opening=acted("r1", noon, Reason.PASS_VALID), lost=True)
        assert refused.acquire(timeout=PATIENCE_S)
        assert refused.acquire(timeout=PATIENCE_S)
        assert 0 == writer.journalled
        full.clear()
    assert 7 == writer.journalled
    with Journal(tmp_path / "journal.db") as journal:
        assert ["relay_acted"] == [one.kind for one in journal.notices()]
        assert ["r1"] == [one.record.openings[0].request_id for one in journal.visits()]
        assert announced == [one.record for one in journal.visits()]


def test_openings_of_before_that_cannot_be_read_hold_up_no_line_of_the_journal(
    tmp_path: Path, noon: Instant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was told to an earlier process waits for the next start; what happens now is written."""

    def fail(self: Openings) -> tuple[BarrierActed, ...]:
        raise StoreBroken(tmp_path, "не читается")

    monkeypatch.setattr(Openings, "unrecorded", fail)
    recorded = threading.Event()
    writer = JournalWriter(tmp_path, SETTINGS, now=lambda: noon, recorded=recorded.set)
    with running(writer.run):
        writer.record(VISIT, None)
        assert recorded.wait(PATIENCE_S)
    assert "" == writer.trouble


def test_the_end_of_a_hold_is_recorded(tmp_path: Path, noon: Instant) -> None:
    """That the barrier may close again is written down like its opening: which, what ended and how."""
    event = RelayEvent(6, "e6", EventKind.ENDED, 100.0, 0.0, "boot", barrier="main", what="hold", outcome="released")
    writer = JournalWriter(tmp_path, SETTINGS, now=lambda: noon)
    with running(writer.run):
        writer.note_relay(event, noon)
    with Journal(tmp_path / "journal.db") as journal:
        assert [("relay_ended", "main hold released")] == [(one.kind, one.detail) for one in journal.notices()]


def test_a_used_pass_is_marked_and_the_list_told(tmp_path: Path, noon: Instant) -> None:
    """A one-time pass that let its car in is marked in passes.db, and the controller's list is loaded anew."""
    changed = threading.Event()
    writer = JournalWriter(tmp_path, SETTINGS, now=lambda: noon, passes_changed=changed.set)
    with running(writer.run):
        writer.use_pass(ConsumePass("p1", VISIT.visit_id), noon)
        assert changed.wait(PATIENCE_S)


def test_a_changed_list_reaches_the_controller(tmp_path: Path, noon: Instant) -> None:
    """`gate passes add` in another process, with a word to the gate or without: the new list comes."""
    path, inbox = tmp_path / "passes.db", Inbox()
    watch = PassWatch(path, inbox=inbox, now=lambda: noon)
    assert 0 == len(watch.first())
    with running(watch.run):
        with PassStore(path) as store:
            store.local.add([local_pass("A123BC77", None, None)], at=noon.wall)
        watch.changed()
        while (item := inbox.take(10)) is not None:  # it may have looked before the plate was there
            assert isinstance(item.event, PassListChanged)
            if "A123BC77" in item.event.passes:
                break
    assert item is not None


def test_a_list_that_cannot_be_read_is_an_empty_one(tmp_path: Path, noon: Instant) -> None:
    """Without a list the gate starts all the same: exits open."""
    path = tmp_path / "passes.db"
    path.mkdir()
    assert 0 == len(PassWatch(path, inbox=Inbox(), now=lambda: noon).first())
