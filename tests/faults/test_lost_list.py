"""passes.db of 0 bytes, deleted, half, or old: what a power cut and a worn card leave of the list."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.store.good_copy import good_copies, good_copy_path
from edge.store.local_passes import local_pass
from edge.store.passes import PassStore
from tests.faults.conftest import Site
from tests.pass_items import pass_item

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)


def parts(path: Path) -> list[Path]:
    return [path, *path.parent.glob(f"{path.name}-*")]


def empty(path: Path) -> None:
    for part in parts(path):
        part.write_bytes(b"")


def delete(path: Path) -> None:
    for part in parts(path):
        part.unlink()


def halve(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def header_only(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:100])


def filled(path: Path, count: int = 40) -> None:
    """A cloud list with a blocked plate, one local pass, all of it in the main file, and the good copy."""
    with PassStore(path) as store:
        items = [pass_item(id=f"p{n}", plate=f"A{n:03}BC77", blocked=n == 3) for n in range(count)]
        store.cloud.apply(items, cursor="c7", at=NOW)
        store.local.add([local_pass("K777KK77", None, None)], at=NOW)
        store.keep_good_copy()
    link = sqlite3.connect(path)
    link.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    link.close()


@pytest.mark.parametrize("harm", [empty, delete, halve, header_only])
def test_a_lost_list_comes_back_from_its_copy(tmp_path: Path, harm: Callable[[Path], None]) -> None:
    """Cloud passes, blocks, local passes and the cursor are those of the copy, and the copy is not overwritten."""
    path = tmp_path / "passes.db"
    filled(path)
    harm(path)
    with PassStore(path) as store:
        passes = store.load()
        assert store.restored
        assert (41, "c7") == (len(passes), store.cloud.state().cursor)
        assert passes.for_plate("A003BC77")[0].blocked
        store.keep_good_copy()
    with PassStore(path) as store:
        assert not store.restored
        assert 41 == len(store.load())


def test_an_old_file_in_place_of_the_newest_is_not_believed(tmp_path: Path) -> None:
    """A card that has lost its last writes: the copy is newer than the file, so the copy holds."""
    path = tmp_path / "passes.db"
    filled(path)
    shutil.copy(path, tmp_path / "old.db")
    with PassStore(path) as store:
        store.cloud.apply([pass_item(id="p1", plate="A001BC77", deleted=True)], cursor="c8", at=NOW)
        store.keep_good_copy()
    delete(path)
    shutil.copy(tmp_path / "old.db", path)
    with PassStore(path) as store:
        assert store.restored
        assert store.load().for_plate("A001BC77")[0].revoked


def test_a_copy_that_is_torn_gives_way_to_the_one_before(tmp_path: Path) -> None:
    """With the newest copy damaged too an older one is taken, rather than nothing."""
    path = tmp_path / "passes.db"
    filled(path)
    with PassStore(path) as store:
        store.cloud.apply([pass_item(id="new", plate="B001BC77")], cursor="c8", at=NOW)
        store.keep_good_copy()
    assert 2 == len(good_copies(path))
    good_copy_path(path).write_bytes(good_copy_path(path).read_bytes()[:-20])
    delete(path)
    with PassStore(path) as store:
        assert store.restored
        assert 41 == len(store.load())


def test_the_copy_never_shrinks_without_a_word(tmp_path: Path) -> None:
    """A list that shrinks to under half is told, and the longer copy is kept beside the new one."""
    path = tmp_path / "passes.db"
    filled(path)
    with PassStore(path) as store:
        store.cloud.begin_staging()
        store.cloud.stage([pass_item(id="p1", plate="A001BC77")], cursor="c9")
        store.cloud.commit_staging(at=NOW)
        copied = store.keep_good_copy()
    assert (41, 2) == (copied.shrunk_from, copied.passes)
    older = good_copies(path)[1].read_text()
    assert "A039BC77" in older


def test_fresh_is_told_from_lost(tmp_path: Path) -> None:
    """A box that never had a list has an empty one; one that had, and lost file and copies, has one nobody knows."""
    path = tmp_path / "passes.db"
    with PassStore(path) as store:
        assert [False] * 3 == [store.lost, store.restored, store.load().unread]
        store.keep_good_copy()
    filled(path)
    delete(path)
    for copy in good_copies(path):
        copy.unlink()
    with PassStore(path) as store:
        assert store.lost
        assert store.load().unread
        assert not store.keep_good_copy().wrote
        store.local.add([local_pass("K777KK77", None, None)], at=NOW)
        assert not store.load().unread


def test_an_empty_list_with_its_copy_is_neither_lost_nor_restored(tmp_path: Path) -> None:
    """A box that has just been set up keeps a copy of its empty list; opening it again mends nothing."""
    path = tmp_path / "passes.db"
    for _ in range(3):
        with PassStore(path) as store:
            assert [False] * 3 == [store.lost, store.restored, store.load().unread]
            store.keep_good_copy()
    with PassStore(path) as reader, PassStore(path) as store:
        reader.load()
        store.local.add([local_pass("K777KK77", None, None)], at=NOW)


def test_two_who_find_a_lost_list_mend_it_once(tmp_path: Path) -> None:
    """However many open a lost list at once, each has the whole of it, and none is turned away."""
    path = tmp_path / "passes.db"
    filled(path)
    delete(path)
    with ThreadPoolExecutor(6) as pool:

        def opened(_: int) -> tuple[int, bool]:
            with PassStore(path) as store:
                return len(store.load()), store.restored

        found = [*pool.map(opened, range(6))]
    assert [41] * 6 == [count for count, _ in found]
    assert 1 == sum(restored for _, restored in found)


def test_the_gate_tells_it(site: Site) -> None:
    """After a power cut that left 0 bytes the running gate has the list of the copy and says so."""
    site.add_pass("A123BC77")
    empty(site.state_dir / "passes.db")
    site.run()
    assert 1 == site.up().passes
    assert {"list_restored"} == site.alarms()
