"""Files that break while the gate runs: whoever has them open goes on with what takes their place."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path
from typing import ClassVar

import pytest

from core.events import Instant, PassListChanged
from core.passes.pass_list import PassList
from edge.config import load
from edge.runtime import pass_watch, syncing
from edge.runtime.clock import Clock
from edge.runtime.inbox import Inbox
from edge.runtime.journal import JournalWriter
from edge.runtime.pass_watch import PassWatch
from edge.runtime.syncing import CloudWorker
from edge.store.database import COMPANIONS
from edge.store.errors import StoreBroken, StoreFull
from edge.store.journal import Journal
from edge.store.local_passes import local_pass
from edge.store.passes import PassStore
from edge.store.settings import StoreSettings
from relay.fake import FakeRelay
from sync.link import LinkParts
from sync.wire import PassItem
from tests.pass_items import pass_item
from tests.patience import PATIENCE_S
from tests.runtime.threads import running, wait_until
from tests.store.records import visit_record

PAGE = 4096


def item(number: int, **changes: object) -> PassItem:
    return pass_item(**{"id": f"p{number}", "plate": f"A{number:03}BC77", **changes})  # type: ignore[arg-type]


def filled(path: Path, noon: Instant) -> None:
    """A list of several pages with its good copy, all of it in the file itself."""
    with PassStore(path) as store:
        store.cloud.apply([item(number) for number in range(300)], cursor="c1", at=noon.wall)
        store.keep_good_copy()
    link = sqlite3.connect(path)
    link.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    link.close()


def damage(path: Path) -> None:
    """What a worn card does: the same file, with rubbish over the pages of the list's indexes and of what lies behind them."""
    with path.open("r+b") as file:
        file.seek(PAGE * 4)
        file.write(b"\xff" * PAGE * 6)


def list_with(inbox: Inbox, plate: str) -> PassList:
    """The first list that names the plate."""
    while (found := inbox.take(10)) is not None:
        assert isinstance(found.event, PassListChanged)
        if plate in found.event.passes:
            return found.event.passes
    raise AssertionError("no such list has come")


class Link:
    """In place of the link to the cloud: keeps its files open for as long as it may."""

    opened: ClassVar[list] = []

    def __init__(self, _settings: object, parts: LinkParts, *, version: str) -> None:
        self.parts, self.version = parts, version

    def run(self, stop: threading.Event) -> None:
        with self.parts.open_cache() as cache, self.parts.open_outbox():
            self.opened.append(cache)
            while not stop.is_set():
                self.parts.beat()
                if len(self.opened) == 1:
                    self.stir(cache)
                stop.wait(0.01)

    def stir(self, cache) -> None:
        """What the first link does on its thread."""


@pytest.mark.parametrize("who", ["the link itself", "another program"])
def test_the_cloud_writes_into_the_list_that_is_in_force(
    config_file: Path, noon: Instant, monkeypatch: pytest.MonkeyPatch, who: str
) -> None:
    """When passes.db breaks under the link to the cloud, the link begins anew on the file that takes its place."""
    config_file.write_text(config_file.read_text() + '\n[cloud]\nurl = "https://okter.invalid"\n')
    config = load(config_file)
    path = config.state_dir / "passes.db"
    config.state_dir.mkdir(parents=True)
    filled(path, noon)
    damaged = threading.Event()

    class Stirring(Link):
        opened: ClassVar[list] = []

        def stir(self, cache) -> None:
            if damaged.is_set() and who == "the link itself":
                try:
                    cache.apply([item(number, deleted=True) for number in range(300)], cursor="c2", at=noon.wall)
                except StoreBroken:
                    return

    monkeypatch.setattr(syncing, "CloudLink", Stirring)
    monkeypatch.setattr(syncing, "LOOK_S", 0.01)
    worker = CloudWorker(
        config, clock=Clock(), relay=FakeRelay(), passes_changed=lambda: None, gate_status=lambda: None
    )
    with running(worker.run):
        wait_until(lambda: len(Stirring.opened) == 1)
        damage(path)
        damaged.set()
        if who == "another program":
            with PassStore(path) as store:
                assert store.set_aside is not None
        wait_until(lambda: len(Stirring.opened) == 2)
    with PassStore(path) as store:
        assert 300 == len(store.load())
        assert store.set_aside is None
    assert 1 == len([one for one in config.state_dir.glob("passes.db.corrupt.*") if one.suffix.endswith("Z")])


def test_the_list_in_force_is_that_of_the_file_in_its_place(tmp_path: Path, noon: Instant) -> None:
    """When another program sets a damaged passes.db aside, the gate reads on in the new one."""
    path, inbox = tmp_path / "passes.db", Inbox()
    filled(path, noon)
    watch = PassWatch(path, inbox=inbox, now=lambda: noon)
    watch.first()
    with running(watch.run):
        watch.changed()
        list_with(inbox, "A001BC77")
        damage(path)
        with PassStore(path) as store:
            assert store.set_aside is not None
            store.cloud.apply([item(1, deleted=True)], cursor="c2", at=noon.wall)
            store.local.add([local_pass("K777KK77", None, None)], at=noon.wall)
        watch.changed()
        assert list_with(inbox, "K777KK77").for_plate("A001BC77")[0].revoked


def test_a_list_whose_copy_cannot_be_written_is_loaded_once(
    tmp_path: Path, noon: Instant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk without room for the good copy costs the copy: the list is in force and not read over and over."""
    monkeypatch.setattr(pass_watch, "LOOK_S", 0.01)
    monkeypatch.setattr(pass_watch, "RETRY_S", 0.01)
    monkeypatch.setattr(pass_watch, "COPY_AGAIN_S", 0.01)
    tried = threading.Semaphore(0)

    def full(self: PassStore) -> bool:
        tried.release()
        raise StoreFull(self.path, "диск полон")

    monkeypatch.setattr(PassStore, "keep_good_copy", full)
    path, inbox = tmp_path / "passes.db", Inbox()
    watch = PassWatch(path, inbox=inbox, now=lambda: noon)
    watch.first()
    with PassStore(path) as store:
        store.local.add([local_pass("K777KK77", None, None)], at=noon.wall)
    with running(watch.run):
        list_with(inbox, "K777KK77")
        for _ in range(20):
            assert tried.acquire(timeout=PATIENCE_S)
    assert len(inbox) <= 2


def test_visits_are_written_to_the_journal_that_is_read(tmp_path: Path, noon: Instant) -> None:
    """When another program sets journal.db aside, the next visit is written into the new one."""
    path = tmp_path / "journal.db"
    recorded = threading.Semaphore(0)
    writer = JournalWriter(
        tmp_path, StoreSettings(ballast_mb=0, free_floor_mb=1), now=lambda: noon, recorded=recorded.release
    )
    with running(writer.run):
        writer.record(visit_record(1), None)
        assert recorded.acquire(timeout=PATIENCE_S)
        for companion in COMPANIONS:  # a log that stayed would be shared, with its locks, by the old file and the new
            if (part := tmp_path / f"journal.db{companion}").exists():
                part.rename(tmp_path / f"journal.db.corrupt{companion}")
        with Journal(path):
            pass
        writer.record(visit_record(2), None)
        assert recorded.acquire(timeout=PATIENCE_S)
    with Journal(path) as journal:
        assert [visit_record(2).visit_id] == [one.record.visit_id for one in journal.visits()]
