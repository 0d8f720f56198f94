"""`GET /stream`, commands and health."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import httpx
import pytest

from cloud import push
from cloud.api import stream as stream_module
from cloud.api.requests import Caller
from cloud.api.stream import passes_event
from cloud.db.models import Command, Gate, utc_now
from cloud.domain.tokens import token_hash
from sync import wire
from sync.eventstream import Comment, EventParser, ServerEvent


@contextmanager
def listening(client: httpx.Client, **headers: str) -> Iterator[Iterator[ServerEvent | Comment]]:
    with client.stream("GET", "/api/edge/v1/stream", headers=headers) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        parser = EventParser()
        yield (event for chunk in response.iter_raw() for event in parser.feed(chunk))


def next_event(events: Iterator[ServerEvent | Comment]) -> ServerEvent:
    return next(event for event in events if isinstance(event, ServerEvent))


def issue(place, **fields: object) -> str:
    with place.database.write() as session:
        values = {"kind": "open", "lane": "entry", "expires_at": utc_now() + timedelta(seconds=30)} | fields
        command = Command(gate_id=place.gate_id, **values)
        session.add(command)
        push.command_issued(session, command)
        return command.id


def change_and_fail(place) -> None:
    with place.database.write() as session:
        push.next_rev(session, place.territory_id)
        push.passes_changed(session, place.territory_id)
        _ = 1 / 0


def test_stream_begins_with_the_newest_cursor(client, place):
    """Whoever connects learns where the list stands, so that nothing is missed between two streams."""
    place.add_pass()

    with listening(client) as events:
        assert ("passes", "1-1") == ((event := next_event(events)).kind, event.id)


def test_known_cursor_is_not_told_again(client, place):
    """With `Last-Event-ID` only what is new is told."""
    place.add_pass()

    with listening(client, **{"Last-Event-ID": "1-1"}) as events:
        assert isinstance(next(events), Comment)
        place.add_pass("B001BB99")
        assert "1-2" == next_event(events).id


def test_a_process_that_can_hold_no_more_streams_says_so(app, client, place):
    """A gate beyond the room comes back later and polls meanwhile; lists and events are served as ever."""
    app.state.hub = push.Hub(room=0)

    refused = client.get("/api/edge/v1/stream")

    assert (503, "15") == (refused.status_code, refused.headers["retry-after"])
    assert 200 == client.get("/api/edge/v1/passes").status_code


def test_rolled_back_change_is_not_told(client, place):
    """What a transaction did not commit never happened."""
    with listening(client) as events:
        next_event(events)
        with pytest.raises(ZeroDivisionError):
            change_and_fail(place)
        place.add_pass()

        assert "1-1" == next_event(events).id


def test_commands_reach_their_gate(client, place):
    """A command issued while the stream is open, and one that waited for it, are both told; late ones are not."""
    waiting = issue(place)
    issue(place, expires_at=utc_now() - timedelta(seconds=1))

    with listening(client, **{"Last-Event-ID": "1-0"}) as events:
        assert waiting == wire.decode(wire.Command, next_event(events).data.encode()).id
        issued = issue(place, kind="hold", minutes=5)
        told = wire.decode(wire.Command, next_event(events).data.encode())
        assert (issued, "hold", 5) == (told.id, told.kind, told.minutes)


def test_acknowledged_command_is_not_told_again(client, place):
    """A command with an outcome is over; the first outcome told stays."""
    command_id = issue(place)
    for outcome in ("refused", "done"):
        ack = wire.encode(wire.CommandAck(outcome, "занято"))
        assert 204 == client.post(f"/api/edge/v1/commands/{command_id}/ack", content=ack).status_code

    with place.database.read() as session:
        command = session.get_one(Command, command_id)
    assert ("refused", "занято") == (command.outcome, command.outcome_detail)
    with listening(client, **{"Last-Event-ID": "1-0"}) as events:
        next(events)
        place.add_pass()
        assert "passes" == next_event(events).kind


def test_foreign_commands_cannot_be_acknowledged(client, place, new_place):
    """A gate answers for its own commands only."""
    command_id = issue(new_place("999-999"))
    ack = wire.encode(wire.CommandAck("done"))

    for path in (command_id, "unknown", "%00"):
        assert 404 == client.post(f"/api/edge/v1/commands/{path}/ack", content=ack).status_code


def test_revocation_ends_the_stream_at_once(client, place):
    """A revoked gate's open stream closes without waiting for anything."""
    with listening(client) as events:
        next_event(events)
        place.revoke()

        assert [] == [event for event in events if isinstance(event, ServerEvent)]


def test_silence_is_broken_by_comments(client, place, monkeypatch):
    """A comment with the server's time goes out when there is nothing else to say."""
    monkeypatch.setattr(stream_module, "SILENCE_S", 0.05)

    with listening(client) as events:
        comments = [event for event in (next(events) for _ in range(4)) if isinstance(event, Comment)]

    assert len(comments) == 3
    assert all(comment.text.endswith("Z") for comment in comments)


def test_what_is_not_a_gates_breaks_no_silence(database, place, monkeypatch):
    """Neighbours' visits and reports do not come to a stream, and a notice of which it says nothing delays no comment."""
    now = [0.0]
    monkeypatch.setattr(stream_module, "monotonic", lambda: now[0])

    async def check() -> list[bytes]:
        hub = push.Hub()
        await hub.start()
        hashed = token_hash(place.token)
        told = stream_module._tell(hub, database, Caller(place.gate_id, place.territory_id), hashed, known="1-0")
        await anext(told)
        hub.deliver(push.PassesChanged(place.territory_id, 1, 1))
        found = [await anext(told)]
        over = push.CommandIssued(place.gate_id, "over")
        for notice in (push.HealthArrived(place.territory_id, 99), over, push.PassesChanged(place.territory_id, 1, 2)):
            hub.deliver(notice)
        now[0] += stream_module.SILENCE_S
        found += [await anext(told), await anext(told)]
        await told.aclose()
        return found

    before, silence, after = asyncio.run(check())
    assert (before, after) == (passes_event("1-1"), passes_event("1-2"))
    assert silence.startswith(b": ")


def test_oldest_of_too_many_streams_ends(client, place, server):
    """A gate may have a few streams; one more ends the oldest, which a dead network left behind."""
    headers = {"Authorization": f"Bearer {place.token}"}
    clients = [httpx.Client(base_url=server, headers=headers, trust_env=False, timeout=20) for _ in range(5)]
    opened = [listening(one) for one in clients]
    streams = []
    for each in opened:
        streams.append(each.__enter__())
        next_event(streams[-1])

    assert [] == [event for event in streams[0] if isinstance(event, ServerEvent)]

    for one, each in zip(clients, opened, strict=True):
        each.__exit__(None, None, None)
        one.close()


def test_health_is_kept_on_the_gate(client, place):
    """The newest report stands on the gate, with the version and cursor it told."""
    report = wire.Health(
        version="0.1.0",
        clock=utc_now(),
        clock_trusted=False,
        uptime_s=5,
        cameras=(wire.CameraHealth("entry", alive=True),),
        relay_alive=None,
        disk_free_bytes=1 << 30,
        queue_events=1,
        queue_snapshots=2,
        dropped=0,
        list_cursor="1-7",
        list_count=9,
        list_age_s=2.5,
    )

    assert 204 == client.post("/api/edge/v1/health", content=wire.encode(report)).status_code

    with place.database.read() as session:
        gate = session.get_one(Gate, place.gate_id)
    assert report == wire.read(wire.Health, gate.health)
    assert ("0.1.0", "1-7") == (gate.version, gate.list_cursor)
    assert gate.last_seen_at is not None


def test_a_worker_that_neither_hears_nor_sees_takes_no_stream(client, app, monkeypatch):
    """A gate whose stream would tell it nothing is told so, and goes on polling as it does without one."""
    monkeypatch.setattr(type(app.state.hub), "serves", False)

    answer = client.get("/api/edge/v1/stream")

    assert (503, "15") == (answer.status_code, answer.headers["retry-after"])
