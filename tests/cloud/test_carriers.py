"""One suite over everything that carries push: within the process, PostgreSQL's NOTIFY, NATS."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

import psycopg
import pytest
from sqlalchemy import event

from cloud import push
from cloud.db.engine import Database
from cloud.db.models import Territory
from cloud.push import make_hub
from cloud.settings import SettingsInvalid, nats_servers
from tests.nats_server import NatsServer
from tests.patience import PATIENCE_S

T = TypeVar("T")
WORKERS = 2


@pytest.fixture(scope="module")
def nats_server() -> Iterator[NatsServer]:
    server = NatsServer()
    server.start()
    yield server
    server.stop()


@dataclass
class Kind:
    """One carrier, and how it is cut off and let go on."""

    url: str
    nats: str = ""
    cut: Callable[[], None] = lambda: None
    mend: Callable[[], None] = lambda: None

    @asynccontextmanager
    async def workers(self) -> AsyncIterator[list[push.Hub]]:
        """Workers of one portal, all running; within a process there is but one, twice."""
        count = 1 if self.url.startswith("sqlite") and not self.nats else WORKERS
        databases = [Database(self.url) for _ in range(count)]
        hubs = [make_hub(database, self.nats) for database in databases]
        for hub, database in zip(hubs, databases, strict=True):
            hub.database = database  # type: ignore[attr-defined]
            await hub.start()
        try:
            yield hubs * (WORKERS // count)
        finally:
            for hub in hubs:
                await hub.stop()
            for database in databases:
                database.close()


@pytest.fixture(params=["local", pytest.param("postgres", marks=pytest.mark.postgres), "nats"])
def kind(request: pytest.FixtureRequest) -> Kind:
    return made(request, request.param)


@pytest.fixture(params=[pytest.param("postgres", marks=pytest.mark.postgres), "nats"])
def wired(request: pytest.FixtureRequest) -> Kind:
    """A carrier that has something in between, and so can lose it."""
    return made(request, request.param)


def made(request: pytest.FixtureRequest, name: str) -> Kind:
    if name == "postgres":
        url = request.getfixturevalue("postgres_url")
        return Kind(url, cut=lambda: cut_listeners(url))
    url = request.getfixturevalue("sqlite_url")
    if name == "local":
        return Kind(url)
    server = request.getfixturevalue("nats_server")
    return Kind(url, server.url, cut=server.stop, mend=server.start)


def cut_listeners(url: str) -> None:
    with psycopg.connect(url.replace("postgresql+psycopg", "postgresql"), autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def run(check: Callable[[], Awaitable[T]]) -> T:
    return asyncio.run(check())  # type: ignore[arg-type]


def gate(number: int) -> push.Topic:
    return push.Topic(push.Audience.GATE, number)


def journal(territory: int) -> push.Topic:
    return push.Topic(push.Audience.JOURNAL, territory)


async def heard(box: push.Mailbox) -> push.Notice | None:
    return await box.get(timeout_s=PATIENCE_S)


def test_every_worker_that_listens_is_told(kind):
    """What one worker tells reaches the streams of each, and those of no other territory."""

    async def check() -> list[push.Notice | None]:
        async with (
            kind.workers() as (one, other),
            one.mailbox(journal(1)) as first,
            other.mailbox(journal(1)) as second,
            other.mailbox(journal(2), gate(1)) as third,
        ):
            one.tell([push.EventArrived(1, 5)])
            found = [await heard(first), await heard(second)]
            one.tell([push.EventArrived(2, 6)])
            return [*found, await heard(third)]

    assert [push.EventArrived(1, 5), push.EventArrived(1, 5), push.EventArrived(2, 6)] == run(check)


def test_an_open_mailbox_hears_at_once(kind):
    """From the moment a stream is open nothing is missed: no pause is needed before the first notice."""

    async def check() -> list[push.Notice | None]:
        found = []
        async with kind.workers() as (one, other):
            for number in range(20):
                async with other.mailbox(gate(number)) as box:
                    one.tell([push.GateRevoked(number)])
                    found.append(await heard(box))
        return found

    assert [push.GateRevoked(number) for number in range(20)] == run(check)


def test_notices_come_in_order_and_none_is_lost(kind):
    """Two hundred notices told one by one, from another thread, arrive as they were told."""

    async def check() -> list[push.Notice | None]:
        async with kind.workers() as (one, other), other.mailbox(journal(3)) as box:
            teller = threading.Thread(
                target=lambda: [one.tell([push.EventArrived(3, number)]) for number in range(200)]
            )
            teller.start()
            found = [await heard(box) for _ in range(200)]
            teller.join()
            return found

    assert [push.EventArrived(3, number) for number in range(200)] == run(check)


def test_one_stream_that_ends_takes_nothing_from_its_neighbour(kind):
    """Two streams of one gate: when the first ends, the second goes on hearing."""

    async def check() -> push.Notice | None:
        async with kind.workers() as (one, other), other.mailbox(gate(7)) as stays:
            async with other.mailbox(gate(7)):
                pass
            one.tell([push.GateRevoked(7)])
            return await heard(stays)

    assert push.GateRevoked(7) == run(check)


def test_many_streams_of_one_gate_that_begin_at_once(kind):
    """Ten streams that open in one moment each hear a notice once, also when half of them have ended again."""

    async def check() -> list[list[push.Notice | None]]:
        async with kind.workers() as (one, other), contextlib.AsyncExitStack() as stack:
            boxes = [other.mailbox(gate(7)) for _ in range(10)]
            opened = await asyncio.gather(*(box.__aenter__() for box in boxes))
            for box in boxes[5:]:
                stack.push_async_exit(box.__aexit__)
            for box in boxes[:5]:
                await box.__aexit__(None, None, None)
            one.tell([push.GateRevoked(7), push.CommandIssued(7, "last")])
            return [[await heard(box), await heard(box)] for box in opened[5:]]

    assert [[push.GateRevoked(7), push.CommandIssued(7, "last")]] * 5 == run(check)


def test_only_what_was_committed_is_told(kind):
    """A notice of a transaction that fails is never told; that of one which commits is, when it has."""

    def fail(database: Database) -> None:
        with contextlib.suppress(ZeroDivisionError), database.write() as session:
            push.gate_revoked(session, 1)
            _ = 1 / 0

    def succeed(database: Database) -> None:
        with database.write() as session:
            push.gate_revoked(session, 2)

    async def check() -> list[push.Notice | None]:
        async with kind.workers() as (one, other), other.mailbox(gate(1), gate(2)) as box:
            await asyncio.to_thread(fail, one.database)
            await asyncio.to_thread(succeed, one.database)
            return [await heard(box)]

    assert [push.GateRevoked(2)] == run(check)


def test_whoever_is_not_running_is_told_nothing_and_does_no_harm(kind):
    """Telling before the start and after the stop is no failure."""

    async def check() -> None:
        async with kind.workers() as (one, other):
            await one.stop()
            one.tell([push.GateRevoked(1)])
            assert other is not None

    hub = make_hub(Database(kind.url), kind.nats)
    hub.tell([push.GateRevoked(1)])
    run(check)


def test_the_transaction_itself_notifies_nobody(kind):
    """No statement of the transaction is a NOTIFY: its commit would lock the whole database."""
    database, asked = Database(kind.url), []
    make_hub(database, kind.nats)
    event.listen(database.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))

    with database.write() as session:
        push.gate_revoked(session, 1)

    database.close()
    assert [] == [statement for statement in asked if "notify" in statement.lower()]


def test_a_worker_hears_only_what_its_streams_need(wired):
    """A notice of a territory that nobody here watches does not come to this worker."""

    async def check() -> list[push.Notice]:
        async with wired.workers() as (one, other):
            came: list[push.Notice] = []
            deliver = other.deliver
            other.deliver = lambda notice: (came.append(notice), deliver(notice))  # type: ignore[method-assign]
            async with other.mailbox(journal(1)) as box:
                one.tell([push.EventArrived(2, 1), push.GateRevoked(3), push.EventArrived(1, 1)])
                await heard(box)
                return list(came)

    assert [push.EventArrived(1, 1)] == run(check)


def test_what_a_gate_tells_wakes_pages_and_none_of_its_neighbours(kind):
    """A visit, a report or a call of one gate reaches the pages of its territory; the streams of its gates hear lists alone."""
    told = [push.EventArrived(1, 5), push.HealthArrived(1, 7), push.CallChanged(1, 7), push.PassesChanged(1, 2, 3)]

    async def check() -> tuple[list[push.Notice | None], ...]:
        async with (
            kind.workers() as (one, other),
            other.mailbox(*push.gate_topics(8, 1)) as neighbour,
            other.mailbox(*push.page_topics(1)) as page,
            other.mailbox(*push.call_topics(1)) as caller,
        ):
            one.tell(told)
            found = [await heard(page) for _ in told]
            one.tell([push.GateRevoked(8), push.CallChanged(1, 9)])
            return (
                sorted(found, key=str),
                [await heard(caller), await heard(caller)],
                [await heard(neighbour), await heard(neighbour)],
            )

    of_page, of_caller, of_neighbour = run(check)
    assert sorted(told, key=str) == of_page
    assert [push.CallChanged(1, 7), push.CallChanged(1, 9)] == of_caller
    assert [push.PassesChanged(1, 2, 3), push.GateRevoked(8)] == sorted(
        of_neighbour, key=lambda one: "Gate" in str(one)
    )


def test_a_worker_without_pages_does_not_hear_what_only_pages_want(wired):
    """A worker that has but streams of gates is not told of their visits: neither they nor their worker wake for them."""

    async def check() -> list[push.Notice]:
        async with wired.workers() as (one, other):
            came: list[push.Notice] = []
            deliver = other.deliver
            other.deliver = lambda notice: (came.append(notice), deliver(notice))  # type: ignore[method-assign]
            async with other.mailbox(*push.gate_topics(1, 1)) as box:
                one.tell([push.EventArrived(1, 1), push.HealthArrived(1, 1), push.PassesChanged(1, 2, 3)])
                await heard(box)
                return list(came)

    assert [push.PassesChanged(1, 2, 3)] == run(check)


def test_who_was_out_of_touch_says_so(wired):
    """When the connection is cut every stream is told that it may have missed something, and push comes back by itself."""

    async def check() -> tuple[push.Notice | None, push.Notice | None]:
        async with wired.workers() as (one, other), other.mailbox(gate(7)) as box:
            await asyncio.to_thread(wired.cut)
            lost = await heard(box)
            await asyncio.to_thread(wired.mend)
            while True:  # a hint told while the other end is still coming back may be lost: that is what it is
                one.tell([push.GateRevoked(7)])
                found = await box.get(timeout_s=0.5)
                if found == push.GateRevoked(7):
                    return lost, found

    assert (push.Missed(), push.GateRevoked(7)) == run(check)


def test_while_nats_is_away_a_worker_looks_for_its_gates(request):
    """A pass that is filed at one worker while NATS is down reaches the gates of another before it is back."""
    nats = made(request, "nats")

    async def check() -> list[push.Notice | None]:
        async with nats.workers() as (one, other):
            place = await asyncio.to_thread(new_territory, one.database)
            async with other.mailbox(*push.gate_topics(7, place)) as box:
                await asyncio.to_thread(nats.cut)
                found = [await heard(box)]
                await asyncio.to_thread(change_list, one.database, place)
                while found[-1] != push.PassesChanged(place, 1, 1):
                    found.append(await heard(box))
        await asyncio.to_thread(nats.mend)
        return found

    assert push.Missed() == run(check)[0]


def test_what_was_told_to_a_nats_that_died_is_told_again(request):
    """What gates must know of the last half minute is told once more; visits are not, for no gate waits for them."""
    nats = made(request, "nats")

    async def check() -> list[push.Notice | None]:
        async with (
            nats.workers() as (one, other),
            other.mailbox(*push.gate_topics(7, 1), push.Topic(push.Audience.JOURNAL, 1)) as box,
        ):
            one.tell([push.EventArrived(1, 5), push.CommandIssued(7, "it")])
            told = [await heard(box), await heard(box)]
            await asyncio.to_thread(nats.cut)
            told.append(await heard(box))
            await asyncio.to_thread(nats.mend)
            while (came := await heard(box)) in {
                push.Missed(),
                push.GateRevoked(7),
            }:  # there is no gate 7: it sees that
                pass
            return [*told, came]

    again = [push.EventArrived(1, 5), push.CommandIssued(7, "it"), push.Missed(), push.CommandIssued(7, "it")]
    assert again == run(check)


def new_territory(database: Database) -> int:
    with database.write() as session:
        place = Territory(code="123-456", name="Бор", timezone="Europe/Moscow")
        session.add(place)
        session.flush()
        return place.id


def change_list(database: Database, place: int) -> None:
    with database.write() as session:
        push.next_rev(session, place)
        push.passes_changed(session, place)


def test_a_portal_starts_without_its_carrier(sqlite_url, nats_server):
    """A NATS that is away when the portal starts is found when it comes."""
    nats_server.stop()

    async def check() -> tuple[bool, bool, push.Notice | None]:
        hub = make_hub(Database(sqlite_url), nats_server.url)
        starting = asyncio.ensure_future(hub.start())
        await asyncio.sleep(0)
        async with hub.mailbox(gate(1)) as box:
            before = hub.hearing
            await asyncio.to_thread(nats_server.start)
            await starting
            found = None
            while found != push.GateRevoked(1):
                hub.tell([push.GateRevoked(1)])
                found = await box.get(timeout_s=0.5)
        after = hub.hearing
        await hub.stop()
        return before, after, found

    assert (False, True, push.GateRevoked(1)) == run(check)


@pytest.mark.parametrize("wrong", ["http://a", "nats://", "nats://a:99999", "nats://a,b"])
def test_a_wrong_address_is_named_and_not_repeated(wrong):
    """One line names the setting; the address, which may hold a password, is not in it."""
    with pytest.raises(SettingsInvalid, match="OKTER_NATS_URL") as caught:
        nats_servers({"OKTER_NATS_URL": wrong})

    assert wrong not in str(caught.value).replace("nats://127.0.0.1:4222", "")
    assert "nats://u:p@a:4222,tls://b" == nats_servers({"OKTER_NATS_URL": "nats://u:p@a:4222,tls://b"})


def test_streams_that_begin_together_ask_nats_together(nats_server, sqlite_url):
    """Fifty streams of fifty gates that begin at once ask NATS a few times, not four times each, and hear all the same."""

    async def check() -> tuple[int, list[push.Notice | None]]:
        database = Database(sqlite_url)
        hub, asked = make_hub(database, nats_server.url), 0
        await hub.start()
        client = hub._carrier._client  # type: ignore[attr-defined]
        flush = client.flush

        async def counted(within_s: float) -> None:
            nonlocal asked
            asked += 1
            await flush(within_s)

        client.flush = counted

        async def stream(number: int) -> push.Notice | None:
            async with hub.mailbox(*push.gate_topics(number, 1000 + number)) as box:
                hub.tell([push.GateRevoked(number)])
                return await heard(box)

        found = await asyncio.gather(*(stream(number) for number in range(1, 51)))
        await hub.stop()
        database.close()
        return asked, found

    asked, found = run(check)
    assert [push.GateRevoked(number) for number in range(1, 51)] == found
    assert asked <= 40
