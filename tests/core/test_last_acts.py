"""What the end of a visit does, one fact at a time: its record, its one-time pass, who is inside. Visits made by hand."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from core.decision.decide import Judgement
from core.decision.record import Opening, Verdict
from core.decision.trace import Rule
from core.events import ConsumePass, Effect, ForgetEvidence, Outcome, Reason, RecordVisit
from core.passes.pass_list import Pass, PassList
from core.reading.reading import Reading
from core.rules.policy import Direction, Lane, Policy, Site
from core.turn.ending import end, stop
from core.turn.openings import used_up
from core.turn.sighting import Ground
from core.turn.state import GateState, LaneState
from core.turn.turn import Turn
from core.visit.phase import Phase
from core.visit.visit import Visit
from tests.core.test_conditions import NOW, at

PLATE = "A123BC77"
ENTRY, EXIT = 0, 1
LANES = (Lane("entry", Direction.ENTRY, "main"), Lane("exit", Direction.EXIT, "main"))
ONCE = Pass("once", PLATE, one_time=True)
OWED = Pass("owed", PLATE, one_time=True)
ALWAYS = Pass("always", PLATE)
READING = Reading(PLATE, PLATE, PLATE, 0.999, True, "ru_1", "RU", slots=(), candidates=())


def opens(item: Pass) -> Judgement:
    return Judgement(True, Reason.PASS_VALID, PLATE, 0.999, item)


def visit(*outcomes: str, item: Pass | None = ONCE, phase: Phase | None = None, **more: Any) -> Visit:
    """Seen from 90 to 99 s; opened for with these outcomes, by the pass `item`; `phase`: where it is not what they make it."""
    openings = tuple(Opening(f"r{n}", Reason.PASS_VALID, at(95.0 + n), one) for n, one in enumerate(outcomes))
    made = Visit("v", at(90.0), at(99.0), Phase.WAITING, frames=9)
    fusion: Any = SimpleNamespace(reads=9, looks=(1, 2), pictures=9, supporters=lambda _: 9, repeated=lambda _: False)
    made = replace(made, evidence=replace(made.evidence, reading=READING, fusion=fusion))
    made = made.with_openings(openings) if openings else made
    judged = {"judgement": opens(item)} if item is not None else {}
    return replace(made, **{"phase": phase or made.phase, **judged, **more})


def ended(
    one: Visit,
    rule: Rule = Rule.GONE,
    *,
    number: int = ENTRY,
    policy: Policy | None = None,
    passes: tuple[Pass, ...] = (ONCE, OWED, ALWAYS),
) -> tuple[GateState, tuple[Effect, ...]]:
    """The state and the effects after its end; it is the only visit of its lane."""
    lanes = [LaneState(lane) for lane in LANES]
    lanes[number] = replace(lanes[number], visits=(one,))
    site = Site(LANES, policy or Policy(), run_id="test")
    turn = Turn(GateState(site, PassList(passes, version="list-1"), tuple(lanes)))
    end(turn, number, one, NOW, rule)
    return turn.answer()


def kinds(effects: tuple[Effect, ...]) -> list[type]:
    return [type(effect) for effect in effects]


def consumed(one: Visit, rule: Rule = Rule.GONE, **how: Any) -> list[str]:
    state, effects = ended(one, rule, **how)
    told = [effect.pass_id for effect in effects if isinstance(effect, ConsumePass)]
    assert set(told) == state.consumed
    return told


@pytest.mark.parametrize("rule", [Rule.GONE, Rule.STOPPED])
def test_a_visit_ends_in_its_record_and_a_sighting_in_none(rule: Rule) -> None:
    """Nothing stays in the lane, and the record tells by which rule it ended."""
    state, effects = ended(visit("done", item=ALWAYS), rule)
    assert [RecordVisit] == kinds(effects)
    (told,) = effects
    assert isinstance(told, RecordVisit)
    assert (rule, Verdict.OPEN, "always") == (told.record.trace[-1].rule, told.record.decision, told.record.pass_id)
    assert () == state.lanes[ENTRY].visits
    state, effects = ended(visit(item=None, phase=Phase.SIGHTING), rule)
    assert [ForgetEvidence] == kinds(effects)
    assert () == state.lanes[ENTRY].visits
    assert [] == kinds(ended(visit("done", item=ALWAYS, phase=Phase.STANDING), rule)[1])  # has its record already


def test_a_car_that_came_back_and_turned_away_has_a_record_of_its_own() -> None:
    """A sighting of a car just opened for is told as such, whatever its plate may do; it opens nothing and uses up no pass."""
    rules = Site(LANES, Policy()).rules(Direction.ENTRY)
    sighting = visit(item=None, phase=Phase.SIGHTING, ground=Ground.CAME_BACK)
    back = replace(sighting, first=at(99.0 - rules.came_back_s), evidence=replace(sighting.evidence, hits=2), owed=OWED)
    _, effects = ended(back)
    (told,) = effects
    assert isinstance(told, RecordVisit)
    assert (Verdict.REFUSE, Reason.ALREADY_OPENED) == (told.record.decision, told.record.reason)
    briefly = replace(back, first=at(99.0 - rules.came_back_s + 0.01))
    assert [ForgetEvidence] == kinds(ended(briefly)[1])
    once = replace(back, evidence=replace(back.evidence, hits=1))
    assert [ForgetEvidence] == kinds(ended(once)[1])


def test_who_was_not_let_in_is_judged_by_the_list_of_the_last_moment() -> None:
    """A pass that was taken away meanwhile is not the reason of its record; of one that was let in it stays."""
    gone = Pass("gone", PLATE)
    for one, reason in (
        (visit("done", item=gone), Reason.PASS_VALID),
        (visit(item=gone, evidence=visit().evidence), Reason.NO_PASS),
    ):
        (told,) = ended(one, passes=())[1]
        assert isinstance(told, RecordVisit)
        assert reason is told.record.reason


def test_a_one_time_pass_is_used_up_by_whoever_was_let_in_by_it() -> None:
    """At the entry, by its own pass, told once and kept in mind."""
    assert ["once"] == consumed(visit("done"))
    assert ["once"] == consumed(visit("unconfirmed"))
    assert [] == consumed(visit("done", item=ALWAYS))
    assert [] == consumed(visit("done"), number=EXIT)
    assert [] == consumed(visit())  # nobody opened
    assert [] == consumed(visit("failed"))
    assert [] == consumed(visit("done", overruled=Reason.GUARD_BUTTON))  # the guard let it in, and not the pass
    assert [] == consumed(visit("done", backed_out=True))


def test_a_gate_that_stops_counts_an_opening_as_the_passage() -> None:
    """The last opening alone: it will not see its car go in. A request that is not answered yet has opened nothing."""
    assert ["once"] == consumed(visit("done"), Rule.STOPPED)
    assert ["once"] == consumed(visit("refused", "unconfirmed"), Rule.STOPPED)
    assert [] == consumed(visit("done", "refused"), Rule.STOPPED)
    assert [] == consumed(visit(Outcome.DONE, "asked"), Rule.STOPPED)
    assert [] == consumed(visit(), Rule.STOPPED)


def test_a_standing_car_uses_up_the_pass_that_let_it_in_when_it_goes() -> None:
    """Its visit is recorded, the pass owed: gone, or the gate stops, it is used up; backed out, it is not."""
    standing = visit(item=None, phase=Phase.STANDING, owed=OWED)
    assert ["owed"] == consumed(standing)
    assert ["owed"] == consumed(standing, Rule.STOPPED)
    assert [] == consumed(replace(standing, backed_out=True))
    assert ["once"] == consumed(visit("done", phase=Phase.STANDING))
    assert [] == consumed(visit("asked", phase=Phase.STANDING), Rule.STOPPED)


@pytest.mark.parametrize(
    ("one", "judgement", "lane", "used"),
    [
        (visit("done"), opens(ONCE), ENTRY, ONCE),
        (visit("done", owed=OWED), opens(ONCE), ENTRY, ONCE),
        (visit("done", owed=OWED), opens(ALWAYS), ENTRY, OWED),
        (visit("done", owed=OWED), None, ENTRY, OWED),
        (visit("done", owed=OWED), replace(opens(ONCE), opens=False), ENTRY, OWED),
        (visit("failed", owed=OWED), opens(ONCE), ENTRY, OWED),
        (visit("done", owed=OWED, overruled=Reason.CONSOLE), opens(ONCE), ENTRY, OWED),
        (visit("done"), opens(ONCE), EXIT, None),
        (visit("done", owed=OWED, backed_out=True), opens(ONCE), ENTRY, None),
    ],
)
def test_which_pass_it_is(one: Visit, judgement: Judgement | None, lane: int, used: Pass | None) -> None:
    """The one that let it in now, else the one that let in an earlier visit of the same car."""
    assert used == used_up(one, judgement, LANES[lane])


def test_only_a_car_that_was_seen_to_go_in_is_inside() -> None:
    """With anti-passback: one that was let in and has gone; not one before a gate that stops, nor one that was refused."""
    strict = Policy(anti_passback_h=12.0)

    def inside(one: Visit, rule: Rule = Rule.GONE, *, policy: Policy = strict, number: int = ENTRY) -> list[str]:
        state, _ = ended(one, rule, policy=policy, number=number)
        return [held.plate for held in state.inside]

    assert [PLATE] == inside(visit("done"))
    assert [] == inside(visit("done"), Rule.STOPPED)
    assert [] == inside(visit())
    assert [] == inside(visit("done"), policy=Policy())
    assert [] == inside(visit("done"), number=EXIT)


def test_a_gate_that_stops_ends_every_visit_of_every_lane() -> None:
    """Each gets the end of its own lane."""
    lanes = tuple(LaneState(lane, visits=(visit("done", item=ALWAYS),)) for lane in LANES)
    turn = Turn(GateState(Site(LANES, Policy(), run_id="test"), PassList([ALWAYS]), lanes))
    stop(turn, NOW)
    state, effects = turn.answer()
    assert ["entry", "exit"] == [effect.record.lane for effect in effects if isinstance(effect, RecordVisit)]
    assert [(), ()] == [lane.visits for lane in state.lanes]
    assert {Rule.STOPPED} == {effect.record.trace[-1].rule for effect in effects if isinstance(effect, RecordVisit)}
