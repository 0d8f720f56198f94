"""Device tokens replaced by age and at somebody's wish: the real link against the real portal."""

from __future__ import annotations

import threading
import time
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta

import pytest

from cloud.db.models import Gate, Territory, utc_now
from cloud.domain.device_tokens import LASTS, SPREAD, rotation_due, want_rotation
from cloud.domain.tokens import token_hash
from sync import wire
from sync.link import CloudLink, LinkParts
from sync.memory import MemoryBarrier, MemoryLedger, MemoryOutbox, MemoryPassCache, MemoryTokenShelf
from sync.settings import CloudSettings
from tests.cloud.api.test_link import WAIT_S, SystemClock, report
from tests.cloud.fleet.test_standing import WELL

NOW = datetime(2026, 11, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("age", "wanted", "due"),
    [
        (None, None, True),
        (timedelta(days=1), None, False),
        (LASTS - timedelta(seconds=1), None, False),
        (LASTS + SPREAD, None, True),
        (timedelta(days=1), timedelta(hours=1), True),
        (timedelta(hours=1), timedelta(days=1), False),
    ],
)
def test_when_a_token_is_due(age, wanted, due):
    """By age, or given out before it was wanted anew; one of unknown age is due."""
    token_at, wanted_at = (None if ago is None else NOW - ago for ago in (age, wanted))
    assert due is rotation_due(gate_id=7, token_at=token_at, wanted_at=wanted_at, now=NOW)


def test_gates_of_one_day_do_not_come_on_one_day():
    """Of a hundred gates enrolled together some are due in five days of their own."""
    token_at = NOW - LASTS - timedelta(days=2)
    due = sum(rotation_due(gate_id=n, token_at=token_at, wanted_at=None, now=NOW) for n in range(100))
    assert 20 < due < 80


def set_age(place, age: timedelta) -> None:
    with place.database.write() as session:
        session.get_one(Gate, place.gate_id).token_at = utc_now() - age


def health(client) -> wire.HealthAnswer | None:
    answer = client.post("/api/edge/v1/health", content=wire.encode(WELL))
    assert answer.status_code in {200, 204}
    return wire.decode(wire.HealthAnswer, answer.content) if answer.content else None


def test_a_gate_is_asked_in_time_and_not_before(client, place, new_place):
    """204 for a young token; 200 that asks for a new one when it is old, or wanted for this gate or its territory alone."""
    other = new_place("222-222")
    set_age(place, timedelta(days=1))
    assert health(client) is None
    set_age(place, LASTS + SPREAD)
    assert wire.HealthAnswer(rotate_token=True) == health(client)

    set_age(place, timedelta(days=1))
    with place.database.write() as session:
        assert 1 == want_rotation(session, now=utc_now(), territory=session.get_one(Territory, other.territory_id))
    assert health(client) is None
    with place.database.write() as session:
        assert 1 == want_rotation(session, now=utc_now(), gate_id=place.gate_id)
    assert wire.HealthAnswer(rotate_token=True) == health(client)
    place.revoke()
    with place.database.write() as session:
        assert 1 == want_rotation(session, now=utc_now())


def test_the_proof_is_the_first_use(client, place):
    """`GET /token` with the new one makes it the only one."""
    new = wire.decode(wire.EnrollAnswer, client.post("/api/edge/v1/token").content).device_token
    assert 204 == client.get("/api/edge/v1/token").status_code
    assert 204 == client.get("/api/edge/v1/token", headers={"Authorization": f"Bearer {new}"}).status_code
    assert 401 == client.get("/api/edge/v1/token").status_code


def test_the_gate_replaces_its_token_while_it_works(server, place):
    """An old token is replaced by itself; the link stays linked, and only the new token is good."""
    set_age(place, LASTS + SPREAD)
    shelf, stop = MemoryTokenShelf(place.token), threading.Event()
    parts = LinkParts(
        open_cache=lambda: nullcontext(MemoryPassCache()),
        open_outbox=lambda: nullcontext(MemoryOutbox()),
        open_ledger=lambda: nullcontext(MemoryLedger()),
        clock=SystemClock(),
        barrier=MemoryBarrier(),
        token=shelf.in_use,
        passes_changed=lambda: None,
        health=report,
        tokens=lambda: shelf,
    )
    link = CloudLink(CloudSettings(url=server, retry_low_s=0.05, retry_high_s=1.0, health_s=5.0), parts, version="1")
    thread = threading.Thread(target=link.run, args=(stop,), name="sync")
    thread.start()
    deadline, done = time.monotonic() + WAIT_S, False
    while not done and time.monotonic() < deadline:
        time.sleep(0.02)
        done = shelf.in_use() != place.token and link.status().state == "linked"
    stop.set()
    thread.join(WAIT_S)

    assert done, link.status()
    with place.database.read() as session:
        gate = session.get_one(Gate, place.gate_id)
    assert (token_hash(shelf.in_use()), None) == (gate.token_hash, gate.next_token_hash)
    assert place.token != shelf.in_use()
    assert utc_now() - gate.token_at < timedelta(hours=1)
