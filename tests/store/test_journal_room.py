"""The journal's own room: the oldest records make way by their order alone, and nothing unsent goes with them."""

from __future__ import annotations

import pytest

from core.decision.record import Opening
from core.events import BarrierActed, Reason
from edge.store import journal_room
from edge.store.journal import Journal
from sync.wire import GateEvent
from tests.store.records import START, instant, visit_record


def fill(journal: Journal, visits: int, *, first: int = 1, unsent: bool = False) -> list[str]:
    """Visits with their notices, the newest last; each is dated a minute before the one before, as by a clock that runs back."""
    records = [
        visit_record(
            number,
            first=instant(-60.0 * number),
            openings=(Opening(f"request {number}", Reason.CONSOLE, instant(), "done"),),
        )
        for number in range(first, first + visits)
    ]
    for record in records:
        out = GateEvent(id=record.visit_id, kind="visit", at=START, clock_trusted=False, detail="x" * 190)
        journal.record(record, outgoing=out if unsent else None)
        journal.note("camera_lost", record.first.wall, detail="y" * 300)
    return [record.visit_id for record in records]


def fit(journal: Journal, max_bytes: int, *, may_grow: bool = True) -> int:
    gone = 0
    while portion := journal.fit(max_bytes, may_grow=may_grow):
        gone += portion
    return gone


def size(journal: Journal) -> int:
    """Of the file, once all that was written is in it."""
    journal._db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return journal.path.stat().st_size


def kept(journal: Journal, ids: list[str]) -> list[bool]:
    return [journal.visit(one) is not None for one in ids]


def test_what_was_written_first_goes_first_whatever_its_date(journal: Journal) -> None:
    """A clock that nobody trusts bounds nothing and spares nothing: over its room the journal loses by the order of writing."""
    ids = fill(journal, 300)
    before = size(journal)

    assert 0 == fit(journal, before)
    assert 0 < fit(journal, before * 2 // 3)

    there = kept(journal, ids)
    assert there == sorted(there)
    assert 100 < sum(there) < 300
    assert ids[-1] == (journal.newest_row() or (0, ""))[1]


def test_the_file_stops_growing(journal: Journal) -> None:
    """Round after round of new records takes the room of the old ones."""
    fill(journal, 300)
    room = size(journal) // 2
    fit(journal, room)
    bound = size(journal)

    for round_ in range(1, 4):
        fill(journal, 100, first=1000 * round_)
        fit(journal, room)

    assert size(journal) <= bound * 1.25


def test_what_was_not_sent_is_sent_though_its_record_made_way(journal: Journal) -> None:
    """Unsent events have room of their own: they count for nothing here, and none goes."""
    fill(journal, 300, unsent=True)
    before = journal.outbox.size()

    unsent = before.bytes
    assert 0 < fit(journal, (size(journal) - unsent) * 2 // 3)

    assert before == journal.outbox.size()
    assert 300 == len(journal.outbox.events(limit=1000))
    assert len(journal.visits()) > journal_room.LEAST_KEPT


def test_an_opening_that_no_visit_has_stays(journal: Journal) -> None:
    """What is still to be recorded makes no way; what a deleted visit had does."""
    told = BarrierActed(instant(), "main", "entry", "lost", Reason.CONSOLE, "done")
    journal.note("relay_acted", START, event_id="e1", opening=told)
    fill(journal, 300)

    fit(journal, 1)

    assert (told,) == journal.openings.unrecorded()
    assert journal_room.LEAST_KEPT + 1 == len(journal.openings.known(most=1000))


@pytest.mark.parametrize("visits", [20, 300])
def test_a_small_room_keeps_the_newest(journal: Journal, visits: int) -> None:
    """Room for nothing still keeps the newest hundred: there is something to look at, and each call comes to an end."""
    ids = fill(journal, visits)

    fit(journal, 1)

    assert [*[False] * (visits - 100), *[True] * min(visits, 100)] == kept(journal, ids)


def test_on_a_disk_without_room_the_file_does_not_grow(journal: Journal) -> None:
    """Where nothing else can make room, the oldest records make it within the file; once there is some, nothing more goes."""
    fill(journal, 400)
    full = size(journal)

    gone = fit(journal, 1 << 30, may_grow=False)
    assert 0 < gone < 200
    assert 0 == fit(journal, 1 << 30, may_grow=False)
    fill(journal, 20, first=5000)

    assert size(journal) <= full
