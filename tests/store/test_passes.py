from __future__ import annotations

import hashlib
import json
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.passes.pass_list import PassSource
from core.passes.schedule import NEVER
from edge.store.errors import StoreBroken, StoreFull
from edge.store.good_copy import good_copy_path
from edge.store.local_passes import local_pass
from edge.store.passes import PassStore
from sync.wire import PassItem
from tests.pass_items import pass_item


def item(number: int, **changes: object) -> PassItem:
    return pass_item(**{"id": f"p{number}", "plate": f"A{number:03}BC77", **changes})  # type: ignore[arg-type]


def test_a_pass_typed_in_cyrillic_is_found_by_what_the_camera_reads(passes: PassStore, now: datetime) -> None:
    """The list is looked up by the canonical plate, whatever alphabet the cloud sent."""
    passes.cloud.apply([item(1, plate="а001вс77")], cursor="c1", at=now)

    assert ["p1"] == [found.id for found in passes.load().for_plate("A001BC77")]


def test_a_later_load_shows_changed_new_used_and_withdrawn_passes(passes: PassStore, now: datetime) -> None:
    """Loading again after a delta gives the same list as loading everything."""
    passes.cloud.apply([item(n, one_time=n == 3) for n in range(5)], cursor="c1", at=now)
    passes.load()

    passes.cloud.apply([item(1, object="дом 2"), item(2, deleted=True, plate="X"), item(7)], cursor="c2", at=now)
    passes.cloud.mark_used("p3", "visit", at=now)
    incremental = passes.load()

    with PassStore(passes.path) as fresh:
        assert set(fresh.load()) == set(incremental)
    assert "c2" == incremental.version
    assert "дом 2" == incremental.for_plate("A001BC77")[0].note
    assert incremental.for_plate("A002BC77")[0].revoked
    assert incremental.for_plate("A003BC77")[0].used
    assert "A007BC77" in incremental


def test_a_swap_takes_away_what_the_new_list_does_not_name(passes: PassStore, now: datetime) -> None:
    """After a full list, only its passes are there, also for a loader that had read the old one."""
    passes.cloud.apply([item(1), item(2)], cursor="c1", at=now)
    passes.load()

    passes.cloud.begin_staging()
    passes.cloud.stage([item(2), item(3)], cursor="s1")
    assert {"p1", "p2"} == {found.id for found in passes.load()}
    passes.cloud.commit_staging(at=now)

    assert {"p2", "p3"} == {found.id for found in passes.load()}


def test_one_bad_pass_leaves_the_others(passes: PassStore, now: datetime) -> None:
    """A plate that cannot be one, or a period that ends before it starts, matches nothing and harms nothing."""
    backwards = {"valid_from": now, "valid_until": now - timedelta(hours=1)}
    passes.cloud.apply([item(1, plate="???"), item(2, **backwards), item(3)], cursor="c1", at=now)

    assert ["p3"] == [found.id for found in passes.load()]


def test_a_block_whose_period_is_spoiled_holds(passes: PassStore, now: datetime) -> None:
    """Backwards from the cloud, or made so by a worn card: begun and without an end, and named until it is set anew."""
    backwards = {"valid_from": now, "valid_until": now - timedelta(hours=1)}
    passes.cloud.apply([item(1, blocked=True, **backwards), item(2, blocked=True), item(3)], cursor="c1", at=now)
    passes.local.add([local_pass("A004BC77", None, now + timedelta(days=1), blocked=True)], at=now)
    passes._db.conn.execute("UPDATE cloud_pass SET valid_until = '2O26-13-99' WHERE id IN ('p2', 'p3')")
    passes._db.conn.execute("UPDATE local_rule SET valid_until = 'x'")
    passes._db.conn.commit()

    found = {one.plate: (one.blocked, one.valid_from, one.valid_until) for one in passes.load()}
    assert dict.fromkeys(("A001BC77", "A002BC77", "A004BC77"), (True, None, None)) == found
    assert ("A001BC77", "A002BC77", "A004BC77") == passes.spoiled_blocks
    good = {"valid_from": now, "valid_until": now + timedelta(hours=1)}
    passes.cloud.apply([item(1, blocked=True, **good), item(2, deleted=True)], cursor="c2", at=now)
    passes.load()
    assert ("A004BC77",) == passes.spoiled_blocks


@pytest.mark.parametrize("whole", [False, True])
def test_the_last_word_of_a_page_on_a_pass_holds(passes: PassStore, now: datetime, whole: bool) -> None:  # noqa: FBT001
    """A pass that one page first changes and then withdraws is withdrawn; one withdrawn and given again holds."""
    page = [item(1), item(1, deleted=True), item(2, deleted=True), item(2)]
    if whole:
        passes.cloud.begin_staging()
        passes.cloud.stage(page, cursor="s1")
        passes.cloud.commit_staging(at=now)
    else:
        passes.cloud.apply([item(1), item(2)], cursor="c1", at=now)
        passes.cloud.apply(page, cursor="c2", at=now)

    assert ["p2"] == [found.id for found in passes.load() if not found.revoked]


def test_a_pass_edited_into_nonsense_opens_for_its_old_plate_no_more(passes: PassStore, now: datetime) -> None:
    """A pass whose plate is changed to one that cannot be read lets its old plate in no longer."""
    passes.cloud.apply([item(1), item(2)], cursor="c1", at=now)
    passes.load()

    passes.cloud.apply([item(1, plate="???")], cursor="c2", at=now)

    assert ["p2"] == [found.id for found in passes.load()]


@pytest.mark.parametrize(("column", "rotten"), [("valid_until", "2O26-13-99"), ("plate", "A\x01"), ("valid_from", 7)])
@pytest.mark.parametrize("table", ["cloud_pass", "local_pass"])
def test_a_line_that_rots_on_the_card_harms_no_other(
    passes: PassStore, now: datetime, table: str, column: str, rotten: object
) -> None:
    """What a worn card makes of one pass costs that pass and never the list."""
    passes.cloud.apply([item(1), item(2)], cursor="c1", at=now)
    passes.local.add([local_pass("A001BC77", None, None), local_pass("A002BC77", None, None)], at=now)
    passes._db.conn.execute(f"UPDATE {table} SET {column} = ? WHERE plate = 'A001BC77'", (rotten,))
    passes._db.conn.commit()

    with PassStore(passes.path) as fresh:
        assert 3 == len(fresh.load())


def test_the_local_list_stands_beside_the_clouds(passes: PassStore, now: datetime) -> None:
    """A technician's pass is loaded with its own source, and goes when removed."""
    passes.cloud.apply([item(1)], cursor="c1", at=now)
    passes.local.add([local_pass("A001BC77", None, None, "бригада")], at=now)

    sources = {found.source for found in passes.load().for_plate("A001BC77")}
    assert {PassSource.CLOUD, PassSource.LOCAL} == sources

    assert 1 == passes.local.remove("A001BC77")
    assert [PassSource.CLOUD] == [found.source for found in passes.load().for_plate("A001BC77")]


def test_importing_a_list_twice_changes_nothing(passes: PassStore, now: datetime) -> None:
    """A local pass is named by its plate and period."""
    lines = [local_pass("A001BC77", None, now), local_pass("A001BC77", now, None)]

    assert 2 == passes.local.add(lines, at=now)
    assert 0 == passes.local.add(lines, at=now)
    assert 2 == len(passes.local.all())


def test_a_damaged_file_is_rebuilt_from_the_last_good_copy(tmp_path: Path, now: datetime) -> None:
    """The residents' list survives a broken card: the damaged file is set aside under its time."""
    path = tmp_path / "passes.db"
    with PassStore(path) as store:
        store.cloud.apply([item(n) for n in range(300)], cursor="c9", at=now)
        store.local.add([local_pass("K777KK199", None, None)], at=now)
        assert store.keep_good_copy().wrote
        assert not store.keep_good_copy().wrote
        before = set(store.load())
    path.write_bytes(b"garbage" * 4096)

    with PassStore(path) as store:
        assert before == set(store.load())
        assert "c9" == store.cloud.state().cursor
        assert store.set_aside is not None
        assert store.set_aside.read_bytes().startswith(b"garbage")


def test_the_copy_is_written_anew_after_it_was_needed(tmp_path: Path, now: datetime) -> None:
    """A copy made before the damage is never taken for one of the changes made since."""
    path = tmp_path / "passes.db"
    with PassStore(path) as store:
        store.cloud.apply([item(1)], cursor="c1", at=now)
        store.local.add([local_pass("K777KK199", None, None)], at=now)
        store.local.remove("K777KK199")
        store.keep_good_copy()
    path.write_bytes(b"garbage" * 4096)

    with PassStore(path) as store:
        store.cloud.apply([item(1, deleted=True)], cursor="c2", at=now)
        store.cloud.apply([item(2)], cursor="c3", at=now)
        assert store.keep_good_copy().wrote


def test_a_damaged_page_in_the_middle_is_noticed(tmp_path: Path, now: datetime) -> None:
    """Damage that only a page check can see sets the file aside too."""
    path = tmp_path / "passes.db"
    with PassStore(path) as store:
        store.cloud.apply([item(n) for n in range(900)], cursor="c9", at=now)
    body = bytearray(path.read_bytes())
    body[len(body) // 2 : len(body) // 2 + 4096] = b"\xff" * 4096
    path.write_bytes(body)

    with PassStore(path) as store:
        assert store.set_aside is not None


def test_a_bad_copy_is_not_believed(tmp_path: Path, now: datetime) -> None:
    """A copy whose checksum differs is no list: better none than a wrong one."""
    path = tmp_path / "passes.db"
    with PassStore(path) as store:
        store.cloud.apply([item(1)], cursor="c9", at=now)
        store.keep_good_copy()
    copy = good_copy_path(path)
    copy.write_bytes(copy.read_bytes().replace(b"A001BC77", b"A002BC77"))
    path.write_bytes(b"garbage" * 4096)

    with PassStore(path) as store:
        assert 0 == len(store.load())


def test_a_write_that_fails_half_way_leaves_the_old_list(passes: PassStore, now: datetime) -> None:
    """Items and cursor commit together or not at all."""
    passes.cloud.apply([item(1)], cursor="c1", at=now)

    def broken() -> list[PassItem]:
        return [item(2), item(3, plate=None)]

    with pytest.raises(TypeError):
        passes.cloud.apply(broken(), cursor="c2", at=now)

    assert "c1" == passes.cloud.state().cursor
    assert ["p1"] == [found.id for found in passes.load()]


def test_a_full_disk_is_told_as_such(passes: PassStore, now: datetime) -> None:
    """When there is no room, the error says so and the old list stays."""
    passes.cloud.apply([item(1)], cursor="c1", at=now)
    pages = passes._db.conn.execute("PRAGMA page_count").fetchone()[0]
    passes._db.conn.execute(f"PRAGMA max_page_count = {pages}")

    with pytest.raises(StoreFull, match="диск полон"):
        passes.cloud.apply([item(n, object="x" * 100) for n in range(2, 2000)], cursor="c2", at=now)

    assert ["p1"] == [found.id for found in passes.load()]


def test_withdrawn_passes_are_forgotten_in_the_end(passes: PassStore) -> None:
    """A tombstone lives for its thirty days and not for ever."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    passes.cloud.apply([item(1)], cursor="c1", at=start)
    passes.cloud.apply([item(1, deleted=True)], cursor="c2", at=start)
    assert passes.load().for_plate("A001BC77")[0].revoked

    passes.cloud.apply([item(2)], cursor="c3", at=start + timedelta(days=31))

    assert () == passes.load().for_plate("A001BC77")


HOURS = "1-5 08:00-18:00 Europe/Moscow"


def test_hours_of_a_cloud_pass_are_kept_and_may_change(passes: PassStore, now: datetime) -> None:
    """Hours come with the pass by either way, and go when the cloud says so."""
    passes.cloud.apply([item(1, hours=HOURS), item(2)], cursor="c1", at=now)
    (found,) = passes.load().for_plate("A001BC77")
    assert found.hours is not None
    assert HOURS == found.hours.text()
    passes.cloud.begin_staging()
    passes.cloud.stage([item(1), item(2, hours=HOURS), item(3, hours="1-5 whenever UTC")], cursor="c2")
    passes.cloud.commit_staging(at=now)
    kept = {one.id: one.hours for one in passes.load()}
    assert (None, HOURS) == (kept["p1"], kept["p2"] and kept["p2"].text())
    assert kept["p3"] is NEVER, "what cannot be read holds never"
    passes.cloud.apply([item(2)], cursor="c3", at=now)
    assert passes.load().for_plate("A002BC77")[0].hours is None


def test_a_version_before_takes_no_pass_with_hours_for_one_without(passes: PassStore, now: datetime) -> None:
    """Put back, it reads `cloud_pass` and `local_pass` alone: no plate with hours, no prohibition, no one-time pass there."""
    passes.cloud.apply([item(1, hours=HOURS), item(2)], cursor="c1", at=now)
    rules = [
        local_pass("A003BC77", None, None, hours=HOURS),
        local_pass("A004BC77", None, None, blocked=True),
        local_pass("A005BC77", None, None, one_time=True),
    ]
    passes.local.add(rules, at=now)
    execute = passes._db.conn.execute
    assert [(None,), ("A002BC77",)] == execute("SELECT plate FROM cloud_pass ORDER BY id").fetchall()
    assert [] == execute("SELECT plate FROM local_pass").fetchall()
    assert {"A001BC77", "A002BC77", "A003BC77", "A004BC77", "A005BC77"} == {one.plate for one in passes.load()}


def test_a_local_one_time_pass_is_used_once(passes: PassStore, now: datetime) -> None:
    """Its mark is kept; the same pass added again is good once more."""
    once = local_pass("A003BC77", None, None, one_time=True)
    passes.local.add([once], at=now)
    passes.cloud.mark_used(once.id, "v1", at=now)
    assert passes.load().for_plate("A003BC77")[0].used
    assert passes.local.all()[0].used
    passes.local.add([once], at=now)
    assert not passes.load().for_plate("A003BC77")[0].used
    assert 1 == passes.local.remove("A003BC77")
    assert 0 == len(passes.load())


def test_a_copy_brings_hours_and_rules_back(tmp_path: Path, now: datetime) -> None:
    """The good copy has the whole list; one of a version before is pulled anew from the cloud."""
    path = tmp_path / "passes.db"
    with PassStore(path) as store:
        store.cloud.apply([item(1, hours=HOURS)], cursor="c9", at=now)
        store.local.add([local_pass("A004BC77", None, None, blocked=True)], at=now)
        store.keep_good_copy()
    path.write_bytes(b"garbage" * 4096)
    with PassStore(path) as store:
        found = {one.plate: one for one in store.load()}
        assert "c9" == store.cloud.state().cursor
    assert found["A001BC77"].hours is not None
    assert found["A004BC77"].blocked

    _, body = good_copy_path(path).read_bytes().rstrip(b"\n").split(b"\n", 1)
    before = json.loads(body)
    for table in ("cloud_hours", "local_rule"):
        del before["tables"][table]
    old = json.dumps(before).encode()
    good_copy_path(path).write_bytes(hashlib.sha256(old).hexdigest().encode() + b" 99 1\n" + old + b"\n")
    with PassStore(path) as store:
        assert ("", True) == (store.cloud.state().cursor, store.restored)


def test_a_note_that_is_no_text_any_more_takes_no_pass_with_it(passes: PassStore, now: datetime) -> None:
    """A record header that a worn card has spoiled gives bytes for text: the pass is read all the same, and so are the others."""
    passes.cloud.apply([item(1), item(2)], cursor="c1", at=now)
    passes._db.conn.execute("UPDATE cloud_pass SET object = CAST('7' AS BLOB) WHERE id = 'p1'")
    passes._db.conn.commit()

    assert {"p1", "p2"} == {found.id for found in passes.load()}


@pytest.mark.parametrize("raised", ["RAISE(ABORT, 'no')", "(SELECT 1 FROM nowhere)"])
def test_a_fault_of_the_file_tells_no_plate(
    passes: PassStore, now: datetime, caplog: pytest.LogCaptureFixture, raised: str
) -> None:
    """Whatever a statement on the list fails of, the error and its traceback in the log name no plate and no object."""
    passes._db.conn.execute(f"CREATE TRIGGER bad BEFORE INSERT ON cloud_pass BEGIN SELECT {raised}; END")
    passes._db.conn.commit()

    filed = item(1, object="дом 6")  # not in the line that the traceback quotes

    with pytest.raises(StoreBroken) as error:
        passes.cloud.apply([filed], cursor="c1", at=now)
    logging.getLogger("edge").error("the list", exc_info=error.value)

    assert "Traceback" in caplog.text
    assert [] == [word for word in ("A001BC77", "дом 6") if word in caplog.text]
