"""Commands: each at most once, never late, always acknowledged."""

from __future__ import annotations

import time
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta

import pytest

from sync import wire
from sync.backoff import Patience
from sync.commands import Commander
from sync.errors import CloudUnreachable
from sync.memory import MemoryBarrier, MemoryLedger
from sync.servertime import ServerTime


def command(number: int = 1, *, kind: str = "open", left_s: float = 10.0) -> wire.Command:
    return wire.Command(
        id=f"00000000-0000-4000-8000-{number:012}",
        kind=kind,
        lane="entry",
        expires_at=datetime.now(UTC) + timedelta(seconds=left_s),
    )


@pytest.fixture
def parts(api, clock):
    """A commander over fakes, whose cloud has just told its time."""
    server_time = ServerTime(clock)
    server_time.heard_on_stream(datetime.now(UTC), mono=time.monotonic())
    ledger, barrier = MemoryLedger(), MemoryBarrier()
    commander = Commander(
        api=api,
        open_ledger=lambda: nullcontext(ledger),
        barrier=barrier,
        server_time=server_time,
        patience=Patience(0.01, 0.1, 1.0),
    )
    return commander, ledger, barrier, server_time


def obey(parts, wanted: wire.Command) -> None:
    commander, ledger, _, server_time = parts
    commander.obey(ledger, wanted, server_time.until(wanted.expires_at, mono=time.monotonic()))


def test_performed_once_and_acknowledged(cloud, parts):
    """A command told three times moves the barrier once, and the cloud hears of it."""
    commander, ledger, barrier, _ = parts
    for _ in range(3):
        obey(parts, command())
    commander.report(ledger)

    assert 1 == len(barrier.performed)
    assert [(command().id, "done")] == cloud.acks
    assert () == ledger.unacknowledged()


def test_late_command_is_not_performed(parts):
    """After its time by the cloud's clock a command is expired, whatever our own clock says."""
    _, ledger, barrier, _ = parts
    obey(parts, command(left_s=0.5))  # within the granularity of a Date header

    assert [] == barrier.performed
    assert [(command().id, "expired", "")] == list(ledger.unacknowledged())


def test_unknown_kinds_and_unknown_time_are_refused(parts, clock):
    """What this gate does not know how to do, or when to stop doing, it refuses."""
    commander, ledger, barrier, _ = parts
    obey(parts, command(1, kind="explode"))
    commander.obey(ledger, command(2), None)

    assert [] == barrier.performed
    assert ["refused", "refused"] == [outcome for _, outcome, _ in ledger.unacknowledged()]


def test_acknowledgement_waits_for_the_cloud(cloud, parts, answering):
    """An acknowledgement that does not get through is kept, and one the cloud will never take is dropped."""
    commander, ledger, _, _ = parts
    obey(parts, command(1))
    cloud.fault = lambda _asked, _socket: True
    with pytest.raises(CloudUnreachable):
        commander.report(ledger)
    assert 1 == len(ledger.unacknowledged())

    cloud.fault = answering(404, b'{"error": "no such command"}')
    commander.report(ledger)
    assert () == ledger.unacknowledged()


def test_a_command_good_for_a_year_is_refused(parts) -> None:
    """It could lie anywhere on its way; no command of ours lives longer than minutes."""
    commander, ledger, barrier, _ = parts
    commander.offer(command(left_s=365 * 86400.0))
    commander.obey(ledger, *commander._queue.get_nowait())
    assert [] == barrier.performed
    assert [("refused", "срок команды дальше допустимого")] == [one[1:] for one in ledger.unacknowledged()]
