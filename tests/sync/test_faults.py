"""The list survives everything that can come out of a network."""

from __future__ import annotations

import gzip
import json
import random
import socket
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from sync import wire
from sync.api import CloudApi
from sync.errors import (
    AnswerInvalid,
    CloudBusy,
    CloudError,
    CloudRefused,
    CloudUnreachable,
    EnrolmentLost,
    ListShrunken,
)
from sync.http import CloudHttp
from sync.memory import MemoryPassCache
from sync.pull import Puller
from tests.pass_items import pass_item

PORTAL = b"<!DOCTYPE html><html><body>Free Wi-Fi: please log in</body></html>"


@pytest.fixture
def cache(cloud, api, clock, make_item) -> MemoryPassCache:
    """A cache that has synced twelve passes."""
    for number in range(12):
        cloud.put(make_item(number))
    made = MemoryPassCache()
    Puller(api, made, clock).pull()
    assert 12 == made.state().count
    return made


def raw(data: bytes) -> Callable[..., bool]:
    """A fault that writes bytes and hangs up."""

    def fault(_asked: object, connection: socket.socket) -> bool:
        connection.sendall(data)
        return True

    return fault


def json_answer(body: bytes, *headers: bytes) -> bytes:
    lines = [b"HTTP/1.1 200 OK", b"Content-Type: application/json", b"Content-Length: %d" % len(body), *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def drip(_asked: object, connection: socket.socket) -> bool:
    """Headers at once, then a byte now and then, for ever."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n")
    return _dripping(connection)


def drip_headers(_asked: object, connection: socket.socket) -> bool:
    """Not even the headers end."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Endless: ")
    return _dripping(connection)


def _dripping(connection: socket.socket) -> bool:
    pause = threading.Event()
    try:
        while True:
            connection.sendall(b" ")
            pause.wait(0.05)
    except OSError:
        return True


def silent(_asked: object, connection: socket.socket) -> bool:
    """Takes the request and says nothing until the client hangs up."""
    connection.recv(1)
    return True


BOMB = gzip.compress(b" " * 30_000_000)
ITEM = wire.encode(pass_item("pass-0", "A000AA77"))

FAULTS = {
    "cut mid-body": (raw(b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"items": ['), CloudUnreachable),
    "cut mid-headers": (raw(b"HTTP/1.1 200 OK\r\nContent-Le"), CloudUnreachable),
    "cut at once": (raw(b""), CloudUnreachable),
    "not HTTP": (raw(b"SSH-2.0-OpenSSH_9.2\r\n"), CloudUnreachable),
    "gzip bomb": (raw(json_answer(BOMB, b"Content-Encoding: gzip")), AnswerInvalid),
    "truncated gzip": (raw(json_answer(gzip.compress(b"{}" * 99)[:-9], b"Content-Encoding: gzip")), AnswerInvalid),
    "unknown compression": (raw(json_answer(b"{}", b"Content-Encoding: br")), AnswerInvalid),
    "too long a body": (raw(json_answer(b" " * 300_000)), AnswerInvalid),
    "empty body": (raw(json_answer(b"")), AnswerInvalid),
    "empty object": (raw(json_answer(b"{}")), AnswerInvalid),
    "a list": (raw(json_answer(b"[]")), AnswerInvalid),
    "bad JSON": (raw(json_answer(b'{"items": [}')), AnswerInvalid),
    "a tower of brackets": (raw(json_answer(b"[" * 100_000)), AnswerInvalid),
    "not UTF-8": (raw(json_answer(b'{"items": "\xff\xfe"}')), AnswerInvalid),
    "items of a wrong type": (
        raw(json_answer(b'{"items": {}, "cursor": "1-9", "more": false, "reset": true}')),
        AnswerInvalid,
    ),
    "one item of a wrong type": (
        raw(json_answer(b'{"items": [' + ITEM + b', 7], "cursor": "1-9", "more": false, "reset": true}')),
        AnswerInvalid,
    ),
    "a time without a zone": (
        raw(
            json_answer(
                b'{"items": [{"id": "x", "plate": "A1", "valid_until": "2026-01-01T00:00:00", "valid_from": null,'
                b' "one_time": false, "blocked": false, "deleted": false}], "cursor": "1-9",'
                b' "more": false, "reset": true}'
            )
        ),
        AnswerInvalid,
    ),
    "no cursor": (raw(json_answer(b'{"items": [], "cursor": "", "more": false, "reset": false}')), AnswerInvalid),
    "captive portal": (raw(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + PORTAL), AnswerInvalid),
    "portal that forbids": (raw(b"HTTP/1.1 403 X\r\nContent-Type: text/html\r\n\r\n" + PORTAL), AnswerInvalid),
    "redirect to another host": (
        raw(b"HTTP/1.1 302 X\r\nLocation: http://192.0.2.1/login\r\nContent-Length: 0\r\n\r\n"),
        AnswerInvalid,
    ),
    "401": (raw(b"HTTP/1.1 401 X\r\nContent-Length: 0\r\n\r\n"), EnrolmentLost),
    "403": (
        raw(b'HTTP/1.1 403 X\r\nContent-Type: application/json\r\nContent-Length: 14\r\n\r\n{"error": "x"}'),
        EnrolmentLost,
    ),
    "404": (
        raw(b'HTTP/1.1 404 X\r\nContent-Type: application/json\r\nContent-Length: 14\r\n\r\n{"error": "x"}'),
        CloudRefused,
    ),
    "429": (raw(b"HTTP/1.1 429 X\r\nRetry-After: 17\r\nContent-Length: 0\r\n\r\n"), CloudBusy),
    "500": (raw(b"HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n"), CloudBusy),
    "502": (raw(b"HTTP/1.1 502 X\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n"), CloudBusy),
}


@pytest.mark.parametrize(("fault", "expected"), FAULTS.values(), ids=FAULTS.keys())
def test_list_survives(cloud, api, cache, clock, make_item, fault, expected):
    """Whatever goes wrong is one error of the tree, costs bounded time, and leaves the list and its cursor alone."""
    before, state = dict(cache.live), cache.state()
    cloud.put(make_item(99))
    cloud.fault = fault

    with pytest.raises(CloudError) as caught:
        Puller(api, cache, clock).pull()

    assert expected is type(caught.value)
    assert (before, state) == (cache.live, cache.state())
    cloud.fault = lambda _asked, _socket: False
    Puller(api, cache, clock).pull()
    assert cloud.live() == cache.live


@pytest.mark.parametrize("fault", [drip, drip_headers, silent])
def test_endless_answers_end(cloud, cache, clock, settings, fault):
    """A peer that feeds a byte now and then, or nothing, holds the gate no longer than the deadline."""
    before = dict(cache.live)
    cloud.fault = fault
    http = CloudHttp(replace(settings, request_s=0.4), clock=clock, token=lambda: "t", version="1")

    with pytest.raises(CloudUnreachable):
        Puller(CloudApi(http), cache, clock).pull()

    http.close()
    assert before == cache.live


def test_refused_connection(cloud, api, cache, clock, settings):
    """A cloud that is not there at all is unreachable, in the error tree's words."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    http = CloudHttp(replace(settings, url=f"http://127.0.0.1:{port}"), clock=clock, token=lambda: "t", version="1")

    with pytest.raises(CloudUnreachable):
        Puller(CloudApi(http), cache, clock).pull()

    http.close()
    assert cloud.live() == cache.live


def test_retry_after_is_heard(cloud, api, answering):
    """The pause a busy cloud asks for arrives with the error."""
    cloud.fault = answering(429, b"", "Retry-After: 17")

    with pytest.raises(CloudBusy) as caught:
        api.passes("")

    assert 17.0 == caught.value.retry_after_s


def test_token_goes_to_no_other_host(cloud, api, answering):
    """A redirect is an error, not a new place for the token."""
    cloud.fault = answering(307, b"", "Location: http://127.0.0.1:1/steal")

    with pytest.raises(AnswerInvalid):
        api.passes("")


def test_expired_cursor_starts_over_in_staging(cloud, api, cache, clock):
    """410: the whole list is taken anew and swapped in at once."""
    cloud.epoch = 2

    pulled = Puller(api, cache, clock).pull()

    assert pulled.whole
    assert cloud.live() == cache.live
    assert cache.state().cursor.startswith("2-")


def test_shrunken_list_without_reset_is_refused(cloud, api, cache, clock, answering, page_json):
    """A whole list of under half of what we have is not believed unless the cloud says `reset`."""
    before = dict(cache.live)
    cache.begin_staging()
    few = [json.loads(wire.encode(pass_item(f"pass-{number}", "A000AA77"))) for number in range(5)]
    cloud.fault = answering(200, page_json(items=few))

    with pytest.raises(ListShrunken):
        Puller(api, cache, clock).pull()
    assert before == cache.live

    cloud.fault = answering(200, page_json(items=few, reset=True))
    Puller(api, cache, clock).pull()
    assert 5 == len(cache.live)


def test_deltas_that_take_most_away_are_checked_against_whole_list(cloud, api, cache, clock, make_item):
    """Tombstones for over half of the list at once make the gate ask for the whole list before it believes them."""
    for number in range(11):
        cloud.put(make_item(number, deleted=True))

    pulled = Puller(api, cache, clock).pull()

    assert pulled.whole
    assert {"pass-11"} == set(cache.live)


def test_few_deletions_are_plain_changes(cloud, api, cache, clock, make_item):
    """A manager who withdraws some passes is obeyed at once."""
    for number in range(3):
        cloud.put(make_item(number, deleted=True))

    pulled = Puller(api, cache, clock).pull()

    assert not pulled.whole
    assert 9 == len(cache.live)


def test_empty_whole_list_must_be_told_twice(cloud, api, cache, clock, answering, page_json):
    """Even with `reset` an empty list takes the place of a full one only when it is told again some time later."""
    cloud.fault = answering(200, page_json(reset=True))
    puller = Puller(api, cache, clock)

    with pytest.raises(ListShrunken):
        puller.pull()
    assert 12 == len(cache.live)

    clock.instant = replace(clock.instant, mono=clock.instant.mono + 60)
    puller.pull()
    assert {} == cache.live


def test_interrupted_whole_list_goes_on_where_it_stopped(cloud, api, cache, clock):
    """A link that dies between pages does not begin the whole list again, and shows nothing of it meanwhile."""
    before = dict(cache.live)
    cloud.epoch, cloud.page = 2, 5

    def second_page_fails(asked, connection) -> bool:
        return asked.query.get("cursor", "").startswith("2-")

    cloud.fault = second_page_fails
    with pytest.raises(CloudUnreachable):
        Puller(api, cache, clock).pull()
    assert before == cache.live

    cloud.fault = lambda _asked, _socket: False
    cloud.asked.clear()
    pulled = Puller(api, cache, clock).pull()

    assert pulled.whole
    assert "" not in [asked.query.get("cursor", "") for asked in cloud.asked]
    assert cloud.live() == cache.live


def test_cloud_that_stands_still_is_left(cloud, api, cache, clock, answering, page_json):
    """`more` without a new cursor would never end."""
    cloud.fault = answering(200, page_json(cursor=cache.state().cursor, more=True))

    with pytest.raises(AnswerInvalid):
        Puller(api, cache, clock).pull()


def test_random_cuts_never_leave_half_a_list(cloud, api, clock, make_item):
    """Over many syncs cut at any byte the cache is always the cloud's list of some revision, and in the end of the last."""
    dice = random.Random(5)
    cache = MemoryPassCache()
    history = {"": {}}
    cloud.cut_after = lambda _asked: dice.randrange(1200) if dice.random() < 0.5 else None
    for number in range(60):
        cloud.put(make_item(dice.randrange(20), deleted=dice.random() < 0.2, blocked=number % 2 == 0))
        history[f"1-{cloud.rev}"] = cloud.live()
        try:
            Puller(api, cache, clock).pull()
        except CloudError:
            continue
        finally:
            assert history[cache.state().cursor] == cache.live

    cloud.cut_after = lambda _asked: None
    Puller(api, cache, clock).pull()
    assert cloud.live() == cache.live
