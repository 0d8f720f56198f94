"""What `relay.client.Relay` promises, over the shipped fake and the real client with a real process behind it."""

from __future__ import annotations

import contextlib
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.events import Reason
from core.words.outcomes import Outcome
from relay.client import EventStream, Relay, RelayClient
from relay.errors import RelayAbsent
from relay.fake import FakeRelay
from relay.process.main import RelayProcess
from relay.protocol import EventKind, RelayEvent
from relay.settings import BarrierSettings, LaneRoute, RelayPlan
from tests.patience import until


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The state directory of a relay process on a thread."""
    folder = tmp_path_factory.mktemp("state")
    plan = RelayPlan(
        state_dir=str(folder),
        barriers=(BarrierSettings(name="main", pulse_s=0.2, min_gap_s=0.5),),
        lanes=(LaneRoute("entry", "entry", "main"),),
    )
    process = RelayProcess(plan)
    thread = threading.Thread(target=process.run)
    thread.start()
    yield folder
    process.stop()
    thread.join()


@pytest.fixture(params=["fake", "real"])
def relay(request: pytest.FixtureRequest) -> Relay:
    if request.param == "fake":
        return FakeRelay()
    client = RelayClient(request.getfixturevalue("real"), timeout_s=5)

    def idle() -> bool:
        with contextlib.suppress(RelayAbsent):
            return client.status().barriers[0].doing == "idle"
        return False

    until(idle)
    return client


def acted(stream: EventStream, request_id: str) -> RelayEvent:
    """The event that tells what became of a request."""
    for _ in range(50):
        event = stream.next(5)
        assert event is not None
        if event.kind == EventKind.ACTED and event.request_id == request_id:
            return event
    raise AssertionError


def test_an_open_is_done_and_told(relay: Relay) -> None:
    """An `open` is answered with its id, and published with id, lane and reason."""
    request_id = uuid.uuid4().hex
    reply = relay.open(lane="entry", reason=Reason.PASS_VALID, request_id=request_id)
    stream = relay.subscribe()
    event = acted(stream, request_id)
    stream.close()

    assert (request_id, Outcome.DONE) == (reply.id, reply.outcome)
    assert ("entry", Reason.PASS_VALID, "done") == (event.lane, event.reason, event.outcome)
    assert event.seq > 0


def test_who_asked_and_why_are_told_with_what_became_of_it(relay: Relay) -> None:
    """In one line each and cut to their length: what a person typed never spoils the request."""
    request_id = uuid.uuid4().hex
    by, note = "console:Иван", "скорая\n\x07помощь " + "и" * 300
    reply = relay.open(lane="entry", reason=Reason.CONSOLE, request_id=request_id, by=by, note=note)
    stream = relay.subscribe()
    event = acted(stream, request_id)
    stream.close()

    assert Outcome.DONE == reply.outcome
    assert by == event.by
    assert event.note.startswith("скорая помощь ии")
    assert 200 == len(event.note)


def test_an_id_is_done_once(relay: Relay) -> None:
    """The same id again is answered as the first time, marked as repeated."""
    request_id = uuid.uuid4().hex
    first = relay.open(lane="entry", reason=Reason.CONSOLE, request_id=request_id)
    again = relay.open(lane="entry", reason=Reason.CONSOLE, request_id=request_id)

    assert (first.outcome, False) == (again.outcome, first.repeated)
    assert again.repeated


def test_what_is_too_old_is_expired(relay: Relay) -> None:
    """A request whose time is over is not done."""
    reply = relay.open(lane="entry", reason=Reason.CONSOLE, expires=time.monotonic() - 1)

    assert reply.outcome == Outcome.EXPIRED


def test_hold_and_release_are_done(relay: Relay) -> None:
    """A hold and its release are answered."""
    hold = relay.hold(barrier="main", reason=Reason.CONSOLE, hold_s=60)
    release = relay.release(barrier="main", reason=Reason.CONSOLE)

    assert (Outcome.DONE, Outcome.DONE) == (hold.outcome, release.outcome)


def test_what_is_acknowledged_does_not_come_again(relay: Relay) -> None:
    """Kept events come to each new subscriber until somebody acknowledges them."""
    request_id = uuid.uuid4().hex
    relay.open(lane="entry", reason=Reason.CONSOLE, request_id=request_id)
    stream = relay.subscribe()
    event = acted(stream, request_id)
    stream.ack(event.seq)
    stream.close()
    again = relay.subscribe()
    later = [item.seq for item in iter(lambda: again.next(0.2), None) if item.seq]
    again.close()

    assert all(seq > event.seq for seq in later)


def test_silence_is_none(relay: Relay) -> None:
    """Without news `next` comes back with nothing when its time is over."""
    stream = relay.subscribe(replayed=False)

    assert stream.next(0.05) is None
    stream.close()


def test_an_absent_relay_says_so(tmp_path: Path) -> None:
    """With no relay process every call is `RelayAbsent`, on the fake as on the real client."""
    fake = FakeRelay()
    fake.absent = True
    for nobody in (fake, RelayClient(tmp_path)):
        with pytest.raises(RelayAbsent):
            nobody.open(lane="entry", reason=Reason.CONSOLE)
        with pytest.raises(RelayAbsent):
            nobody.subscribe()
