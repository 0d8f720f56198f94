"""A portal whose pictures are in a bucket: what its pages, its gates, retention and its health make of it."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Iterator
from datetime import timedelta

import pytest

from cloud.cli import settings_from
from cloud.db.models import GateEvent, utc_now
from cloud.domain import retention
from cloud.pictures import BucketSettings, bounded, bucket_settings, make_pictures
from cloud.pictures import bucket as of_bucket
from cloud.pictures.settings import BucketInvalid
from tests.buckets import AWAY, Silent, new_bucket, s3_server, silent_server
from tests.patience import PATIENCE_S, until

KEY = "snapshots/1/ab/ab.jpg"
PICTURE = b"\xff\xd8\xff picture"


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    with s3_server() as address:
        yield address


@pytest.fixture
def bucket(s3: str, request: pytest.FixtureRequest) -> BucketSettings:
    """Reached by browsers, unless the test says «private» or «away»."""
    wanted = getattr(request, "param", "public")
    return AWAY if wanted == "away" else new_bucket(s3, public=wanted == "public")


@pytest.fixture
def photo(place, world) -> str:
    """A visit that has a picture; its page's address."""
    number = place.ids["event_id"]
    with world.database.write() as session:
        session.get(GateEvent, int(number)).snapshot_path = KEY
    return f"/t/{place.territory.code}/visits/{number}"


def test_who_is_in_follows_a_link_that_ends(world, place, photo, bucket):
    """The picture's page sends a guard to the bucket for a minute, a stranger nowhere; pages may load from there alone."""
    world.app.state.pictures.put(KEY, PICTURE)

    answer = world.as_(place.operator).get(f"{photo}/photo.jpg")

    assert 302 == answer.status_code
    assert answer.headers["location"].startswith(f"{bucket.public}/{bucket.bucket}/{KEY}?")
    assert "X-Amz-Expires=60&" in answer.headers["location"]
    assert "no-store" == answer.headers["cache-control"]
    assert f"img-src 'self' {bucket.public};" in answer.headers["content-security-policy"]
    assert "location" not in world.as_(place.resident).get(f"{photo}/photo.jpg").headers


@pytest.mark.parametrize("bucket", ["private"], indirect=True)
def test_a_bucket_of_our_own_network_is_handed_out(world, place, photo):
    """Without an address for browsers the portal gives the bytes, and 304 to who has them."""
    world.app.state.pictures.put(KEY, PICTURE)
    guard = world.as_(place.operator)

    answer = guard.get(f"{photo}/photo.jpg")
    again = guard.request("GET", f"{photo}/photo.jpg", headers={"if-none-match": answer.headers["etag"]})

    assert (PICTURE, 304) == (answer.content, again.status_code)
    assert "img-src 'self';" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("bucket", ["private"], indirect=True)
def test_a_gates_picture_goes_into_the_bucket_and_out_of_it(world, place, bucket):
    """A picture of a gate is an object that another host reads too; retention takes it with its visit."""
    event_id = "0a000000-0000-4000-8000-000000000001"
    with world.database.write() as session:
        session.get(GateEvent, int(place.ids["event_id"])).event_id = event_id
    headers = {"authorization": "Bearer device A", "content-type": "image/jpeg"}
    path = f"/api/edge/v1/events/{event_id}/snapshot"

    answer = world.visitor().request("PUT", path, content=PICTURE, headers=headers)

    key = f"snapshots/{place.ids['gate_id']}/0a/{event_id}.jpg"
    elsewhere = make_pictures(world.settings.data_dir / "elsewhere", bucket)
    assert (204, PICTURE) == (answer.status_code, elsewhere.get(key).content)
    assert not (world.settings.data_dir / "snapshots").exists()

    retention.sweep(world.database, world.app.state.pictures, now=utc_now() + timedelta(days=200))

    assert elsewhere.get(key) is None


@pytest.mark.parametrize("bucket", ["away"], indirect=True)
def test_a_bucket_that_is_away_costs_pictures_alone(world, place, photo):
    """Pages go on, the picture is asked for later, the gate keeps what it could not send, and the portal stays ready."""
    guard = world.as_(place.operator)

    assert 200 == guard.get(f"/t/{place.territory.code}/journal").status_code
    answer = guard.get(f"{photo}/photo.jpg")
    assert (503, "30") == (answer.status_code, answer.headers["retry-after"])
    ready = guard.get("/readyz")
    assert 200 == ready.status_code
    assert "\npictures: FAILED (" in ready.text
    assert "127.0.0.1" not in ready.text

    with world.database.write() as session:
        session.get(GateEvent, int(place.ids["event_id"])).event_id = "0a000000-0000-4000-8000-000000000001"
    told = world.visitor().request(
        "PUT",
        "/api/edge/v1/events/0a000000-0000-4000-8000-000000000001/snapshot",
        content=PICTURE,
        headers={"authorization": "Bearer device A", "content-type": "image/jpeg"},
    )
    assert (503, "30") == (told.status_code, told.headers["retry-after"])


@pytest.mark.parametrize("bucket", ["away"], indirect=True)
def test_a_visit_outlives_no_picture_and_no_picture_its_visit(world, place, photo):
    """Retention whose bucket is away leaves the visit, so that the next hour finds the picture by it."""
    retention.sweep(world.database, world.app.state.pictures, now=utc_now() + timedelta(days=200))
    with world.database.read() as session:
        assert 1 == session.query(GateEvent).count()


def test_the_environment_names_the_bucket(tmp_path):
    """Bucket, key and secret are wanted, the addresses are origins, and the secret may be in a file."""
    (tmp_path / "secret").write_text("s3cr3t\n")
    told = {"OKTER_S3_BUCKET": "b", "OKTER_S3_KEY": "k", "OKTER_S3_SECRET_FILE": str(tmp_path / "secret")}
    ends = {"OKTER_S3_ENDPOINT": "http://127.0.0.1:9000/", "OKTER_S3_PUBLIC": "https://s3.example.ru"}

    found = bucket_settings({**told, **ends, "OKTER_S3_REGION": "ru-central1"})

    assert ("b", "k", "s3cr3t", "http://127.0.0.1:9000", "ru-central1", "https://s3.example.ru") == dataclasses.astuple(
        found
    )
    assert "s3cr3t" not in repr(found)
    assert bucket_settings({}) is None


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"OKTER_S3_KEY": ""}, "OKTER_S3_KEY"),
        ({"OKTER_S3_SECRET": " "}, "OKTER_S3_SECRET"),
        ({"OKTER_S3_SECRET_FILE": "/nowhere/at/all"}, "OKTER_S3_SECRET_FILE"),
        ({"OKTER_S3_ENDPOINT": "s3.example.ru"}, "OKTER_S3_ENDPOINT"),
        ({"OKTER_S3_ENDPOINT": "https://s3.example.ru/path"}, "OKTER_S3_ENDPOINT"),
        ({"OKTER_S3_ENDPOINT": "https://[::1"}, "OKTER_S3_ENDPOINT"),
        ({"OKTER_S3_PUBLIC": "https://a; script-src *"}, "OKTER_S3_PUBLIC"),
        ({"OKTER_S3_PUBLIC": "https://u:p@a"}, "OKTER_S3_PUBLIC"),
        ({"OKTER_S3_PUBLIC": "https://a:99999"}, "OKTER_S3_PUBLIC"),
    ],
)
def test_a_wrong_setting_is_named(wrong, named):
    """One line names what cannot be used; what goes into a header is nothing but an origin."""
    told = {"OKTER_S3_BUCKET": "b", "OKTER_S3_KEY": "k", "OKTER_S3_SECRET": "s"}

    with pytest.raises(BucketInvalid, match=named):
        bucket_settings({**told, **wrong})


def test_serving_reads_it(tmp_path, monkeypatch):
    """What `okter serve` is told is what the portal gets."""
    for name, value in {"OKTER_S3_BUCKET": "b", "OKTER_S3_KEY": "k", "OKTER_S3_SECRET": "s"}.items():
        monkeypatch.setenv(name, value)

    assert BucketSettings("b", "k", "s") == settings_from(tmp_path, "sqlite://", "http://a.ru").bucket


@pytest.fixture
def silent() -> Iterator[Silent]:
    with silent_server() as server:
        yield server


class TestSilence:
    """A bucket that accepts and stays silent."""

    @pytest.fixture
    def bucket(self, silent: Silent, monkeypatch: pytest.MonkeyPatch) -> BucketSettings:
        """Its requests end when the server closes, however busy this machine is."""
        monkeypatch.setattr(of_bucket, "ANSWER_S", PATIENCE_S)
        return BucketSettings("silent", "key", "secret", endpoint=silent.address)

    def test_it_keeps_pictures_waiting_and_nothing_else(self, world, place, photo, silent):
        """While sixty pictures are asked for, pages, a gate's poll and the health are answered before any of them is."""
        guard, gate = world.as_(place.operator), world.visitor()
        base = f"/t/{place.territory.code}"

        async def ask() -> list[int]:
            wanted = [asyncio.create_task(guard.client.get(f"{photo}/photo.jpg?{n}")) for n in range(60)]
            await asyncio.to_thread(until, lambda: len(silent.heard) >= bounded.AT_ONCE)
            answers = [
                await guard.client.get(f"{base}/journal"),
                await guard.client.get(f"{photo}"),
                await gate.client.get("/api/edge/v1/passes", headers={"authorization": "Bearer device A"}),
                await gate.client.get("/healthz"),
            ]
            kept, asked = sum(not task.done() for task in wanted), len(silent.heard)
            silent.let.set()
            assert {503} == {answer.status_code for answer in await asyncio.gather(*wanted)}
            assert bounded.AT_ONCE == asked
            assert bounded.AT_ONCE <= kept <= bounded.AT_ONCE + bounded.MAY_WAIT
            return [answer.status_code for answer in answers]

        assert [200, 200, 200, 200] == world.runner.run(ask())

    def test_the_picture_says_that_it_is_not_to_be_had_now(self, world, place, photo, silent):
        """Asked again while the bucket rests, the portal asks nobody, and draws the words in the reader's language."""
        silent.let.set()
        guard = world.as_(place.operator)
        guard.get(f"{photo}/photo.jpg")
        asked = len(silent.heard)

        answer, small = guard.get(f"{photo}/photo.jpg"), guard.get(f"{photo}/thumb.jpg")

        assert asked == len(silent.heard)
        assert (503, "image/svg+xml", "no-store") == (
            answer.status_code,
            answer.headers["content-type"],
            answer.headers["cache-control"],
        )
        assert "Снимок сейчас недоступен." in answer.text
        assert "не сейчас" in small.text
