from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlite_utils import Database

from core.decision.record import Opening, Verdict, VisitRecord
from core.events import BarrierActed, Reason
from core.turn.visit_record import cut_off_record
from edge.store.errors import StoreFull
from edge.store.journal import Journal
from edge.store.journal_schema import journal_migrations
from edge.store.record_json import from_json, to_json
from sync.wire import GateEvent
from tests.store.records import START, instant, visit_record

JPEG = b"\xff\xd8picture\xff\xd9"


def event(record: VisitRecord, *, snapshot: bool = False) -> GateEvent:
    return GateEvent(
        id=record.visit_id,
        kind="visit",
        at=record.first.wall,
        clock_trusted=True,
        plate=record.plate,
        snapshot=snapshot,
    )


def test_a_record_comes_back_as_it_was_written(journal: Journal) -> None:
    """Nothing of the why card is lost on the way through the file."""
    record = visit_record()

    journal.record(record)

    stored = journal.visit(record.visit_id[:8])
    assert stored is not None
    assert record == stored.record


def test_a_record_of_an_older_version_is_still_read() -> None:
    """A field with a default may be missing in an old row, another may not."""
    text = to_json(visit_record().openings[0])

    assert visit_record().openings[0] == from_json(type(visit_record().openings[0]), text.replace(',"detail":""', ""))
    with pytest.raises(ValueError, match="Opening"):
        from_json(type(visit_record().openings[0]), "{}")


def test_a_row_written_before_msgspec_is_still_read() -> None:
    """Moments with +00:00, whole numbers in place of fractions: what json.dumps wrote of the same record."""
    record = visit_record()
    old = to_json(record).replace('Z"', '+00:00"').replace('"mono":60.0', '"mono":60')

    assert '+00:00"' in old
    assert record == from_json(type(record), old)


def test_recording_a_visit_twice_keeps_one(journal: Journal) -> None:
    """Exactly one journal record a visit, also when the writer tries again."""
    for _ in range(2):
        journal.record(visit_record(), outgoing=event(visit_record()))

    assert 1 == len(journal.visits())
    assert 1 == journal.outbox.size().events


def test_visits_are_found_by_time_plate_and_lane(journal: Journal) -> None:
    """A search gives the newest that fit, oldest first."""
    for number in range(5):
        journal.record(visit_record(number, plate="B002CE77" if number == 3 else "A001BC77"))

    since = START + timedelta(minutes=2)
    assert [2, 3, 4] == [round(found.record.first.mono / 60) for found in journal.visits(since=since)]
    assert [3] == [round(found.record.first.mono / 60) for found in journal.visits(plate="B002CE77")]
    assert [3, 4] == [round(found.record.first.mono / 60) for found in journal.visits(limit=2)]
    assert () == journal.visits(lane="exit")


def test_an_id_that_names_several_visits_names_none(journal: Journal) -> None:
    """`gate why` must not answer for another visit, nor take wildcards."""
    for number in range(40):
        journal.record(visit_record(number))

    assert journal.visit("") is None
    assert journal.visit("%") is None


def test_pictures_are_sent_after_their_events(journal: Journal, now: datetime) -> None:
    """A picture waits until the cloud has its event; a rejected event takes its picture along."""
    for number in (1, 2):
        record = visit_record(number)
        name = journal.snapshots.write(record.visit_id, now, JPEG)
        journal.record(record, frame=name, outgoing=event(record, snapshot=True))
    first, second = (visit_record(number).visit_id for number in (1, 2))
    assert journal.outbox.snapshot() is None

    journal.outbox.settle([first], [second])

    assert (first, JPEG) == journal.outbox.snapshot()
    journal.outbox.settle_snapshot(first)
    assert 0 == journal.outbox.size().bytes
    assert visit_record(1) == journal.visits()[0].record


def test_a_picture_that_cannot_be_read_waits(journal: Journal, now: datetime) -> None:
    """Unread is not gone: those behind it are sent, and it still counts; one that was deleted is given up."""
    names = {}
    for number in (1, 2, 3):
        record = visit_record(number)
        names[number] = journal.snapshots.folder / journal.snapshots.write(record.visit_id, now, JPEG)
        frame = str(names[number].relative_to(journal.snapshots.folder))
        journal.record(record, frame=frame, outgoing=event(record, snapshot=True))
    ids = [visit_record(number).visit_id for number in (1, 2, 3)]
    journal.outbox.settle(ids, [])
    names[1].unlink()
    names[1].mkdir()
    names[2].unlink()

    assert (ids[2], JPEG) == journal.outbox.snapshot()
    journal.outbox.settle_snapshot(ids[2])
    assert journal.outbox.snapshot() is None
    assert 1 == journal.outbox.size().snapshots


def test_a_picture_whose_name_no_file_can_have_is_given_up(journal: Journal, now: datetime) -> None:
    """What a worn card made of a name ends no thread, and holds up nothing behind it."""
    records = [visit_record(number) for number in (1, 2)]
    for record in records:
        frame = journal.snapshots.write(record.visit_id, now, JPEG)
        journal.record(record, frame=frame, outgoing=event(record, snapshot=True))
    journal.outbox.settle([record.visit_id for record in records], [])
    with journal._db.conn:
        journal._db.conn.execute(
            "UPDATE outgoing SET picture = 'a' || char(0) || 'b' WHERE id = ?", (records[0].visit_id,)
        )

    assert (records[1].visit_id, JPEG) == journal.outbox.snapshot()


def test_what_is_older_than_its_days_is_forgotten(journal: Journal) -> None:
    """Retention removes visits and notices past the horizon and keeps the others."""
    journal.record(visit_record(0))
    journal.record(visit_record(60 * 24 * 10))
    journal.note("camera_lost", START, lane="entry")

    assert 1 == journal.forget(keep_days=5, now=START + timedelta(days=11))

    assert 1 == len(journal.visits())
    assert () == journal.notices()


@pytest.mark.parametrize("rotten", [b'{"id": 1', b"\xff\xfe", b"{}"])
def test_an_event_that_rots_on_the_card_holds_up_no_other(journal: Journal, rotten: bytes) -> None:
    """What cannot be read of the queue to the cloud is dropped; the events behind it are sent."""
    first, second = visit_record(1), visit_record(2)
    for record in (first, second):
        journal.record(record, outgoing=event(record))
    journal._db.conn.execute("UPDATE outgoing SET body = ? WHERE id = ?", (rotten, first.visit_id))
    journal._db.conn.commit()

    assert [second.visit_id] == [one.id for one in journal.outbox.events(limit=1)]
    assert 1 == journal.outbox.size().events


@pytest.mark.parametrize("rotten", ["2O26-11-22", "2026-13-22", "2027-01-01", b"\xff"])
def test_a_time_that_rots_on_the_card_is_no_floor(journal: Journal, rotten: object) -> None:
    """A gate starts whatever a worn card has made of the time of a record: the newest that can be read counts."""
    journal.record(visit_record(1))
    journal.record(visit_record(2))
    journal._db.conn.execute("UPDATE visit SET at = ? WHERE id = ?", (rotten, visit_record(2).visit_id))
    journal._db.conn.commit()

    assert visit_record(1).first.wall == journal.newest()


def test_the_newest_record_is_a_floor_for_the_clock(journal: Journal) -> None:
    """The time of the last record is known after a restart without a clock."""
    assert journal.newest() is None
    journal.record(visit_record(3))
    journal.note("camera_lost", START)

    assert START + timedelta(minutes=3) == journal.newest()


def test_a_full_disk_loses_the_record_and_says_so(journal: Journal) -> None:
    """Neither the visit nor its event is kept in part."""
    pages = journal._db.conn.execute("PRAGMA page_count").fetchone()[0]
    journal._db.conn.execute(f"PRAGMA max_page_count = {pages}")

    def record_many() -> None:
        for number in range(500):
            journal.record(visit_record(number), outgoing=event(visit_record(number)))

    with pytest.raises(StoreFull, match="диск полон"):
        record_many()

    assert len(journal.visits()) == journal.outbox.size().events


def test_a_command_is_obeyed_once_and_an_interrupted_one_is_told(tmp_path: Path) -> None:
    """After a restart, a command that was claimed and not finished is acknowledged as refused."""
    from sync.wire import Command

    command = Command("3f0c9a52-0000-4000-8000-000000000001", "open", "entry", START)
    with Journal(tmp_path / "journal.db") as journal:
        assert journal.ledger.claim(command)
        assert not journal.ledger.claim(command)
        assert () == journal.ledger.unacknowledged()

    with Journal(tmp_path / "journal.db") as journal:
        assert not journal.ledger.claim(command)
        ((command_id, outcome, _),) = journal.ledger.unacknowledged()
        assert (command.id, "refused") == (command_id, outcome)
        journal.ledger.acknowledged(command_id)
        assert () == journal.ledger.unacknowledged()


def test_a_garbage_journal_is_set_aside_and_a_new_one_begun(tmp_path: Path) -> None:
    """A broken journal costs its past, not the next visit."""
    path = tmp_path / "journal.db"
    path.write_bytes(b"\0" * 9000)

    with Journal(path) as journal:
        journal.record(visit_record(1, decision=Verdict.REFUSE))
        assert 1 == len(journal.visits())
        assert journal.set_aside is not None


def test_of_damaged_journals_the_last_few_are_kept(tmp_path: Path) -> None:
    """A card that damages file after file does not fill up with them; other files of that folder stay."""
    path = tmp_path / "journal.db"
    older = [path.with_name(f"journal.db.corrupt.2026010{day}T000000Z") for day in range(1, 5)]
    for file in older:
        for companion in ("", "-wal", "-shm"):
            file.with_name(file.name + companion).write_bytes(b"old")
    others = [tmp_path / "passes.db.corrupt.20250101T000000Z", tmp_path / "journal.db.copy"]
    for other in others:
        other.write_bytes(b"other")
    path.write_bytes(b"\0" * 9000)

    with Journal(path) as journal:
        assert journal.set_aside is not None
        kept = {*older[2:], journal.set_aside}
    there = set(tmp_path.glob("journal.db.corrupt.*"))
    assert kept == {file for file in there if not file.name.endswith(("-wal", "-shm"))}
    assert {file.with_name(f"{file.name}-wal") for file in older[2:]} <= there
    assert 7 == len(there)
    assert all(other.exists() for other in others)


def test_a_clock_that_is_behind_costs_no_damaged_journal(tmp_path: Path) -> None:
    """What was just set aside stays, however late the others claim to be."""
    path = tmp_path / "journal.db"
    later = [path.with_name(f"journal.db.corrupt.2999010{day}T000000Z") for day in range(1, 5)]
    for file in later:
        file.write_bytes(b"old")
    path.write_bytes(b"\0" * 9000)

    with Journal(path) as journal:
        assert {*later[2:], journal.set_aside} == {
            file for file in tmp_path.glob("journal.db.corrupt.*") if not file.name.endswith(("-wal", "-shm"))
        }


def acted(request_id: str, *, reason: Reason = Reason.CONSOLE, seconds: float = 0.0) -> BarrierActed:
    return BarrierActed(instant(seconds), "main", "entry", request_id, reason, "done", by="console:Иван", note="скорая")


def opened(*request_ids: str) -> tuple[Opening, ...]:
    return tuple(Opening(one, Reason.CONSOLE, instant(), "done") for one in request_ids)


def test_an_opening_is_without_a_visit_until_one_has_it(journal: Journal) -> None:
    """What was told comes back as it was told; the visit that has it, before or after, takes it off."""
    for request_id in ("a", "b"):
        journal.note("relay_acted", START, event_id=f"event of {request_id}", opening=acted(request_id))
    assert (acted("a"), acted("b")) == journal.openings.unrecorded()

    journal.record(visit_record(1, openings=opened("a", "c")))
    journal.note("relay_acted", START, event_id="event of c", opening=acted("c"))

    assert (acted("b"),) == journal.openings.unrecorded()
    assert {"a", "b", "c"} == journal.openings.known(most=10)


def test_an_event_of_the_relay_that_is_told_again_is_noted_once(journal: Journal) -> None:
    """The same event leaves one notice; notices without an event are all kept."""
    for _ in range(2):
        journal.note("relay_acted", START, event_id="e1", opening=acted("a"))
        journal.note("camera_lost", START)

    assert ["camera_lost", "camera_lost", "relay_acted"] == sorted(one.kind for one in journal.notices())
    assert (acted("a"),) == journal.openings.unrecorded()


def test_an_opening_without_a_vehicle_is_no_second_visit(journal: Journal) -> None:
    """A record of an opening alone is left out where another visit has it; one that has more to tell is kept."""
    journal.record(visit_record(1, openings=opened("a")))
    lone = visit_record(2, openings=opened("a"), frames=0)

    journal.record(lone, outgoing=event(lone))
    assert [visit_record(1).visit_id] == [one.record.visit_id for one in journal.visits()]
    assert 0 == journal.outbox.size().events

    journal.record(visit_record(3, openings=opened("a", "b"), frames=0))
    journal.record(visit_record(4, openings=(), frames=0))
    assert 3 == len(journal.visits())


def test_the_record_of_a_lost_visit_is_always_the_same(journal: Journal) -> None:
    """Written at each of several starts, it is one visit, and the opening is in it."""
    journal.note("relay_acted", START, event_id="e1", opening=acted("a", reason=Reason.PASS_VALID))
    for _ in range(2):
        journal.record(cut_off_record(acted("a", reason=Reason.PASS_VALID)))

    (found,) = journal.visits()
    assert ["asked", "answered", "cut_off"] == [step.rule for step in found.record.trace]
    assert () == journal.openings.unrecorded()


def test_openings_are_forgotten_with_their_days(journal: Journal) -> None:
    """The table is as bounded as the journal; what is not old stays without a visit."""
    journal.note("relay_acted", START, event_id="e1", opening=acted("old"))
    journal.note("relay_acted", START, event_id="e2", opening=acted("new", seconds=86400.0 * 10))

    journal.forget(keep_days=5, now=START + timedelta(days=11))

    assert {"new"} == journal.openings.known(most=10)
    assert (acted("new", seconds=86400.0 * 10),) == journal.openings.unrecorded()


@pytest.mark.parametrize("rotten", ["{", "{}", b"\xff", None, 7])
def test_an_opening_that_rots_on_the_card_holds_up_no_other(journal: Journal, rotten: object) -> None:
    """One that cannot be read is left out, and told in the log."""
    for request_id in ("a", "b"):
        journal.note("relay_acted", START, event_id=request_id, opening=acted(request_id))
    journal._db.conn.execute("UPDATE opening SET told = ? WHERE request_id = 'a'", (rotten,))
    journal._db.conn.commit()

    assert (acted("b"),) == journal.openings.unrecorded()


@pytest.mark.parametrize(
    "record", ["{", "{}", "[]", '{"openings": 7}', '{"openings": ["a", {"request_id": null}]}', b"\xff"]
)
def test_no_visit_is_refused_for_its_openings(journal: Journal, record: object) -> None:
    """Whatever a row holds, the trigger that marks openings lets it in."""
    row = ("v", "2026-11-22", "entry", None, "open", "console", None, None, None, record)
    journal._db.conn.execute("INSERT INTO visit VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    journal._db.conn.commit()

    assert frozenset() == journal.openings.known(most=10)


def test_a_journal_of_an_older_version_has_its_openings_known(tmp_path: Path) -> None:
    """Openings of before are known once the file is brought up to date; until then it is read without them."""
    path = tmp_path / "journal.db"
    db = sqlite3.connect(path)
    journal_migrations.apply(Database(db), stop_before="openings")
    row = ("v", "2026-11-22", "entry", None, "open", "console", None, None, None, to_json(visit_record()))
    db.execute("INSERT INTO visit VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    db.commit()
    db.close()
    with Journal(path, to_read=True) as journal:
        assert frozenset() == journal.openings.known(most=10)
    with Journal(path) as journal:
        assert {"r1"} == journal.openings.known(most=10)
        assert 1 == len(journal.visits())


def test_an_older_version_writes_into_the_file_and_its_visits_have_their_openings(tmp_path: Path) -> None:
    """After `gate update --back` the older program, which knows no such table, marks openings all the same."""
    path = tmp_path / "journal.db"
    with Journal(path) as journal:
        journal.note("relay_acted", START, event_id="e1", opening=acted("r1"))
    older = sqlite3.connect(path)
    row = ("v", "2026-11-22", "entry", None, "open", "console", None, None, None, to_json(visit_record()))
    older.execute("INSERT OR IGNORE INTO visit VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    older.execute("INSERT INTO notice VALUES ('n', '2026-11-22', 'relay_acted', 'entry', '')")
    older.execute("DELETE FROM visit WHERE at < '2026-01-01'")
    older.commit()
    older.close()
    with Journal(path) as journal:
        assert () == journal.openings.unrecorded()
