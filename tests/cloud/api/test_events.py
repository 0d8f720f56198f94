"""Events and snapshots: each once, however often it is sent."""

from __future__ import annotations

import json
import threading

import httpx

from cloud.db.models import GateEvent, Pass, utc_now
from sync import wire
from tests.patience import PATIENCE_S


def event(number: int, **fields: object) -> wire.GateEvent:
    return wire.GateEvent(
        id=f"00000000-0000-4000-8000-{number:012}", kind="visit", at=utc_now(), clock_trusted=True, **fields
    )


def send(client: httpx.Client, *events: wire.GateEvent) -> wire.Accepted:
    answer = client.post("/api/edge/v1/events", content=wire.encode(wire.EventBatch(events)))
    assert answer.status_code == 200, answer.text
    return wire.decode(wire.Accepted, answer.content)


def journal(place) -> list[GateEvent]:
    with place.database.read() as session:
        return session.query(GateEvent).order_by(GateEvent.id).all()


def test_events_are_kept_whole(client, place):
    """Every field of an event is in the journal, with the object of the pass it names."""
    pass_id = place.add_pass(object_label="Участок 7")
    told = event(
        1, lane="entry", plate="A777AA77", decision="open", reason="pass_valid", pass_id=pass_id, trace=("да",)
    )

    assert (told.id,) == send(client, told).accepted

    (row,) = journal(place)
    assert told == wire.read(wire.GateEvent, row.body)
    assert ("entry", "A777AA77", "open", "pass_valid", "Участок 7") == (
        row.lane,
        row.plate,
        row.decision,
        row.reason,
        row.object_label,
    )


def test_repeats_are_harmless(client, place):
    """A batch that is sent again, alone or among new events, adds nothing and is accepted again."""
    first, second = event(1), event(2)
    send(client, first)

    assert {first.id, second.id} == set(send(client, first, second, first).accepted)

    assert [first.id, second.id] == [row.event_id for row in journal(place)]


def test_same_batch_at_once_from_two_connections(client, place):
    """Two copies of a batch that meet in the server leave one."""
    events = [event(number) for number in range(50)]
    threads = [threading.Thread(target=send, args=(client, *events)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)

    assert 50 == len(journal(place))


def test_one_bad_event_does_not_stop_the_others(client, place):
    """An event that is none is named as rejected; its neighbours are kept."""
    good = json.loads(wire.encode(event(1)))
    bad = {**good, "id": event(2).id, "at": "yesterday"}

    answer = client.post("/api/edge/v1/events", json={"events": [good, bad]})

    told = wire.decode(wire.Accepted, answer.content)
    assert ((event(1).id,), (event(2).id,)) == (told.accepted, tuple(item.id for item in told.rejected))
    assert 1 == len(journal(place))


def test_one_time_pass_is_spent_once(client, place, new_place):
    """The first gate's event spends a one-time pass; the second one's, used offline too, is marked as a conflict."""
    pass_id = place.add_pass(one_time=True)

    send(client, event(1, pass_id=pass_id, consumed=True))
    send(client, event(1, pass_id=pass_id, consumed=True))
    send(client, event(2, pass_id=pass_id, consumed=True))

    assert [False, True] == [row.conflict for row in journal(place)]
    with place.database.read() as session:
        spent = session.get_one(Pass, pass_id)
    assert event(1).id == spent.used_event_id
    delta = client.get("/api/edge/v1/passes", params={"cursor": "1-1"})
    assert [True] == [item.deleted for item in wire.decode(wire.PassPage, delta.content).items]


def test_foreign_pass_cannot_be_spent(client, place, new_place):
    """A gate spends the passes of its own territory only."""
    foreign = new_place("999-999")
    pass_id = foreign.add_pass(one_time=True)

    send(client, event(1, pass_id=pass_id, consumed=True))

    with place.database.read() as session:
        assert session.get_one(Pass, pass_id).used_at is None


def test_snapshot_is_kept_beside_its_event(client, place, app):
    """A JPEG lands in the data folder; sending it again changes nothing."""
    send(client, event(1, snapshot=True))
    for _ in range(2):
        answer = client.put(
            f"/api/edge/v1/events/{event(1).id}/snapshot",
            content=b"\xff\xd8\xff picture",
            headers={"Content-Type": "image/jpeg"},
        )
        assert 204 == answer.status_code

    (row,) = journal(place)
    assert b"\xff\xd8\xff picture" == app.state.pictures.get(row.snapshot_path).content


def test_snapshot_needs_its_event_and_must_be_a_jpeg(client, place):
    """Pictures of unknown events, of other kinds, or too large are refused with their reason."""
    send(client, event(1))
    jpeg = {"Content-Type": "image/jpeg"}
    path = f"/api/edge/v1/events/{event(1).id}/snapshot"

    assert [404, 404, 422, 415, 413] == [
        client.put(f"/api/edge/v1/events/{event(2).id}/snapshot", content=b"\xff\xd8\xff", headers=jpeg).status_code,
        client.put("/api/edge/v1/events/..%2f..%2fetc/snapshot", content=b"\xff\xd8\xff", headers=jpeg).status_code,
        client.put(path, content=b"GIF89a", headers=jpeg).status_code,
        client.put(path, content=b"\xff\xd8\xff", headers={"Content-Type": "text/html"}).status_code,
        client.put(path, content=b"\xff\xd8\xff" + bytes(wire.SNAPSHOT_BYTES), headers=jpeg).status_code,
    ]


def test_bodies_are_bounded(client, place):
    """A body over the contract's bound is refused before it is read to its end."""
    assert 413 == client.post("/api/edge/v1/events", content=b" " * (wire.BODY_BYTES + 1)).status_code
    assert 415 == client.post("/api/edge/v1/events", content=b"x", headers={"Content-Encoding": "gzip"}).status_code
