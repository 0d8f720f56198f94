"""The real client against the real server, over sockets: what the residents see."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from cloud import push
from cloud.db.models import Command, GateEvent, Pass, utc_now
from core.events import Instant
from sync import wire
from sync.link import CloudLink, CloudStatus, LinkParts
from sync.memory import MemoryBarrier, MemoryLedger, MemoryOutbox, MemoryPassCache
from sync.settings import CloudSettings

WAIT_S = 60.0


class SystemClock:
    """The clock of this machine."""

    def now(self) -> Instant:
        return Instant(mono=time.monotonic(), wall=datetime.now(UTC), wall_trusted=True)

    def heard(self, date: datetime, *, mono: float, authenticated: bool) -> None:
        pass


@dataclass
class GateBox:
    """A gate made of fakes around the real link."""

    link: CloudLink
    cache: MemoryPassCache
    outbox: MemoryOutbox
    barrier: MemoryBarrier
    token: list[str | None]
    changed: threading.Condition = field(default_factory=threading.Condition)

    def wait(self, what: Callable[[], bool]) -> None:
        """Wait until `what` holds; fails the test when it never does."""
        deadline = time.monotonic() + WAIT_S
        pause = threading.Event()
        while not what():
            assert time.monotonic() < deadline, self.link.status()
            pause.wait(0.01)


def report(status: CloudStatus) -> wire.Health:
    return wire.Health(
        version="1",
        clock=utc_now(),
        clock_trusted=True,
        uptime_s=1,
        cameras=(),
        relay_alive=True,
        disk_free_bytes=1,
        queue_events=status.queue_events or 0,
        queue_snapshots=status.queue_snapshots or 0,
        dropped=0,
        list_cursor=status.cursor,
        list_count=status.passes,
        list_age_s=None,
    )


@pytest.fixture
def box(server, place) -> Iterator[GateBox]:
    settings = CloudSettings(url=server, poll_s=3600.0, retry_low_s=0.05, retry_high_s=1.0)
    cache, outbox, barrier, ledger = MemoryPassCache(), MemoryOutbox(), MemoryBarrier(), MemoryLedger()
    token: list[str | None] = [place.token]
    parts = LinkParts(
        open_cache=lambda: nullcontext(cache),
        open_outbox=lambda: nullcontext(outbox),
        open_ledger=lambda: nullcontext(ledger),
        clock=SystemClock(),
        barrier=barrier,
        token=lambda: token[0],
        passes_changed=lambda: None,
        health=report,
    )
    link = CloudLink(settings, parts, version="1")
    stop = threading.Event()
    thread = threading.Thread(target=link.run, args=(stop,), name="sync")
    thread.start()
    yield GateBox(link, cache, outbox, barrier, token)
    stop.set()
    thread.join(WAIT_S)
    assert not thread.is_alive()


def test_added_pass_arrives_by_push(box, place):
    """A pass added while the stream is open is on the gate without waiting for the next poll."""
    box.wait(lambda: box.link.status().push and box.link.status().state == "linked")

    pass_id = place.add_pass("A777AA77")

    box.wait(lambda: pass_id in box.cache.live)


def test_events_arrive_once_with_their_pictures(box, place, database):
    """What the gate journals is in the cloud's journal, and its picture on the cloud's disk."""
    event = wire.GateEvent(
        id="00000000-0000-4000-8000-000000000001", kind="visit", at=utc_now(), clock_trusted=True, snapshot=True
    )
    box.outbox.add(event, b"\xff\xd8\xff picture")
    box.link.poke()

    box.wait(lambda: box.outbox.size().snapshots == 0)

    with database.read() as session:
        (row,) = session.query(GateEvent).all()
    assert event.id == row.event_id
    assert row.snapshot_path is not None


def test_one_time_pass_spent_at_one_gate_is_gone_from_all(box, place, database):
    """A one-time pass used up at a gate becomes a tombstone in the list of every gate."""
    pass_id = place.add_pass(one_time=True)
    box.wait(lambda: pass_id in box.cache.live)

    box.outbox.add(
        wire.GateEvent(
            id="00000000-0000-4000-8000-000000000002",
            kind="visit",
            at=utc_now(),
            clock_trusted=True,
            pass_id=pass_id,
            consumed=True,
        )
    )
    box.link.poke()

    box.wait(lambda: pass_id not in box.cache.live)
    with database.read() as session:
        assert session.get_one(Pass, pass_id).used_at is not None


def test_command_is_performed_and_acknowledged(box, place, database):
    """A remote open reaches the barrier and its outcome the portal."""
    box.wait(lambda: box.link.status().push)
    with database.write() as session:
        command = Command(
            gate_id=place.gate_id, kind="open", lane="entry", expires_at=utc_now() + timedelta(seconds=20)
        )
        session.add(command)
        push.command_issued(session, command)

    def acknowledged() -> bool:
        with database.read() as session:
            return session.get_one(Command, command.id).outcome == "done"

    box.wait(acknowledged)
    assert ["open"] == [performed.kind for performed in box.barrier.performed]


def test_revoked_gate_keeps_its_list(box, place):
    """Revocation closes the stream at once and costs the gate its access, not its list."""
    pass_id = place.add_pass()
    box.wait(lambda: pass_id in box.cache.live and box.link.status().push)

    place.revoke()
    box.wait(lambda: not box.link.status().push)
    box.outbox.add(
        wire.GateEvent(id="00000000-0000-4000-8000-000000000003", kind="visit", at=utc_now(), clock_trusted=True)
    )
    box.link.poke()

    box.wait(lambda: box.link.status().state == "unknown")
    assert pass_id in box.cache.live
    assert 1 == box.outbox.size().events
