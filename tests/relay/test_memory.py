"""What outlives the process: kept events, ids, the lock; and a disk that fails."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from core.words.outcomes import Outcome
from relay.errors import RelayBusy, RelayError
from relay.process.idempotency import FILE_NAME as IDS
from relay.process.idempotency import IdempotencyFile, IdempotencyKeys
from relay.process.lock import StateLock
from relay.process.outbox import COMPACT_BYTES, FILE_NAME, EventOutbox
from relay.protocol import EventKind, RelayEvent, Reply


def event(outbox: EventOutbox) -> RelayEvent:
    seq = outbox.take_seq()
    return RelayEvent(seq, f"id{seq}", EventKind.ACTED, at_mono=1.0, at_wall=2.0, boot_id="b", detail="x" * 50)


def spool_in(folder: Path, *, capacity: int = 100) -> EventOutbox:
    """A outbox on a machine whose clock was never set."""
    return EventOutbox(folder, capacity=capacity, wall_clock=lambda: 0.0)


def filled(folder: Path, count: int, *, capacity: int = 100) -> EventOutbox:
    outbox = spool_in(folder, capacity=capacity)
    for _ in range(count):
        outbox.append(event(outbox))
    return outbox


class TestSpool:
    def test_events_outlive_the_process(self, tmp_path: Path) -> None:
        """What was written is there again, with its numbers, and numbers go on from there."""
        filled(tmp_path, 3).close(timeout_s=5)
        again = spool_in(tmp_path)
        again.close(timeout_s=5)

        assert [1, 2, 3] == [item.seq for item in again.after(0)]
        assert again.take_seq() == 4

    def test_what_is_acknowledged_is_forgotten(self, tmp_path: Path) -> None:
        """Acknowledged events come to nobody any more, before and after a restart; their numbers are not used again."""
        outbox = filled(tmp_path, 3)
        outbox.ack(2)
        assert [3] == [item.seq for item in outbox.after(0)]
        outbox.ack(3)
        outbox.close(timeout_s=5)
        again = spool_in(tmp_path)
        again.close(timeout_s=5)

        assert () == again.after(0)
        assert again.take_seq() == 4

    def test_it_is_bounded(self, tmp_path: Path) -> None:
        """When nobody ever acknowledges, the oldest are dropped and counted."""
        outbox = filled(tmp_path, 25, capacity=10)
        outbox.close(timeout_s=5)

        assert (10, 15) == (len(outbox), outbox.lost)
        assert outbox.after(0)[0].seq == 16

    def test_a_torn_file_gives_what_it_has(self, tmp_path: Path) -> None:
        """Half a line, garbage and a broken number cost themselves only."""
        filled(tmp_path, 3).close(timeout_s=5)
        path = tmp_path / FILE_NAME
        path.write_bytes(b'\x00\xff\n{"ack": "x"}\n[]\n' + path.read_bytes()[:-20])
        again = spool_in(tmp_path)
        again.close(timeout_s=5)

        assert [1, 2] == [item.seq for item in again.after(0)]

    @pytest.mark.parametrize(
        "line",
        [
            b'{"type":"event","seq":"7","event_id":"a","kind":"acted","at_mono":1,"at_wall":1,"boot_id":"b"}',
            b'{"type":"event","seq":7,"event_id":[],"kind":"acted","at_mono":1,"at_wall":1,"boot_id":"b"}',
            b'{"type":"event","seq":7,"event_id":"a","kind":"acted","at_mono":"x","at_wall":1,"boot_id":"b"}',
            b'{"type":"event","seq":1e99,"event_id":"a","kind":"acted","at_mono":1,"at_wall":1,"boot_id":"b"}',
            b'{"type":"status","barriers":[7],"inputs":[]}',
            b'{"ack": Infinity}',
            b'{"ack": ' + b"9" * 400 + b"}",
            b'{"ack": true}',
            b'{"ack": -5}',
            b'"word"',
            b"[" * 3000,
            b"\x00" * 500,
            b"\xff\xfe",
        ],
    )
    def test_a_line_that_cannot_be_costs_itself_only(self, tmp_path: Path, line: bytes) -> None:
        """Whatever stands in the file, the relay starts with the rest of it and keeps the file as it was aside."""
        filled(tmp_path, 3).close(timeout_s=5)
        path = tmp_path / FILE_NAME
        before = line + b"\n" + path.read_bytes()
        path.write_bytes(before)
        again = filled(tmp_path, 1)
        again.close(timeout_s=5)

        assert [1, 2, 3, 4] == [item.seq for item in again.after(0)]
        assert before == path.with_suffix(".bad").read_bytes()
        assert line not in path.read_bytes()

    def test_after_a_lost_file_numbers_are_still_greater(self, tmp_path: Path) -> None:
        """Whoever heard events before the file was lost, or before it was written, hears those that come after."""
        first = EventOutbox(tmp_path, capacity=100, wall_clock=lambda: 1_000_000.0)
        first.append(event(first))
        heard = first.after(0)[-1].seq
        first.close(timeout_s=5)
        (tmp_path / FILE_NAME).unlink()
        again = EventOutbox(tmp_path, capacity=100, wall_clock=lambda: 1_000_001.0)
        again.append(event(again))
        again.close(timeout_s=5)

        assert len(again.after(heard)) == 1

    def test_a_number_never_given_is_of_a_lost_file(self, tmp_path: Path) -> None:
        """Who asks for what follows a number this outbox has not reached, is given everything."""
        outbox = filled(tmp_path, 3)
        outbox.close(timeout_s=5)

        assert [1, 2, 3] == [item.seq for item in outbox.after(5000)]

    def test_the_file_is_bounded(self, tmp_path: Path) -> None:
        """Acknowledged events leave the file from time to time."""
        outbox = filled(tmp_path, 1)
        outbox.close(timeout_s=5)
        path = tmp_path / FILE_NAME
        with path.open("ab") as file:
            file.write(b'{"ack": 1}\n' * (COMPACT_BYTES // 10))
        filled(tmp_path, 2).close(timeout_s=5)

        assert path.stat().st_size < COMPACT_BYTES

    def test_a_disk_that_fails_costs_only_memory_across_restarts(self, tmp_path: Path) -> None:
        """With no place to write, events are kept and acknowledged in memory as always."""
        folder = tmp_path / "gone"
        outbox = filled(folder, 3)
        outbox.ack(1)
        outbox.close(timeout_s=5)

        assert [2, 3] == [item.seq for item in outbox.after(0)]


class TestIds:
    def test_an_id_outlives_the_process(self, tmp_path: Path) -> None:
        """An id begun before a crash is not done again; what became of it is called unknown."""
        IdempotencyKeys(IdempotencyFile(tmp_path), keep_s=10).begins("a")
        again = IdempotencyKeys(IdempotencyFile(tmp_path), keep_s=10)

        assert again.known("a")
        answer = again.asked_again("a", 1)
        assert answer is not None
        assert (Outcome.FAILED, "restarted") == (answer.outcome, answer.why)

    def test_everybody_who_waits_is_answered(self) -> None:
        """An id asked for by two clients while it is worked on is answered to both."""
        once = IdempotencyKeys(keep_s=10)
        once.take("a", 1, now=0)
        assert once.known("a")
        assert once.asked_again("a", 2) is None

        assert (1, 2) == once.answered(Reply("a", Outcome.DONE))
        assert () == once.answered(Reply("a", Outcome.FAILED))

    def test_memory_and_file_are_bounded(self, tmp_path: Path) -> None:
        """The oldest ids are forgotten, on disk as well."""
        once = IdempotencyKeys(IdempotencyFile(tmp_path), keep_s=10, capacity=10)
        for number in range(100):
            assert once.take(str(number), 1, now=number * 11.0)
            once.begins(str(number))
            once.answered(Reply(str(number), Outcome.DONE))

        assert not once.known("0")
        assert once.known("99")
        assert len((tmp_path / IDS).read_text().splitlines()) < 30

    def test_what_may_still_be_repeated_is_not_forgotten(self) -> None:
        """Pending ids and those younger than a request can be stay; when no other is left, there is no room."""
        once = IdempotencyKeys(keep_s=10, capacity=3)
        for name in ("pending", "done", "refused"):
            assert once.take(name, 1, now=0)
        once.answered(Reply("done", Outcome.DONE))
        once.answered(Reply("refused", Outcome.REFUSED))

        assert once.take("next", 1, now=1)  # in the place of the one for which nothing was done
        assert not once.take("one more", 1, now=9)
        assert once.take("later", 1, now=11)
        assert not once.known("done")
        assert not once.take("much later", 1, now=1000)
        assert once.known("pending")


class TestLock:
    def test_there_is_one(self, tmp_path: Path) -> None:
        """A second process is told who holds the lock; after its end the lock is free."""
        with StateLock(tmp_path), pytest.raises(RelayBusy, match=str(os.getpid())):
            StateLock(tmp_path)
        StateLock(tmp_path).close()

    def test_a_place_that_cannot_be(self) -> None:
        """A state directory that cannot be made is one clear error."""
        with pytest.raises(RelayError, match="/proc/nowhere"):
            StateLock("/proc/nowhere")

    def test_a_disk_without_locks_belongs_to_nobody(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where the file system knows no locks, no other process is made up: the name in memory is the lock."""

        def refuse(*_: object) -> None:
            raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

        monkeypatch.setattr("relay.folder_lock.fcntl.flock", refuse)
        with StateLock(tmp_path), pytest.raises(RelayBusy):
            StateLock(tmp_path)

    def test_a_read_only_disk_is_locked_in_memory(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """On a card that was remounted read-only the barrier still works, and still only once."""

        def refuse(*_: object) -> int:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))

        monkeypatch.setattr("relay.folder_lock.os.open", refuse)
        with StateLock(tmp_path), pytest.raises(RelayBusy):
            StateLock(tmp_path)
        StateLock(tmp_path).close()
