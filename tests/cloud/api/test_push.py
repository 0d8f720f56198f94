"""Notices: told at commit, to every worker, and never lost without a word."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import psycopg
import pytest

from cloud import push
from cloud.db.engine import Database
from cloud.push.hub import MAILBOX
from cloud.push.notices import parsed, written

T = TypeVar("T")
WAIT_S = 30.0
NOTICES = [
    push.PassesChanged(1, 2, 3),
    push.CommandIssued(4, "00000000-0000-4000-8000-000000000001"),
    push.GateRevoked(5),
    push.EventArrived(6, 7),
    push.HealthArrived(8, 9),
]


@pytest.mark.parametrize("notice", NOTICES, ids=lambda notice: type(notice).__name__)
def test_notice_survives_the_database(notice):
    """What is written into a NOTIFY is read back the same."""
    assert notice == parsed(written(notice))


@pytest.mark.parametrize("payload", ["", "PassesChanged", "PassesChanged a b c", "CommandIssued", "FromTheFuture 1"])
def test_foreign_payloads_are_passed_over(payload):
    """A worker of another version, or anybody else on the channel, does no harm."""
    assert parsed(payload) is None


def test_mailbox_keeps_only_the_newest_change_of_the_list():
    """A slow reader is told of the last change, which says all that the earlier ones did."""

    async def check() -> list[push.Notice | None]:
        hub = push.Hub()
        await hub.start()
        with hub.mailbox(push.territory_topic(1)) as box:
            for rev in range(3):
                hub.deliver(push.PassesChanged(1, 1, rev))
            hub.deliver(push.PassesChanged(2, 1, 9))
            return [await box.get(timeout_s=1), await box.get(timeout_s=0.01)]

    assert [push.PassesChanged(1, 1, 2), None] == asyncio.run(check())


def test_full_mailbox_says_that_something_was_missed():
    """What does not fit is not dropped in silence."""

    async def check() -> list[push.Notice | None]:
        hub = push.Hub()
        with hub.mailbox(push.territory_topic(1)) as box:
            for number in range(MAILBOX + 1):
                hub.deliver(push.EventArrived(1, number))
            return [await box.get(timeout_s=1), await box.get(timeout_s=0.01)]

    assert [push.Missed(), None] == asyncio.run(check())


@pytest.mark.postgres
def test_every_worker_hears_of_a_commit_in_another_process(postgres_url):
    """Two workers and a writer that share nothing but the database: both workers are told, at commit."""
    writer = Database(postgres_url)

    async def check(hubs: list[push.Hub]) -> list[push.Notice | None]:
        with hubs[0].mailbox(push.gate_topic(7)) as one, hubs[1].mailbox(push.gate_topic(7)) as other:
            await asyncio.to_thread(_revoke, writer)
            return [await one.get(timeout_s=WAIT_S), await other.get(timeout_s=WAIT_S)]

    assert [push.GateRevoked(7)] * 2 == asyncio.run(_with_workers(postgres_url, check))
    writer.close()


@pytest.mark.postgres
def test_worker_that_lost_the_database_says_so(postgres_url):
    """When the listening connection is cut, the streams are told that they may have missed something."""

    async def check(hubs: list[push.Hub]) -> push.Notice | None:
        with hubs[0].mailbox(push.gate_topic(7)) as box:
            await asyncio.to_thread(_cut_listeners, postgres_url)
            return await box.get(timeout_s=WAIT_S)

    assert push.Missed() == asyncio.run(_with_workers(postgres_url, check))


async def _with_workers(url: str, check: Callable[[list[push.Hub]], Awaitable[T]]) -> T:
    databases = [Database(url), Database(url)]
    hubs = [push.make_hub(database) for database in databases]
    for hub in hubs:
        await hub.start()
    try:
        return await check(hubs)
    finally:
        for hub in hubs:
            await hub.stop()
        for database in databases:
            database.close()


def _revoke(database: Database) -> None:
    with database.write() as session:
        push.gate_revoked(session, 7)


def _cut_listeners(url: str) -> None:
    with psycopg.connect(url.replace("postgresql+psycopg", "postgresql"), autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'")
