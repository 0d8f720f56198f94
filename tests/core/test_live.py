"""What the core tells of the vehicles in view."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from core.events import BarrierActed
from core.passes.pass_list import Pass
from core.turn.live import live_visits
from core.visit.phase import Phase
from core.words.reasons import Reason

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
GUEST = Pass(id="p1", plate="A001BC77", valid_until=NOON - timedelta(hours=1), note="дом 5, Ивановы, +7 912 345-67-89")


def test_a_refused_car_is_told_while_it_waits(scene) -> None:
    """Its plate, why, and whose guest it is; before it came and once it has gone there is nobody."""
    gate = scene([GUEST])
    assert () == tuple(live_visits(gate.state))
    gate.drive("A001BC77", then_gone=False)
    (visit,) = live_visits(gate.state)
    told = (visit.phase, visit.word, visit.plate, visit.display, visit.note)
    assert (Phase.WAITING, Reason.PASS_EXPIRED, "A001BC77", "А 001 ВС 77", GUEST.note) == told
    assert visit.waits
    assert visit.decided is not None
    assert visit.best_corners is not None
    gate.empty(4.0)
    assert () == tuple(live_visits(gate.state))


def test_a_car_that_was_opened_for_waits_no_more(scene) -> None:
    """By its pass, or by the guard, whose name stays with it."""
    gate = scene([Pass(id="p1", plate="A001BC77")])
    gate.drive("A001BC77", then_gone=False)
    assert [False] == [visit.waits for visit in live_visits(gate.state)]
    gate = scene([GUEST])
    gate.drive("A001BC77", then_gone=False)
    gate.send(
        BarrierActed(gate.at(), "main", "entry", "r1", Reason.CONSOLE, "done", by="console:Иван", note="к Ивановым")
    )
    (visit,) = live_visits(gate.state)
    assert not visit.waits
    assert Reason.CONSOLE == visit.word
    gate.empty(4.0)
    (opening,) = gate.records[-1].openings
    assert ("console:Иван", "к Ивановым") == (opening.by, opening.note)
