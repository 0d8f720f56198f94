"""One suite over every implementation of the cloud client's seams: the fakes in memory and the store on disk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from edge.store.journal import Journal
from edge.store.passes import PassStore
from sync import wire
from sync.memory import MemoryLedger, MemoryOutbox, MemoryPassCache
from sync.seams import Dropped
from tests.pass_items import pass_item

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


def item(number: int, **fields: Any) -> wire.PassItem:
    return pass_item(id=f"pass-{number}", plate=f"A{number:03}AA77", **fields)


def event(number: int) -> wire.GateEvent:
    return wire.GateEvent(id=f"00000000-0000-4000-8000-{number:012}", kind="visit", at=NOW, clock_trusted=True)


class MemoryPasses:
    """The fake, seen as these tests see a cache."""

    def __init__(self) -> None:
        self.cache = MemoryPassCache()

    def live(self) -> set[tuple[str, bool]]:
        return {(found.id, found.blocked) for found in self.cache.live.values()}


class StoredPasses:
    """The store, seen as these tests see a cache."""

    def __init__(self, path: Path, stack: ExitStack) -> None:
        self._store = stack.enter_context(PassStore(path / "passes.db"))
        self.cache = self._store.cloud

    def live(self) -> set[tuple[str, bool]]:
        return {(found.id, found.blocked) for found in self._store.load() if not found.revoked}


class MemoryBox:
    def __init__(self) -> None:
        self.outbox = MemoryOutbox()

    def add(self, number: int, picture: bytes | None = None) -> None:
        self.outbox.add(event(number), picture)


class StoredBox:
    def __init__(self, path: Path, stack: ExitStack) -> None:
        self._journal = stack.enter_context(Journal(path / "journal.db"))
        self.outbox = self._journal.outbox

    def add(self, number: int, picture: bytes | None = None) -> None:
        name = None
        if picture is not None:
            name = self._journal.snapshots.write(f"{number:012}", NOW, picture)
        self.outbox.put(event(number), picture=name)


@contextmanager
def made(kind: str, path: Path, memory: Any, stored: Any) -> Iterator[Any]:
    with ExitStack() as stack:
        yield memory() if kind == "memory" else stored(path, stack)


@pytest.fixture(params=["memory", "store"])
def passes(request, tmp_path) -> Iterator[Any]:
    with made(request.param, tmp_path, MemoryPasses, StoredPasses) as found:
        yield found


@pytest.fixture(params=["memory", "store"])
def box(request, tmp_path) -> Iterator[Any]:
    with made(request.param, tmp_path, MemoryBox, StoredBox) as found:
        yield found


@pytest.fixture(params=["memory", "store"])
def ledger(request, tmp_path) -> Iterator[Any]:
    def stored(path: Path, stack: ExitStack) -> Any:
        return stack.enter_context(Journal(path / "journal.db")).ledger

    with made(request.param, tmp_path, MemoryLedger, stored) as found:
        yield found


class TestPassCache:
    def test_begins_empty(self, passes):
        """A new cache has no list, no cursor and nothing under way."""
        state = passes.cache.state()

        assert ("", 0, None, None) == (state.cursor, state.count, state.synced_at, state.staging_cursor)

    def test_applies_changes_with_their_cursor(self, passes):
        """Items are added, changed and deleted by id; the cursor and the time come with them."""
        passes.cache.apply([item(1), item(2)], cursor="1-2", at=NOW)
        later = NOW + timedelta(minutes=1)
        passes.cache.apply(
            [item(1, blocked=True), item(2, deleted=True), item(9, deleted=True)], cursor="1-5", at=later
        )

        state = passes.cache.state()
        assert {("pass-1", True)} == passes.live()
        assert ("1-5", 1, later) == (state.cursor, state.count, state.synced_at)

    def test_counts_only_what_is_there(self, passes):
        """Ids that are unknown or deleted do not count."""
        passes.cache.apply([item(1), item(2), item(3, deleted=True)], cursor="1-3", at=NOW)

        assert 2 == passes.cache.count_live(["pass-1", "pass-2", "pass-3", "pass-4"])
        assert 0 == passes.cache.count_live([])

    def test_staging_is_invisible_until_it_is_swapped_in(self, passes):
        """Pages gather beside the live list, which stays as it is until the commit replaces it whole."""
        passes.cache.apply([item(1), item(2)], cursor="1-2", at=NOW)
        passes.cache.begin_staging()
        passes.cache.stage([item(2), item(3)], cursor="2-3")
        passes.cache.stage([item(4), item(3, deleted=True)], cursor="2-5")

        state = passes.cache.state()
        assert {("pass-1", False), ("pass-2", False)} == passes.live()
        assert ("1-2", 2, "2-5", 2) == (state.cursor, state.count, state.staging_cursor, state.staging_count)

        passes.cache.commit_staging(at=NOW)

        state = passes.cache.state()
        assert {("pass-2", False), ("pass-4", False)} == passes.live()
        assert ("2-5", 2, None) == (state.cursor, state.count, state.staging_cursor)

    def test_beginning_again_forgets_what_was_staged(self, passes):
        """A list that starts over keeps nothing of its first attempt."""
        passes.cache.begin_staging()
        passes.cache.stage([item(1)], cursor="2-1")
        passes.cache.begin_staging()

        assert ("", 0) == (passes.cache.state().staging_cursor, passes.cache.state().staging_count)
        passes.cache.stage([item(2)], cursor="3-2")
        passes.cache.commit_staging(at=NOW)
        assert {("pass-2", False)} == passes.live()

    def test_deleted_pass_may_come_back(self, passes):
        """An id that was deleted and is named again is live again."""
        passes.cache.apply([item(1)], cursor="1-1", at=NOW)
        passes.cache.apply([item(1, deleted=True)], cursor="1-2", at=NOW)
        passes.cache.apply([item(1)], cursor="1-3", at=NOW)

        assert {("pass-1", False)} == passes.live()
        assert 1 == passes.cache.state().count


class TestOutbox:
    def test_oldest_first(self, box):
        """Events come in the order in which they were added, as many as asked."""
        for number in (3, 1, 2):
            box.add(number)

        assert (event(3), event(1)) == box.outbox.events(limit=2)

    def test_settled_events_are_gone(self, box):
        """What the cloud has, or will never take, is not sent again; unknown ids do no harm."""
        for number in (1, 2, 3):
            box.add(number)

        box.outbox.settle([event(1).id, "00000000-0000-4000-8000-999999999999"], [event(3).id])

        assert (event(2),) == box.outbox.events(limit=10)

    def test_picture_waits_for_its_event(self, box):
        """A picture is offered when its event is with the cloud, until it is settled itself."""
        box.add(1, b"\xff\xd8one")
        box.add(2, b"\xff\xd8two")
        assert box.outbox.snapshot() is None

        box.outbox.settle([event(1).id], [])
        assert (event(1).id, b"\xff\xd8one") == box.outbox.snapshot()

        box.outbox.settle_snapshot(event(1).id)
        assert box.outbox.snapshot() is None

    def test_picture_of_rejected_event_goes_with_it(self, box):
        """Nobody wants the picture of an event that nobody takes."""
        box.add(1, b"\xff\xd8one")

        box.outbox.settle([], [event(1).id])

        assert box.outbox.snapshot() is None
        assert 0 == box.outbox.size().snapshots

    def test_size_counts_what_waits(self, box):
        """Events and pictures are counted, and their bytes together."""
        box.add(1, b"\xff\xd8" + bytes(1000))
        box.add(2)

        size = box.outbox.size()

        assert (2, 1) == (size.events, size.snapshots)
        assert size.bytes >= 1002 + len(wire.encode(event(1))) + len(wire.encode(event(2)))

    def test_gives_up_pictures_before_events_oldest_first(self, box):
        """Over its bound the outbox drops the oldest pictures, and events only when no picture is left."""
        for number in (1, 2):
            box.add(number, b"\xff\xd8" + bytes(10_000))
        over = box.outbox.size().bytes - 1

        assert Dropped(snapshots=1) == box.outbox.shrink(over)
        box.outbox.settle([event(1).id, event(2).id], [])
        found = box.outbox.snapshot()
        assert found is not None
        assert event(2).id == found[0]

    def test_gives_up_oldest_events_last(self, box):
        """With no picture left the oldest events go, and no more than needed."""
        for number in (1, 2, 3):
            box.add(number)
        weight = len(wire.encode(event(1)))

        assert Dropped(events=1) == box.outbox.shrink(2 * weight)
        assert (event(2), event(3)) == box.outbox.events(limit=10)
        assert Dropped() == box.outbox.shrink(2 * weight)


class TestLedger:
    COMMAND = wire.Command(id="00000000-0000-4000-8000-00000000000a", kind="open", lane="entry", expires_at=NOW)

    def test_claims_once(self, ledger):
        """The second claim of a command is refused, also after it has ended."""
        assert ledger.claim(self.COMMAND)
        assert not ledger.claim(self.COMMAND)
        ledger.finish(self.COMMAND.id, "done", "")
        assert not ledger.claim(self.COMMAND)

    def test_outcome_waits_for_its_acknowledgement(self, ledger):
        """A finished command is told until the cloud has heard it; one under way is not told."""
        ledger.claim(self.COMMAND)
        assert () == ledger.unacknowledged()

        ledger.finish(self.COMMAND.id, "expired", "поздно")
        assert ((self.COMMAND.id, "expired", "поздно"),) == ledger.unacknowledged()

        ledger.acknowledged(self.COMMAND.id)
        assert () == ledger.unacknowledged()


def test_command_interrupted_by_a_restart_counts_as_refused(tmp_path):
    """A power cut between claim and pulse leaves a command that is never performed again, and is told as refused."""
    command = TestLedger.COMMAND
    with Journal(tmp_path / "journal.db") as journal:
        assert journal.ledger.claim(command)

    with Journal(tmp_path / "journal.db") as journal:
        assert not journal.ledger.claim(command)
        ((command_id, outcome, _detail),) = journal.ledger.unacknowledged()

    assert (command.id, "refused") == (command_id, outcome)


def test_used_mark_survives_a_new_list(tmp_path):
    """A one-time pass used offline stays used when the cloud, which has not heard of it, names it again."""
    with PassStore(tmp_path / "passes.db") as store:
        store.cloud.apply([item(1, one_time=True)], cursor="1-1", at=NOW)
        store.cloud.mark_used("pass-1", "visit", at=NOW)
        store.cloud.apply([item(1, one_time=True)], cursor="1-2", at=NOW)
        store.cloud.begin_staging()
        store.cloud.stage([item(1, one_time=True)], cursor="2-1")
        store.cloud.commit_staging(at=NOW)

        assert [True] == [found.used for found in store.load()]
