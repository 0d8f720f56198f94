"""The edges of the client: what the cloud takes for good or never, an answer of another kind, time that is over, a gate without a token."""

from __future__ import annotations

import time
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any

import httpcore
import pytest

from sync import wire
from sync.deadline import DeadlineBackend, _DeadlineStream
from sync.drain import Drainer
from sync.errors import AnswerInvalid, CloudRefused
from sync.memory import MemoryOutbox, MemoryTokenShelf
from sync.rotation import rotate

JPEG = b"\xff\xd8\xff picture"


def event(number: int) -> wire.GateEvent:
    at = datetime(2026, 11, 22, 9, tzinfo=UTC)
    return wire.GateEvent(id=f"00000000-0000-4000-8000-{number:012}", kind="visit", at=at, clock_trusted=True)


def test_an_event_the_cloud_will_never_take_goes_and_one_it_does_not_name_stays(cloud, api, answering, caplog) -> None:
    """Its picture goes with it, and it is said in the log; ids that were not sent are nothing to us."""
    outbox = MemoryOutbox()
    for number in (1, 2, 3):
        outbox.add(event(number), JPEG)
    never = (wire.Rejected(event(1).id, "слишком старое"), wire.Rejected(event(9).id, "чужое"))
    cloud.fault = answering(200, wire.encode(wire.Accepted((event(2).id,), never)))
    assert Drainer(api, outbox).step()
    assert [event(3)] == list(outbox.events(limit=10))
    assert "слишком старое" in caplog.text
    assert (1, 2) == (outbox.size().events, outbox.size().snapshots)
    cloud.fault = answering(200, wire.encode(wire.Accepted((), (wire.Rejected(event(3).id, "тоже"),))))
    assert Drainer(api, outbox).step()
    assert 0 == outbox.size().events


@pytest.mark.parametrize(("status", "kept"), [(405, 1), (404, 0), (413, 0), (415, 0), (422, 0)])
def test_a_picture_is_given_up_only_where_the_picture_is_blamed(cloud, api, answering, status: int, kept: int) -> None:
    """A refusal of the way, by a proxy between, costs no picture: it is sent again."""
    outbox = MemoryOutbox()
    outbox.add(event(1), JPEG)
    outbox.settle([event(1).id], [])
    cloud.fault = answering(status, b'{"error": "no"}')
    with pytest.raises(CloudRefused) if kept else nullcontext():
        Drainer(api, outbox).step()
    assert kept == outbox.size().snapshots


def test_what_is_no_stream_is_no_stream_without_news(cloud, api, answering) -> None:
    """A page in its place, of a proxy or a portal of another kind, would be listened to for ever in vain."""
    cloud.fault = answering(200, b"<html>")
    with pytest.raises(AnswerInvalid), api.stream(""):
        pass


def test_when_the_time_is_over_nothing_more_is_read_or_written() -> None:
    """Whatever the single step may take: a peer that sends a byte a second holds nobody beyond the deadline."""
    done: list[str] = []

    class Inner:
        def read(self, _most: int, _timeout: float | None) -> bytes:
            done.append("read")
            return b"x"

        def write(self, _data: bytes, _timeout: float | None) -> None:
            done.append("written")

    backend, inner = DeadlineBackend(), Inner()
    stream = _DeadlineStream(backend, inner)  # type: ignore[arg-type]
    stream.read(1)
    stream.write(b"x")
    assert ["read", "written"] == done
    backend.deadline = time.monotonic() - 1
    late: list[tuple[type[Exception], Any]] = [
        (httpcore.ReadTimeout, lambda: stream.read(1)),
        (httpcore.WriteTimeout, lambda: stream.write(b"x")),
    ]
    for error, step in late:
        with pytest.raises(error):
            step()
    assert ["read", "written"] == done
    assert backend.left_s(None) > 0


def test_a_gate_without_a_token_asks_for_no_other() -> None:
    """It is not enrolled: there is nothing to renew, however much the cloud wants it."""
    shelf = MemoryTokenShelf(None)
    assert not rotate(shelf, None, wanted=True)  # type: ignore[arg-type]
    assert shelf.offered() is None
