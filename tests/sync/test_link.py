"""The three threads together against a cloud that goes away and comes back; without push, so that polling must do."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.store.errors import StoreBroken
from sync import wire
from sync.link import CloudLink, CloudStatus, LinkParts
from sync.memory import MemoryBarrier, MemoryClock, MemoryLedger, MemoryOutbox, MemoryPassCache, MemoryTokenShelf
from sync.settings import CloudSettings
from tests.patience import PATIENCE_S

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
EVENT = wire.GateEvent(id="00000000-0000-4000-8000-000000000001", kind="visit", at=NOW, clock_trusted=True)


def report(status: CloudStatus) -> wire.Health:
    return wire.Health(
        version="1",
        clock=NOW,
        clock_trusted=True,
        uptime_s=0,
        cameras=(),
        relay_alive=None,
        disk_free_bytes=None,
        queue_events=status.queue_events or 0,
        queue_snapshots=status.queue_snapshots or 0,
        dropped=status.dropped,
        list_cursor=status.cursor,
        list_count=status.passes,
        list_age_s=None,
    )


@dataclass
class Running:
    link: CloudLink
    cache: MemoryPassCache
    outbox: MemoryOutbox
    token: list[str | None]

    def wait(self, what: Callable[[], bool]) -> None:
        deadline, pause = time.monotonic() + PATIENCE_S, threading.Event()
        while not what():
            assert time.monotonic() < deadline, self.link.status()
            pause.wait(0.01)

    def wait_state(self, state: str) -> None:
        self.wait(lambda: self.link.status().state == state)


@pytest.fixture
def box(cloud) -> Iterator[Running]:
    settings = CloudSettings(
        url=cloud.url,
        poll_s=0.05,
        poll_push_s=1.0,
        health_s=0.05,
        retry_low_s=0.02,
        retry_high_s=0.1,
        request_s=20.0,
        outbox_bytes=10_000,
    )
    cache, outbox, ledger = MemoryPassCache(), MemoryOutbox(), MemoryLedger()
    token: list[str | None] = ["device-token-of-the-tests"]
    parts = LinkParts(
        open_cache=lambda: nullcontext(cache),
        open_outbox=lambda: nullcontext(outbox),
        open_ledger=lambda: nullcontext(ledger),
        clock=MemoryClock.at(NOW),
        barrier=MemoryBarrier(),
        token=lambda: token[0],
        passes_changed=lambda: None,
        health=report,
        tokens=lambda: MemoryTokenShelf(token[0]),
    )
    link = CloudLink(settings, parts, version="1")
    stop = threading.Event()
    thread = threading.Thread(target=link.run, args=(stop,), name="sync")
    thread.start()
    yield Running(link, cache, outbox, token)
    stop.set()
    thread.join(PATIENCE_S)
    assert not thread.is_alive()


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "sync.link" and "облако" in record.msg]


def test_one_line_when_lost_and_one_when_back(box, cloud, caplog, answering, make_item):
    """However often it is tried meanwhile, an outage is two lines of log; list and journal catch up after it."""
    caplog.set_level(logging.INFO)
    cloud.put(make_item(1))
    box.wait_state("linked")
    box.wait(lambda: len(box.cache.live) == 1)
    caplog.clear()

    cloud.fault = answering(503)
    cloud.put(make_item(2))
    box.outbox.add(EVENT)
    box.link.poke()
    box.wait_state("lost")
    cloud.fault = lambda _asked, _socket: False
    box.wait_state("linked")
    box.wait(lambda: len(box.cache.live) == 2 and EVENT.id in cloud.events)

    told = lines(caplog)
    assert 2 == len(told), told
    assert told[0].startswith("облако: ")
    assert "облако на связи" == told[1]


def test_trouble_with_the_list_does_not_hold_up_the_journal(box, cloud, answering):
    """Each chore fails by itself."""
    box.wait_state("linked")
    broken = answering(200, b"<html>", kind="text/html")
    cloud.fault = lambda asked, connection: asked.path.endswith("/passes") and broken(asked, connection)
    box.wait_state("lost")

    box.outbox.add(EVENT)
    box.link.poke()

    box.wait(lambda: EVENT.id in cloud.events)


def test_gate_that_is_not_enrolled_waits_and_begins_by_itself(box, cloud, make_item):
    """Without a token nothing is asked; a new token counts at once, though the old one was refused."""
    box.wait_state("linked")
    box.token[0] = "another"
    box.wait_state("unknown")
    box.token[0] = None
    cloud.put(make_item(1))
    box.wait(lambda: "не привязан" in box.link.status().error)  # and not what was said of the token before

    box.token[0] = "device-token-of-the-tests"

    box.wait(lambda: len(box.cache.live) == 1)
    box.wait_state("linked")


def test_outbox_is_bounded_and_tells_what_it_gave_up(box, cloud, answering):
    """Over its bytes the outbox gives up its oldest, and the count goes into status and health."""
    box.wait_state("linked")
    cloud.fault = answering(503)
    box.wait_state("lost")
    for number in range(100):
        picture = b"x" * 100 if number % 2 else None
        box.outbox.add(replace(EVENT, id=f"00000000-0000-4000-8000-{number:012}"), picture)
    box.link._shrink.due = 0.0

    def left() -> int:
        size = box.outbox.size()
        return size.events + size.snapshots

    box.wait(lambda: 0 < box.link.status().dropped == 150 - left())

    assert box.outbox.size().bytes <= 10_000
    assert "00000000-0000-4000-8000-000000000099" in [event.id for event in box.outbox.events(limit=200)]


@pytest.mark.parametrize("wanted", [False, True])
def test_a_token_is_replaced_when_the_cloud_wishes_it_and_soon_then(box, cloud, *, wanted: bool) -> None:
    """Not before, however often the link comes up; and not only at the next look at an offered token, minutes later."""
    cloud.wanted = wire.HealthAnswer(rotate_token=wanted)
    box.wait_state("linked")
    asked = [one.path for one in cloud.asked if one.path.endswith("/token")]
    if wanted:
        box.wait(lambda: any(one.path.endswith("/token") for one in cloud.asked))
    else:
        reports = len(cloud.asked)
        box.wait(lambda: len(cloud.asked) > reports + 5)
        assert [] == asked == [one.path for one in cloud.asked if one.path.endswith("/token")]


def test_a_queue_that_cannot_be_counted_is_unknown(box, monkeypatch):
    """While the disk fails nobody knows what waits: the last count is not shown as the present one."""
    box.wait_state("linked")
    assert 0 == box.link.status().queue_events

    def broken():
        raise StoreBroken(Path("journal.db"), "I/O error")

    monkeypatch.setattr(box.outbox, "size", broken)
    box.wait(lambda: box.link.status().queue_events is None)
    assert box.link.status().queue_snapshots is None


def test_waiting_for_a_cloud_that_is_away_costs_nothing(cloud, answering):
    """A gate without its cloud looks again when a chore is due, and does not turn round and round until then."""
    cloud.fault = answering(503)
    rounds, looks = [], []

    class Outbox(MemoryOutbox):
        def size(self):
            looks.append(1)
            return super().size()

    def beat() -> None:
        rounds.append(time.monotonic())

    parts = LinkParts(
        open_cache=lambda: nullcontext(MemoryPassCache()),
        open_outbox=lambda: nullcontext(Outbox()),
        open_ledger=lambda: nullcontext(MemoryLedger()),
        clock=MemoryClock.at(NOW),
        barrier=MemoryBarrier(),
        token=lambda: "device-token-of-the-tests",
        passes_changed=lambda: None,
        health=report,
        beat=beat,
    )
    link = CloudLink(CloudSettings(url=cloud.url, retry_low_s=60.0, retry_high_s=60.0), parts, version="1")
    stop = threading.Event()
    thread = threading.Thread(target=link.run, args=(stop,))
    thread.start()
    try:
        deadline = time.monotonic() + PATIENCE_S
        while link.status().state != "lost":
            assert time.monotonic() < deadline
            stop.wait(0.01)
        before = len(looks)
        stop.wait(0.5)
        assert len(looks) - before < 50
    finally:
        stop.set()
        thread.join(PATIENCE_S)
