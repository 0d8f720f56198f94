"""The journal's writer: after the barrier, never before it, and nothing lost while the disk is ill."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from camera.frame import Frame
from edge.core.events import ConsumePass, Instant, PassListChanged
from edge.core.record import VisitRecord
from edge.runtime import journal as journal_module
from edge.runtime.inbox import Inbox
from edge.runtime.journal import JournalWriter
from edge.runtime.pass_watch import PassWatch
from edge.store.errors import StoreFull
from edge.store.journal import Journal
from edge.store.local_passes import local_pass
from edge.store.passes import PassStore
from edge.store.settings import StoreSettings
from relay.protocol import EventKind, RelayEvent
from tests.store.records import visit_record

SETTINGS = StoreSettings(ballast_mb=0, free_floor_mb=1)
VISIT = visit_record()


def frame() -> Frame:
    return Frame(bgr=np.full((60, 80, 3), 90, np.uint8), captured=100.0, frame_id=7, lane="entry")


@contextmanager
def running(work: Callable[[threading.Event], None]) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=work, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(10)
    assert not thread.is_alive()


def test_a_visit_is_written_with_its_pictures(tmp_path: Path, noon: Instant) -> None:
    """Record, frame and plate are on the disk, the announcement and the cloud's poke have been made."""
    announced: list[VisitRecord] = []
    recorded = threading.Event()
    writer = JournalWriter(tmp_path, SETTINGS, now=lambda: noon, announce=announced.append, recorded=recorded.set)
    with running(writer.run):
        writer.record(VISIT, frame())
        assert recorded.wait(10)
    assert [VISIT] == announced
    with Journal(tmp_path / "journal.db") as journal:
        stored = journal.visit(VISIT.visit_id)
        assert stored is not None
        assert VISIT == stored.record
        for name in (stored.frame, stored.plate_crop):
            assert name is not None
            assert (journal.snapshots.read(name) or b"").startswith(b"\xff\xd8")


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
        assert refused.acquire(timeout=10)
        assert refused.acquire(timeout=10)
        assert 1 == len(announced)
        assert "диск полон" in writer.trouble
        full.clear()
        assert recorded.wait(10)
    assert "" == writer.trouble
    with Journal(tmp_path / "journal.db") as journal:
        assert journal.visit(VISIT.visit_id) is not None


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


def test_a_used_pass_is_marked_and_the_list_told(tmp_path: Path, noon: Instant) -> None:
    """A one-time pass that let its car in is marked in passes.db, and the controller's list is loaded anew."""
    changed = threading.Event()
    writer = JournalWriter(tmp_path, SETTINGS, now=lambda: noon, passes_changed=changed.set)
    with running(writer.run):
        writer.use_pass(ConsumePass("p1", VISIT.visit_id), noon)
        assert changed.wait(10)


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
