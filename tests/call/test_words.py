"""The gate's journal ties an opening to its call, and the visit names the commands that opened for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from core.decision.record import Opening
from core.instant import Instant
from core.words.reasons import Reason
from edge.call.words import call_over
from edge.runtime.outgoing import gate_event
from edge.runtime.syncing import RelayBarrier
from relay.fake import FakeRelay
from sync import wire
from tests.store.records import visit_record

ID = "00000000-0000-4000-8000-000000000001"
CALL = "00000000-0000-4000-8000-000000000002"
AT = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("picture", "sound", "note"),
    [
        ("yes", "yes", "картинка есть, звук есть"),
        ("yes", "unknown", "картинка есть, звук не подтверждён"),
        ("no", "no", "картинки нет, звука нет"),
    ],
)
def test_an_opening_says_in_which_call_and_with_what(picture, sound, note):
    """The relay process is told why, and so is everything that keeps the opening."""
    relay = FakeRelay()
    command = wire.Command(ID, "open", "entry", AT, by="Олег", call=wire.OpenedInCall(CALL, picture, sound))

    assert "done" == RelayBarrier(relay).perform(command, expires_mono=1e12)[0]

    request = relay.requests[-1][1]
    assert (f"звонок {CALL}: {note}", "portal:Олег", ID) == (request.note, request.by, request.id)


def test_an_opening_without_a_call_has_no_such_note():
    """What the guard's page opens stays as it was."""
    relay = FakeRelay()
    RelayBarrier(relay).perform(wire.Command(ID, "open", "entry", AT), expires_mono=1e12)

    assert "" == relay.requests[-1][1].note


def test_a_visit_names_the_commands_that_opened_for_it():
    """Each once, and none that is no command of the cloud."""
    at = Instant(mono=1.0, wall=AT, wall_trusted=True)
    openings = (
        Opening(ID, Reason.CLOUD_COMMAND, at, "done"),
        Opening(ID, Reason.CLOUD_COMMAND, at, "done"),
        Opening(CALL, Reason.CONSOLE, at, "done"),
        Opening("button-1", Reason.CLOUD_COMMAND, at, "done"),
    )

    event = gate_event(replace(visit_record(), openings=openings), zone=UTC)

    assert (ID,) == event.commands
    assert event == wire.decode(wire.GateEvent, wire.encode(event))


def test_how_a_call_ended_is_one_line():
    """Who answered, when, how long, and what ended it."""
    said = call_over(CALL, by="Олег", answered_after_s=7.2, talked_s=45.0, ending="person")

    assert f"звонок {CALL}: ответил Олег через 7 с, говорили 45 с, закончил ответивший" == said
    alone = call_over(CALL, by="", answered_after_s=None, talked_s=0, ending="nobody")
    assert f"звонок {CALL}: никто не ответил" == alone
