"""Two hosts over one PostgreSQL, one bucket and one NATS: whichever a visitor, a gate or a guard is sent to."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest

from cloud import push
from cloud.app import create_app
from cloud.db.models import GateEvent, utc_now
from cloud.domain import passes
from cloud.domain.periods import Period
from cloud.pictures import BucketSettings
from cloud.plates import read_plate
from cloud.sweeper import sweep_if_due
from tests.buckets import new_bucket, s3_server
from tests.cloud.portal.conftest import Visitor, World
from tests.nats_server import NatsServer
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.postgres
EVENT_ID = "0a000000-0000-4000-8000-000000000001"


@pytest.fixture
def portal_url(postgres_url: str) -> str:
    return postgres_url


@pytest.fixture
def bucket() -> Iterator[BucketSettings]:
    with s3_server() as address:
        yield new_bucket(address)


@pytest.fixture
def nats() -> Iterator[str]:
    server = NatsServer()
    server.start()
    yield server.url
    server.stop()


@pytest.fixture
def hosts(world: World, tmp_path, nats: str) -> Iterator[list[World]]:
    """Two hosts, each with a data folder of its own and one secret."""
    made = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        app = create_app(dataclasses.replace(world.settings, data_dir=tmp_path / name, nats=nats))
        made.append(World(app, app.state.settings, app.state.database, world.runner))
    yield made
    for host in made:
        for visitor in host.visitors:
            visitor.close()
        host.database.close()


def elsewhere(visitor: Visitor, host: World) -> Visitor:
    """The same browser, sent to another host by the balancer."""
    other = host.visitor()
    other.client.cookies = visitor.client.cookies
    other.csrf = visitor.csrf
    return other


def test_a_form_of_one_host_is_taken_by_the_other(hosts, place):
    """A resident who got the form from one host and sends it to the other has filed a pass."""
    one, other = hosts
    resident, today = one.as_(place.resident), str(utc_now().astimezone(ZoneInfo("Europe/Moscow")).date())
    resident.get(f"/t/{place.territory.code}/passes/new")

    answer = elsewhere(resident, other).post(
        f"/t/{place.territory.code}/passes/new", plate="B123BC77", valid_from=today, valid_until=today
    )

    assert 303 == answer.status_code, answer.text[:500]


def test_a_picture_sent_to_one_host_is_seen_on_the_other(hosts, place):
    """What a gate sends to one host a guard sees on the other."""
    one, other = hosts
    with one.database.write() as session:
        session.get(GateEvent, int(place.ids["event_id"])).event_id = EVENT_ID
    headers = {"authorization": "Bearer device A", "content-type": "image/jpeg"}
    path = f"/api/edge/v1/events/{EVENT_ID}/snapshot"

    sent = one.visitor().request("PUT", path, content=b"\xff\xd8\xff picture", headers=headers)
    seen = other.as_(place.operator).get(f"/t/{place.territory.code}/visits/{place.ids['event_id']}/photo.jpg")

    assert (204, b"\xff\xd8\xff picture") == (sent.status_code, seen.content)


def test_a_pass_filed_on_one_host_wakes_a_gate_on_the_other(hosts, place):
    """A gate whose stream is at one host hears of a pass that was filed at the other."""
    one, other = hosts

    def file() -> None:
        wanted = passes.PassRequest(read_plate("B123BC77"), Period(None, None), False, "дом A")
        with one.database.write() as session:
            passes.file(
                session, session.merge(place.territory), wanted,
                owner=session.merge(place.resident), filed_by=session.merge(place.resident),
                limited=False, now=place.territory.created_at,
            )  # fmt: skip

    async def check() -> push.Notice | None:
        for host in hosts:
            await host.app.state.hub.start()
        async with other.app.state.hub.mailbox(*push.page_topics(place.territory.id)) as box:
            await asyncio.to_thread(file)
            found = await box.get(timeout_s=PATIENCE_S)
        for host in hosts:
            await host.app.state.hub.stop()
        return found

    assert isinstance(one.runner.run(check()), push.PassesChanged)


def test_one_of_them_sweeps(hosts):
    """The hour's chores are begun by one host, and done as a job by whichever takes it."""
    assert [True, False] == [sweep_if_due(host.app.state.portal) for host in hosts]
    assert [1, 0] == [host.app.state.portal.jobs.do_due() for host in reversed(hosts)]
