"""While nothing carries hints a worker looks for its gates: what they are told, and when they are sent away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from sqlalchemy.exc import OperationalError

from cloud import push
from cloud.api import stream as stream_module
from cloud.api.requests import Caller
from cloud.api.stream import passes_event
from cloud.db.models import Command, Gate, utc_now
from cloud.domain.tokens import token_hash
from cloud.push import hub as hub_module
from cloud.push.carriers.local import LocalCarrier
from cloud.push.lookout import Lookout
from tests.patience import PATIENCE_S


class Deaf(LocalCarrier):
    """Hears nothing until somebody says otherwise; what is told goes nowhere."""

    hearing = False

    def tell(self, notices: object) -> None:
        """Lost."""


@asynccontextmanager
async def deaf_hub(lookout: Lookout) -> AsyncIterator[tuple[push.Hub, Deaf]]:
    carrier = Deaf()
    hub = push.Hub(carrier, lookout=lookout)
    await hub.start()
    yield hub, carrier
    await hub.stop()


@pytest.fixture(autouse=True)
def often(monkeypatch):
    monkeypatch.setattr(hub_module, "LOOK_S", 0.01)


async def heard(box: push.Mailbox) -> push.Notice | None:
    return await box.get(timeout_s=PATIENCE_S)


def issue(place, **fields: object) -> str:
    with place.database.write() as session:
        command = Command(gate_id=place.gate_id, kind="open", lane="entry", **fields)
        session.add(command)
        session.flush()
        return command.id


def test_each_thing_is_seen_once(database, place):
    """A list, a command and a revocation are told at the first look that sees them, and by no later one until it begins anew."""
    place.add_pass()
    wanted = issue(place, expires_at=utc_now() + timedelta(seconds=30))
    issue(place, expires_at=utc_now() - timedelta(seconds=1))
    issue(place, expires_at=utc_now() + timedelta(seconds=30), outcome="done")
    lookout = Lookout(database)
    first = [push.PassesChanged(place.territory_id, 1, 1), push.CommandIssued(place.gate_id, wanted)]

    def look() -> list[push.Notice]:
        return lookout.look([place.gate_id], [place.territory_id])

    assert [first, []] == [look(), look()]
    place.add_pass("B001BB99")
    assert [push.PassesChanged(place.territory_id, 1, 2)] == look()
    place.revoke()
    assert push.GateRevoked(place.gate_id) in look()
    lookout.begin()
    assert push.PassesChanged(place.territory_id, 1, 2) in look()


def test_a_gate_with_another_token_is_seen(database, place):
    """Who came with the old token is nobody any more: its streams end, as they do when it is told."""
    lookout = Lookout(database)
    lookout.look([place.gate_id], [])
    with database.write() as session:
        session.get_one(Gate, place.gate_id).token_hash = "another"

    assert [push.GateRevoked(place.gate_id)] == lookout.look([place.gate_id], [])


def test_more_than_a_statement_takes_is_looked_at(database, place, monkeypatch):
    """The last of many ids is seen as the first is."""
    monkeypatch.setattr("cloud.push.lookout.AT_ONCE", 2)
    others = range(1_000_000, 1_000_004)

    found = Lookout(database).look([], [*others, place.territory_id])

    assert [push.PassesChanged(place.territory_id, 1, 0)] == found


def test_a_deaf_hub_tells_what_it_sees(database, place):
    """Streams that are open while nothing is heard are told of changes, and serve; when it is heard again, looking ends."""

    async def check() -> list[object]:
        topics = push.gate_topics(place.gate_id, place.territory_id)
        async with deaf_hub(Lookout(database)) as (hub, carrier), hub.mailbox(*topics) as box:
            found: list[object] = [hub.serves, await heard(box)]
            await asyncio.to_thread(place.add_pass)
            found.append(await heard(box))
            carrier.hearing = True
            hub.deliver(push.Missed())
            return [*found, await heard(box)]

    changed = [push.PassesChanged(place.territory_id, 1, rev) for rev in (0, 1)]
    assert [True, *changed, push.Missed()] == run(check)


def test_a_hub_that_sees_nothing_either_sends_its_streams_away(database, place, monkeypatch):
    """Deaf and blind for too long a worker is of no use, and takes no stream; when it sees again it does."""
    monkeypatch.setattr(hub_module, "BLIND_S", 0.05)
    gone = OperationalError("SELECT 1", {}, Exception("gone"))

    class Blind(Lookout):
        away = True

        def look(self, gates, territories):
            if self.away:
                raise gone
            return super().look(gates, territories)

    async def check() -> list[object]:
        lookout = Blind(database)
        async with deaf_hub(lookout) as (hub, _), hub.mailbox(*push.gate_topics(place.gate_id, 1)) as box:
            found: list[object] = [hub.serves, await heard(box), hub.serves]
            lookout.away = False
            return [*found, await heard(box), hub.serves]

    assert [True, push.SentAway(), False, push.PassesChanged(1, 1, 0), True] == run(check)


def test_a_stream_that_may_have_missed_something_looks_for_itself(database, place, monkeypatch):
    """It stays open, tells the newest cursor if that is another, and ends when its token is worth nothing any more."""
    monkeypatch.setattr(stream_module, "LOOKS_WITHIN_S", 0.0)
    looks: list[object] = []
    real = stream_module._look
    monkeypatch.setattr(stream_module, "_look", lambda *given: looks.append(found := real(*given)) or found)

    async def check() -> list[bytes]:
        hub = push.Hub()
        await hub.start()
        caller, hashed = Caller(place.gate_id, place.territory_id), token_hash(place.token)
        told = stream_module._tell(hub, database, caller, hashed, known="1-0")
        found = [await anext(told)]
        following = asyncio.ensure_future(anext(told))
        while len(looks) < 2:  # nothing is new: nothing is said
            hub.deliver(push.Missed())
            await asyncio.sleep(0)
        await asyncio.to_thread(place.add_pass)
        hub.deliver(push.Missed())
        found.append(await following)
        with database.write() as session:
            session.get_one(Gate, place.gate_id).token_hash = "another"
        hub.deliver(push.Missed())
        return [*found[1:], *[each async for each in told]]

    assert [passes_event("1-1")] == run(check)


def run(check):
    return asyncio.run(check())
