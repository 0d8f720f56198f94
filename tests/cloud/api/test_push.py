"""Notices: told at commit, to every worker, and never lost without a word."""

from __future__ import annotations

import asyncio
import resource
import subprocess
import sys
from dataclasses import dataclass

import pytest

from cloud import push
from cloud.open_files import room_for_streams
from cloud.push.hub import MAILBOX
from cloud.push.notices import parsed, topic_of, written

NOTICES = [
    push.PassesChanged(1, 2, 3),
    push.CommandIssued(4, "00000000-0000-4000-8000-000000000001"),
    push.GateRevoked(5),
    push.EventArrived(6, 7),
    push.HealthArrived(8, 9),
]


@pytest.mark.parametrize("notice", NOTICES, ids=lambda notice: type(notice).__name__)
def test_notice_survives_the_database(notice):
    """What is written for another worker is read back the same."""
    assert notice == parsed(written(notice))


@pytest.mark.parametrize("payload", ["", "PassesChanged", "PassesChanged a b c", "CommandIssued", "FromTheFuture 1"])
def test_foreign_payloads_are_passed_over(payload):
    """A worker of another version, or anybody else on the channel, does no harm."""
    assert parsed(payload) is None


def test_a_kind_that_nobody_gave_an_audience_wakes_everybody():
    """What is new is told to all gates and pages of its territory until somebody says who needs it."""

    @dataclass(frozen=True, slots=True)
    class New:
        territory_id: int

    wakes = topic_of(New(1))  # type: ignore[arg-type]

    assert wakes in push.gate_topics(7, 1)
    assert wakes in push.page_topics(1)


def test_mailbox_keeps_only_the_newest_change_of_the_list():
    """A slow reader is told of the last change, which says all that the earlier ones did."""

    async def check() -> list[push.Notice | None]:
        hub = push.Hub()
        await hub.start()
        async with hub.mailbox(*push.page_topics(1)) as box:
            for rev in range(3):
                hub.deliver(push.PassesChanged(1, 1, rev))
            hub.deliver(push.PassesChanged(2, 1, 9))
            return [await box.get(timeout_s=1), await box.get(timeout_s=0.01)]

    assert [push.PassesChanged(1, 1, 2), None] == asyncio.run(check())


def test_full_mailbox_says_that_something_was_missed():
    """What does not fit is not dropped in silence."""

    async def check() -> list[push.Notice | None]:
        hub = push.Hub()
        async with hub.mailbox(*push.page_topics(1)) as box:
            for number in range(MAILBOX + 1):
                hub.deliver(push.EventArrived(1, number))
            return [await box.get(timeout_s=1), await box.get(timeout_s=0.01)]

    assert [push.Missed(), None] == asyncio.run(check())


def test_a_hub_is_full_when_its_room_is_taken():
    """A stream that ends leaves its place to another."""

    async def check() -> list[bool]:
        hub = push.Hub(room=1)
        found = [hub.full]
        async with hub.mailbox(*push.gate_topics(1, 1)):
            found.append(hub.full)
        return [*found, hub.full]

    assert [False, True, False] == asyncio.run(check())


@pytest.mark.parametrize(("limit", "room"), [(200, 100), (1024, 512), (4096, 3072), (524_288, 523_264)])
def test_streams_leave_files_for_everything_else(limit, room):
    """Of the files that a process may open some are no stream's, or it could not reach its database."""
    assert room == room_for_streams(limit)


def test_the_portal_opens_as_many_files_as_it_may():
    """Started with a low limit, as systemd gives it, a process and its children have the system's own."""
    code = "import resource as r; from cloud.open_files import raise_limit; print(raise_limit(), *r.getrlimit(r.RLIMIT_NOFILE))"
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]

    said = subprocess.run(
        ["sh", "-c", 'ulimit -Sn 256; exec "$0" -c "$1"', sys.executable, code],
        check=True,
        capture_output=True,
        text=True,
    )

    assert [str(hard)] * 3 == said.stdout.split()
