"""The journal arrives: oldest first, each event once, poison aside, pictures after their events."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest

from edge.store.journal import Journal
from sync import wire
from sync.drain import Drainer
from sync.errors import AnswerInvalid, CloudBusy, CloudError, CloudRefused, EnrolmentLost
from sync.memory import MemoryOutbox

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
JPEG = b"\xff\xd8\xff picture"


def event(number: int) -> wire.GateEvent:
    return wire.GateEvent(id=f"00000000-0000-4000-8000-{number:012}", kind="visit", at=NOW, clock_trusted=True)


def drain(drainer: Drainer) -> None:
    while drainer.step():
        pass


@pytest.fixture
def outbox() -> MemoryOutbox:
    return MemoryOutbox()


def test_batches_are_bounded_and_oldest_first(cloud, api, outbox):
    """A long queue goes up in batches of at most a hundred, in the order in which it happened."""
    for number in range(250):
        outbox.add(event(number))

    drain(Drainer(api, outbox))

    sent = [wire.decode(wire.EventBatch, asked.body).events for asked in cloud.asked]
    assert [100, 100, 50] == [len(batch) for batch in sent]
    assert [event(number) for number in range(250)] == [each for batch in sent for each in batch]


def test_pictures_come_after_all_events(cloud, api, outbox):
    """No picture is sent while an event waits."""
    outbox.add(event(1), JPEG)
    outbox.add(event(2), JPEG)

    drain(Drainer(api, outbox))

    assert ["POST", "PUT", "PUT"] == [asked.method for asked in cloud.asked]
    assert {event(1).id: JPEG, event(2).id: JPEG} == cloud.pictures


def test_poison_event_does_not_hold_up_the_others(cloud, api, outbox, answering):
    """A batch the cloud will never take is sent one by one, so that only its bad event is given up."""
    for number in range(5):
        outbox.add(event(number))
    refuse = answering(422, b'{"error": "body.events[3]"}')

    def picky(asked, connection) -> bool:
        return asked.path.endswith("/events") and event(3).id.encode() in asked.body and refuse(asked, connection)

    cloud.fault = picky
    drain(Drainer(api, outbox))

    assert {event(number).id for number in (0, 1, 2, 4)} == set(cloud.events)
    assert 0 == outbox.size().events


@pytest.mark.parametrize(
    ("status", "expected"), [(401, EnrolmentLost), (404, CloudRefused), (405, CloudRefused), (500, CloudBusy)]
)
def test_no_event_is_lost_to_a_wrong_way(cloud, api, outbox, answering, status, expected):
    """What blames the way and not the content leaves the event in the queue."""
    outbox.add(event(1))
    cloud.fault = answering(status, b'{"error": "x"}')

    with pytest.raises(expected):
        Drainer(api, outbox).step()

    assert 1 == outbox.size().events


def test_answer_that_accepts_nothing_is_no_answer(cloud, api, outbox, answering):
    """A cloud that says 200 and names no event has not taken any; unknown ids do not count."""
    outbox.add(event(1))
    cloud.fault = answering(200, wire.encode(wire.Accepted((event(7).id,))))

    with pytest.raises(AnswerInvalid):
        Drainer(api, outbox).step()

    assert 1 == outbox.size().events


def test_a_page_in_the_clouds_place_takes_no_picture(cloud, api, outbox, answering):
    """A proxy's page with status 200 is no yes: the picture would be nowhere, and gone from here."""
    outbox.add(event(1), JPEG)
    outbox.settle([event(1).id], [])
    cloud.fault = answering(200, b"<html>", kind="text/html")

    with pytest.raises(AnswerInvalid):
        Drainer(api, outbox).step()
    with pytest.raises(AnswerInvalid):
        api.acknowledge(event(1).id, wire.CommandAck("done"))
    with pytest.raises(AnswerInvalid):
        api.prove_token()

    assert 1 == outbox.size().snapshots


def test_picture_nobody_takes_is_given_up(cloud, api, outbox, answering):
    """A picture that is refused for good, or is too large, does not stop those behind it."""
    outbox.add(event(1), JPEG)
    outbox.add(event(2), bytes(wire.SNAPSHOT_BYTES + 1))
    outbox.settle([event(1).id, event(2).id], [])
    cloud.fault = answering(404, b'{"error": "no such event"}')

    drain(Drainer(api, outbox))

    assert 0 == outbox.size().snapshots


@pytest.mark.long
def test_ten_thousand_events_of_a_month_offline_arrive_exactly_once(cloud, api, tmp_path):
    """Over a line that cuts answers after they took effect, refuses and fails, every event arrives, and once."""
    dice = random.Random(11)
    numbers = range(10_000)
    with Journal(tmp_path / "journal.db") as journal:
        with journal._db.atomic():
            for number in numbers:
                journal.outbox.put(event(number))
        cloud.cut_after = lambda _asked: dice.randrange(300) if dice.random() < 0.3 else None
        drainer = Drainer(api, journal.outbox)
        for _ in range(1000):
            try:
                if not drainer.step():
                    break
            except CloudError:
                continue

        assert 0 == journal.outbox.size().events
    assert {event(number).id for number in numbers} == set(cloud.events)
    assert cloud.repeats > 0
