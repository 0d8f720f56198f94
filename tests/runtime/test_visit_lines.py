"""What people are told of a visit: a decision to open is not yet an open barrier."""

from __future__ import annotations

import errno
import io
import sys
from dataclasses import replace
from datetime import UTC
from zoneinfo import ZoneInfo

import pytest

from core.decision.record import Verdict
from core.decision.trace import Rule, step_of
from edge.cli.run import tell
from edge.runtime.outgoing import gate_event
from edge.runtime.visit_lines import live_text
from edge.runtime.why_card import why_card
from tests.store.records import visit_record


@pytest.mark.parametrize(
    ("outcomes", "title", "line"),
    [(["failed", "done"], "Шлагбаум открыт", "ОТКРЫТ"), (["failed", "expired"], "не открылся", "НЕ ОТКРЫЛСЯ")],
)
def test_only_the_relay_says_that_it_opened(outcomes: list[str], title: str, line: str) -> None:
    """A visit that was to be let through, and for which every request failed, is not told as opened."""
    record = visit_record()
    openings = tuple(replace(record.openings[0], outcome=outcome) for outcome in outcomes)
    record = replace(record, decision=Verdict.OPEN, openings=openings)

    assert title in why_card(record, zone=UTC, now=record.first.wall).title
    assert line in live_text(record, zone=UTC, colour=False)


@pytest.mark.parametrize(("outcome", "kind"), [("done", "opening"), (None, "visit")])
def test_a_vehicle_that_only_a_loop_saw_is_a_visit(outcome: str | None, kind: str) -> None:
    """Without any frame it is an opening for the cloud only where something was opened."""
    record = visit_record()
    openings = (replace(record.openings[0], outcome=outcome),) if outcome else ()
    record = replace(record, frames=0, openings=openings)

    assert gate_event(record, zone=UTC).kind == kind


@pytest.mark.parametrize(
    ("outcomes", "opened"),
    [
        ([], None),
        (["failed", "done"], "yes"),
        (["unconfirmed"], "unconfirmed"),
        (["asked"], "unconfirmed"),
        (["failed", "expired"], "no"),
    ],
)
def test_the_cloud_is_told_what_came_of_the_decision(outcomes: list[str], opened: str | None) -> None:
    """Beside the decision the event says whether the barrier opened, and says nothing where nobody asked for it."""
    record = visit_record()
    openings = tuple(replace(record.openings[0], outcome=outcome) for outcome in outcomes)

    assert opened == gate_event(replace(record, openings=openings), zone=UTC).opened


def test_the_cloud_is_told_the_sites_time() -> None:
    """Who reads the reasons at the portal sees plates as on the road and times as on the wall of the site."""
    over = step_of(Rule.PASS_OVER, 60.0, pass_="p1", end="2026-11-21T15:00+00:00")
    listed = step_of(Rule.EXACT_MATCH, 60.0, plate="A123BC77", pass_="p1")

    event = gate_event(replace(visit_record(), trace=(listed, over)), zone=ZoneInfo("Europe/Moscow"))

    assert ("Номер А 123 ВС 77 есть в списке (пропуск p1).", "Пропуск p1 истёк 21.11.2026 18:00.") == event.trace


def test_the_cloud_is_told_which_pass_was_used_up() -> None:
    """A car that was let in by an earlier visit and could not be read in this one has used up that visit's pass."""
    record = replace(visit_record(), pass_id=None, trace=(step_of(Rule.CONSUMED, 60.0, pass_="once"),))

    event = gate_event(record, zone=UTC)

    assert (event.pass_id, event.consumed) == ("once", True)


class FullDisk(io.StringIO):
    def flush(self) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_nobody_need_be_listening(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines that go to a full disk are lost, and nothing else."""
    monkeypatch.setattr(sys, "stdout", FullDisk())
    tell("A 123 BC 77")
