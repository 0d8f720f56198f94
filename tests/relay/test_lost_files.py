"""Files of the relay process on a disk that fails: what a restart would have known is lost, and nothing else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from core.words.outcomes import Outcome
from relay.process.idempotency import FILE_NAME, IdempotencyFile, IdempotencyKeys
from relay.process.outbox import FILE_NAME as OUTBOX
from relay.process.outbox import EventOutbox
from relay.protocol import EventKind, RelayEvent, Reply
from tests.patience import PATIENCE_S


@pytest.fixture(autouse=True)
def no_runtime_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RUNTIME_DIRECTORY", raising=False)


def event(seq: int) -> RelayEvent:
    return RelayEvent(seq, str(seq), EventKind.ACTED, 1.0, 2.0, "b")


def test_ids_survive_a_restart(tmp_path: Path) -> None:
    """What was begun before is known after, and its answer is that nobody knows."""
    before = IdempotencyKeys(IdempotencyFile(tmp_path), keep_s=10)
    assert before.take("a", 1, now=0)
    before.begins("a")
    after = IdempotencyKeys(IdempotencyFile(tmp_path), keep_s=10)
    assert after.known("a")
    assert not after.known("b")
    asked = after.asked_again("a", 2)
    assert asked is not None
    assert (Outcome.FAILED, "restarted") == (asked.outcome, asked.why)
    assert () == after.answered(Reply("a", Outcome.DONE))


def test_the_file_of_ids_is_bounded(tmp_path: Path) -> None:
    """However many requests come, the file holds the last of them."""
    keys = IdempotencyKeys(IdempotencyFile(tmp_path), keep_s=0, capacity=4)
    for number in range(40):
        assert keys.take(str(number), 1, now=float(number))
        keys.begins(str(number))
        keys.answered(Reply(str(number), Outcome.DONE))
    lines = (tmp_path / FILE_NAME).read_text().split()
    assert len(lines) <= 10
    assert lines[-1] == "39"


def test_a_file_of_ids_that_cannot_be_read_or_written_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Something else stands at its name: the process goes on without, and says so."""
    (tmp_path / FILE_NAME).mkdir()
    (tmp_path / FILE_NAME / "x").touch()
    keys = IdempotencyKeys(IdempotencyFile(tmp_path), keep_s=10)
    assert keys.take("a", 1, now=0)
    keys.begins("a")
    assert keys.known("a")
    assert "номера просьб" in caplog.text


def test_a_disk_that_fills_up_while_ids_are_written_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A line that does not get onto the disk is told and forgotten."""
    file = IdempotencyFile(tmp_path)
    file.load(4)
    file.close()
    file._file = os.open("/dev/full", os.O_WRONLY)
    file.add("a")
    assert "номера просьб" in caplog.text
    file.close()
    file.close()


def test_without_a_file_ids_live_in_memory() -> None:
    """A folder that cannot be had costs the memory of a restart alone."""
    keys = IdempotencyKeys(None, keep_s=10)
    assert keys.take("a", 1, now=0)
    keys.begins("a")
    assert keys.asked_again("a", 2) is None
    assert (1, 2) == keys.answered(Reply("a", Outcome.DONE))
    assert () == keys.answered(Reply("a", Outcome.DONE))


def kept(folder: Path, **more: int) -> EventOutbox:
    return EventOutbox(folder, capacity=more.get("capacity", 100), wall_clock=lambda: 0.0)


def test_a_file_of_events_that_is_none_is_set_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too long to be ours: kept under another name, and the queue begins anew."""
    (tmp_path / OUTBOX).write_bytes(b"x" * 200)
    monkeypatch.setattr("relay.process.outbox.MAX_FILE_BYTES", 100)
    box = kept(tmp_path)
    assert (len(box), (tmp_path / "relay-events.bad").exists()) == (0, True)
    box.close(timeout_s=PATIENCE_S)


def test_a_file_of_events_that_cannot_be_read_is_left_alone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A folder in its place: told, and the events are kept in memory."""
    (tmp_path / OUTBOX).mkdir()
    box = kept(tmp_path)
    box.append(event(box.take_seq()))
    box.close(timeout_s=PATIENCE_S)
    assert len(box) == 1
    assert "не читается" in caplog.text
    assert "не пишется" in caplog.text


def test_what_is_acknowledged_twice_or_not_yet_given_changes_nothing(tmp_path: Path) -> None:
    """Numbers that were never given are no acknowledgement of what comes later; a greater one of a lost file means all."""
    box = kept(tmp_path)
    for _ in range(3):
        box.append(event(box.take_seq()))
    first = box.after(0)[0].seq
    box.ack(first)
    box.ack(first)
    assert len(box) == 2
    assert 2 == len(box.after(1 << 50))
    box.ack(1 << 50)
    assert 0 == len(box)
    box.append(event(box.take_seq()))
    assert 1 == len(box.after(first))
    box.close(timeout_s=PATIENCE_S)


def test_more_events_than_there_is_room_for_lose_the_oldest(tmp_path: Path) -> None:
    """In memory and from the file alike, and the loss is counted."""
    box = kept(tmp_path)
    for _ in range(6):
        box.append(event(box.take_seq()))
    box.close(timeout_s=PATIENCE_S)
    fewer = kept(tmp_path, capacity=4)
    assert (4, 2) == (len(fewer), fewer.lost)
    fewer.append(event(fewer.take_seq()))
    assert (4, 3) == (len(fewer), fewer.lost)
    fewer.close(timeout_s=PATIENCE_S)
