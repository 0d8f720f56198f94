"""The hand on the barrier and the ear at the relay process, against the relay's own fake."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from core.events import BarrierActed, Event, Instant, OpenBarrier, PassageSeen, Reason, VehiclePresence
from core.words.outcomes import Outcome, Passed
from edge.runtime import relay_events
from edge.runtime.barrier import BarrierHand
from edge.runtime.inbox import Inbox
from edge.runtime.recall import OpeningsBefore
from edge.runtime.relay_events import RelayListener, to_core
from edge.runtime.syncing import RelayBarrier
from relay.errors import RelayTimeout
from relay.fake import FakeRelay
from relay.protocol import EventKind, RelayEvent, Reply
from sync.wire import Command
from tests.patience import PATIENCE_S

FAR = 1e12


@contextmanager
def running(*works) -> Iterator[None]:
    """Each `run` on a thread of its own, stopped at the end."""
    stop = threading.Event()
    threads = [threading.Thread(target=work, args=(stop,)) for work in works]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(PATIENCE_S)
    assert not any(thread.is_alive() for thread in threads)


def next_event(inbox: Inbox) -> Event:
    item = inbox.take(10)
    assert item is not None
    return item.event


def wanted(request_id: str = "r1") -> OpenBarrier:
    return OpenBarrier(request_id, "entry", "main", Reason.PASS_VALID, expires=FAR)


def acted(noon: Instant, outcome: str, detail: str = "") -> BarrierActed:
    return BarrierActed(noon, "main", "entry", "r1", Reason.PASS_VALID, outcome, detail)


def test_a_request_is_asked_and_answered(noon: Instant) -> None:
    """The core hears what the relay did, under the id of its own request."""
    inbox, relay = Inbox(), FakeRelay()
    hand = BarrierHand(relay, inbox=inbox, now=lambda: noon)
    with running(hand.run):
        hand.open_barrier(wanted())
        assert acted(noon, "done") == next_event(inbox)
    assert ["r1"] == [request.id for _, request in relay.requests]
    assert hand.answers("r1")


def test_a_refusal_and_an_absent_relay_are_answers_too(noon: Instant) -> None:
    """The core always hears something, so that it can try again for a car at the exit."""
    inbox, relay = Inbox(), FakeRelay(answer=Outcome.REFUSED, why="busy")
    hand = BarrierHand(relay, inbox=inbox, now=lambda: noon)
    with running(hand.run):
        hand.open_barrier(wanted())
        assert acted(noon, "refused", "busy") == next_event(inbox)
        relay.absent = True
        hand.open_barrier(wanted())
        assert acted(noon, "failed", "gate relay не запущен") == next_event(inbox)
    assert not hand.answers("r1")


def test_what_the_board_did_not_confirm_reaches_core_and_cloud(noon: Instant) -> None:
    """An opening that nobody confirmed is told as that to the core; the cloud, which knows no doubt, gets it in words."""
    inbox, relay = Inbox(), FakeRelay(answer=Outcome.UNCONFIRMED, why="плата не ответила")
    hand = BarrierHand(relay, inbox=inbox, now=lambda: noon)
    with running(hand.run):
        hand.open_barrier(wanted())
        assert acted(noon, "unconfirmed", "плата не ответила") == next_event(inbox)
    asked = Command("4f9b6f0e-6a40-4f6c-9d4b-0f3b1d7f2c11", "open", "entry", noon.wall)

    assert ("done", "плата не ответила") == RelayBarrier(relay).perform(asked, expires_mono=FAR)


class Lossy(FakeRelay):
    """Loses its first answer on the way."""

    lost = False

    def open(self, **asked: object) -> Reply:
        reply = super().open(**asked)
        if not self.lost:
            self.lost = True
            raise RelayTimeout("no answer")
        return reply


def test_a_lost_answer_to_the_portal_is_asked_for_again(noon: Instant) -> None:
    """By the same id: the relay tells what became of it, instead of us telling the portal that nothing was done."""
    relay = Lossy()
    asked = Command("4f9b6f0e-6a40-4f6c-9d4b-0f3b1d7f2c11", "open", "entry", noon.wall)
    assert "done" == RelayBarrier(relay).perform(asked, expires_mono=FAR)[0]
    assert [asked.id] == [request.id for _, request in relay.requests]


@dataclass
class Notes:
    """`relay_events.RelayNotes`: writes at once."""

    events: list[RelayEvent] = field(default_factory=list)
    openings: list[tuple[str, bool]] = field(default_factory=list)
    """Request id, and whether it was said to be lost."""
    journalled: int = 0

    def note_relay(
        self, event: RelayEvent, at: Instant, *, opening: BarrierActed | None = None, lost: bool = False
    ) -> None:
        self.events.append(event)
        if opening is not None:
            self.openings.append((opening.request_id, lost))
        self.journalled = max(self.journalled, event.seq)


def listener(
    relay: FakeRelay, inbox: Inbox, notes: Notes, noon: Instant, answered=frozenset(), *, ours=frozenset(), before=None
) -> RelayListener:
    return RelayListener(
        relay,
        inbox=inbox,
        notes=notes,
        now=lambda: noon,
        answered=answered.__contains__,
        ours=(answered | ours).__contains__,
        before=before,
        input_kinds={"loop-1": "exit_loop"},
    )


def test_what_happens_at_the_barrier_reaches_the_core(noon: Instant) -> None:
    """A button, a passage and a loop become events of the core; each kept one is journalled and then acknowledged."""
    relay, inbox, notes = FakeRelay(), Inbox(), Notes()
    relay.publish(EventKind.ACTED, barrier="main", reason=Reason.GUARD_BUTTON, outcome="done", what="open")
    with running(listener(relay, inbox, notes, noon).run):
        pressed = next_event(inbox)
        relay.publish(EventKind.PASSAGE, barrier="main", lane="entry", outcome="passed")
        passage = next_event(inbox)
        relay.publish(EventKind.PRESENCE, lane="exit", what="loop-1", outcome="on")
        presence = next_event(inbox)
    assert isinstance(pressed, BarrierActed)
    assert Reason.GUARD_BUTTON is pressed.reason
    assert isinstance(passage, PassageSeen)
    assert "passed" == passage.outcome
    assert isinstance(presence, VehiclePresence)
    assert ("exit_loop", True) == (presence.loop, presence.present)
    assert 3 == len(notes.events)
    assert 3 == relay.acked


def test_our_own_openings_are_not_told_twice(noon: Instant) -> None:
    """What the hand has answered already is only journalled."""
    relay, inbox, notes = FakeRelay(), Inbox(), Notes()
    with running(listener(relay, inbox, notes, noon, frozenset({"r1"})).run):
        relay.publish(EventKind.ACTED, barrier="main", request_id="r1", outcome="done", what="open")
        relay.publish(EventKind.ACTED, barrier="main", request_id="r2", outcome="done", what="open")
        assert "r2" == getattr(next_event(inbox), "request_id", None)
    assert 2 == len(notes.events)


def test_a_loop_that_nobody_watches_any_more_holds_no_car(noon: Instant) -> None:
    """When the relay process goes while a car stands on a loop, the core is told that nothing is known to be there."""
    relay, inbox, notes = FakeRelay(), Inbox(), Notes()
    told = []
    with running(listener(relay, inbox, notes, noon).run):
        relay.publish(EventKind.PRESENCE, lane="exit", what="loop-1", outcome="on")
        told.append(next_event(inbox))
        relay.absent = True
        told.append(next_event(inbox))
    assert [("exit", "exit_loop", True), ("exit", "exit_loop", False)] == [
        (one.lane, one.loop, one.present) for one in told if isinstance(one, VehiclePresence)
    ]
    assert 0 == len(inbox)


@pytest.mark.parametrize("rotten", [17953632000123.0, float("inf"), float("nan"), -1e15])
def test_an_event_with_an_impossible_time_is_taken_as_of_now(noon: Instant, rotten: float) -> None:
    """What a worn card has made of the time of a kept event ends no thread: it would be met again after each start.

    Nobody knows when it was, so its time is none to be trusted.
    """
    relay, inbox, notes = FakeRelay(), Inbox(), Notes()
    event = relay.publish(EventKind.ACTED, barrier="main", reason=Reason.GUARD_BUTTON, outcome="done", what="open")
    relay._events[0] = replace(event, at_wall=rotten, boot_id="before")
    with running(listener(relay, inbox, notes, noon).run):
        pressed = next_event(inbox)
    assert replace(noon, wall_trusted=False) == pressed.at


def test_boots_without_names_are_not_the_same_boot(noon: Instant, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the kernel tells no boot id, an event kept before a reboot is as old as its wall time says."""
    monkeypatch.setattr(relay_events, "boot_id", lambda: "")
    relay, inbox, notes = FakeRelay(), Inbox(), Notes()
    event = relay.publish(EventKind.ACTED, barrier="main", reason=Reason.GUARD_BUTTON, outcome="done", what="open")
    then = noon.wall - timedelta(days=3)
    relay._events[0] = replace(event, at_wall=then.timestamp(), at_mono=noon.mono + 1000.0, boot_id="")
    with running(listener(relay, inbox, notes, noon).run):
        pressed = next_event(inbox)
    assert (then, False) == (pressed.at.wall, pressed.at.wall_trusted)


def opened(relay: FakeRelay, request_id: str) -> RelayEvent:
    return relay.publish(
        EventKind.ACTED, barrier="main", reason=Reason.CONSOLE, request_id=request_id, outcome="done", what="open"
    )


def test_an_opening_that_an_earlier_gate_was_told_is_acknowledged_and_no_more(noon: Instant) -> None:
    """Told again, it makes no second visit; it is noted, so that it is acknowledged, and the next one is news."""
    relay, inbox, notes = FakeRelay(), Inbox(), Notes()
    again = opened(relay, "r1")
    opened(relay, "r2")
    before = OpeningsBefore(frozenset({again.event_id}), frozenset({"r1"}))
    with running(listener(relay, inbox, notes, noon, before=before).run):
        assert getattr(next_event(inbox), "request_id", None) == "r2"
    assert 0 == len(inbox)
    assert [("r1", False), ("r2", False)] == notes.openings
    assert 2 == relay.acked


def test_a_request_id_that_is_used_again_is_another_opening(noon: Instant) -> None:
    """Relay and requester forget ids at a reboot, the journal does not: the opening gets an id, and so a visit, of its own."""
    relay, inbox, notes = FakeRelay(), Inbox(), Notes()
    used = [opened(relay, "mqtt-1"), opened(relay, "mqtt-1")]
    before = OpeningsBefore(requests=frozenset({"mqtt-1"}))
    with running(listener(relay, inbox, notes, noon, before=before).run):
        news = [getattr(next_event(inbox), "request_id", None) for _ in used]
    assert [one.event_id for one in used] == news
    assert [(one.event_id, False) for one in used] == notes.openings


def test_an_opening_that_an_earlier_gate_asked_for_is_told_as_lost(noon: Instant) -> None:
    """Only a request that this process made can be in a visit to come; others asked for by the rules have lost theirs."""
    relay, inbox, notes = FakeRelay(), Inbox(), Notes()
    hand = BarrierHand(relay, inbox=inbox, now=lambda: noon)
    hand.open_barrier(wanted("r2"))
    assert hand.ours("r2")
    with running(listener(relay, inbox, notes, noon, ours=frozenset({"r2"})).run):
        for request_id, outcome in (("r1", "done"), ("r2", "done"), ("r3", "failed")):
            relay.publish(
                EventKind.ACTED,
                barrier="main",
                reason=Reason.PASS_VALID,
                request_id=request_id,
                outcome=outcome,
                what="open",
            )
            next_event(inbox)
    assert [("r1", True), ("r2", False)] == notes.openings


def test_a_hold_without_its_length_is_refused(noon: Instant) -> None:
    """How long the cloud meant is not known: nothing is held, for a minute or for any other time."""
    relay = FakeRelay()
    asked = Command("4f9b6f0e-6a40-4f6c-9d4b-0f3b1d7f2c11", "hold", "entry", noon.wall)
    assert "refused" == RelayBarrier(relay).perform(asked, expires_mono=FAR)[0]
    assert [] == relay.requests


def test_a_word_of_another_version_opens_nothing_and_ends_no_passage(noon: Instant) -> None:
    """An outcome that this version does not know counts as a failure; how a passage ended is then unknown, so nothing is told."""

    def told(kind: EventKind, outcome: str) -> Event | None:
        event = RelayEvent(
            1, "e1", kind, 100.0, 0.0, "", "main", "entry", "r1", Reason.CONSOLE, outcome=outcome, what="open"
        )
        return to_core(event, at=noon, input_kinds={})

    for outcome in Outcome:
        assert replace(acted(noon, outcome), reason=Reason.CONSOLE) == told(EventKind.ACTED, outcome.value)
    unknown = told(EventKind.ACTED, "opened_halfway")
    assert isinstance(unknown, BarrierActed)
    assert Outcome.FAILED is unknown.outcome
    assert PassageSeen(noon, "main", "entry", Passed.BACKED_OUT) == told(EventKind.PASSAGE, "backed_out")
    assert told(EventKind.PASSAGE, "turned_over") is None
