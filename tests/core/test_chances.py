"""What a visit keeps for being decided again: the answer of another policy is that of a gate that had it."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

import pytest

from core.decision.again import Missing, decided_again, opened_by_gate
from core.decision.chances import MOST_CHANCES, WELL_AGREED, Chance, Chances
from core.events import BarrierActed, PassListChanged, RecordVisit
from core.passes.pass_list import Pass, PassList
from core.reading.reading import Candidate
from core.rules.policy import Direction, Policy
from core.words.reasons import Reason

HOME = Pass("p1", "A123BC77", note="дом 5, Ивановы")
POLICIES = (
    Policy(),
    Policy(open_confidence=0.6, min_frames=1, sure_width_px=40, sure_confidence=0.9),
    Policy(open_confidence=0.99, min_frames=5, sure_confidence=1.0),
    Policy(min_frames=3, false_open_budget=0.05, near_max_characters=2),
    Policy(open_confidence=0.97, false_open_budget=0.0, sure_confidence=1.0),
)


def records(gate):
    return [effect.record for effect in gate.of(RecordVisit) if effect.record.direction is Direction.ENTRY]


def passage(rng):
    """One car: how well and for how long its plate is read, and with which doubtful characters."""
    plate = rng.choice(["A123BC77", "A123BC77", "A128BC77", "B555BB77"])
    doubt = {}
    if rng.random() < 0.5:
        place = rng.choice([1, 2, 3])
        share = rng.choice([0.55, 0.7, 0.85, 0.93])
        doubt = {place: {plate[place]: share, rng.choice("0368"): 1 - share}}
    return {
        "text": plate,
        "seconds": rng.choice([0.3, 0.6, 1.5, 4.0]),
        "sure": rng.choice([0.5, 0.7, 0.9, 0.97]),
        "doubt": doubt,
    }


@pytest.mark.parametrize("seed", range(25))
def test_another_policy_answers_as_its_own_gate_did(scene, seed):
    """The same frames under two policies: the visit that one recorded, decided again by the other, is what the other decided."""
    rng = random.Random(seed)
    how = passage(rng)
    told = {}
    for policy in POLICIES:
        gate = scene([HOME, Pass("p2", "A128BC77")], policy=policy)
        gate.drive(**how)
        told[policy] = records(gate)
    for ours in POLICIES:
        for theirs in POLICIES:
            if not (told[ours] and told[theirs]):
                continue  # what is a visit at all is a matter of policy too
            (record,), (other,) = told[ours], told[theirs]
            assert opened_by_gate(other) is decided_again(record, theirs).opens, (how, ours, theirs)


def test_the_list_of_the_time_answers(scene):
    """A pass that was withdrawn or issued later changes nothing in the answer; its note is not kept."""
    gate = scene([HOME])
    gate.drive("A123BC77")
    gate.empty(30.0)
    gate.send(PassListChanged(gate.at(), PassList()))
    gate.drive("A123BC77")
    first, second = records(gate)
    assert [True, False] == [decided_again(one, Policy()).opens for one in (first, second)]
    assert "no_pass" == decided_again(second, Policy()).reason
    assert "Иванов" not in str(first.chances)


def test_a_one_time_pass_is_as_it_was_before_its_car(scene):
    """Its own passage used it up: decided again it opens, and the next car with that plate is refused again."""
    gate = scene([replace(HOME, one_time=True)])
    gate.drive("A123BC77")
    gate.empty(30.0)
    gate.drive("A123BC77")
    first, second = records(gate)
    assert [True, False] == [decided_again(one, Policy()).opens for one in (first, second)]


def test_a_pass_that_began_while_the_car_waited(scene):
    """Moments before and after the pass began are told apart."""
    gate = scene([])
    gate.passes = PassList([replace(HOME, valid_from=gate.at().wall + timedelta(seconds=3))])
    gate.send(PassListChanged(gate.at(), gate.passes))
    gate.drive("A123BC77", seconds=6.0)
    (record,) = records(gate)
    assert opened_by_gate(record)
    assert decided_again(record, Policy()).opens
    assert ["pass_not_started", "local_list" if HOME.source.value == "local" else "pass_valid"] == [
        one.standing for one in record.chances.kept if one.candidates[0].plate == HOME.plate
    ][-2:]


def test_the_age_of_the_list_is_that_of_the_time(scene):
    """A limit on the list's age is asked about the age that it had."""
    gate = scene([])
    wall = gate.at().wall
    for hours, opens in ((1, True), (30, False)):
        old = PassList([HOME], fetched_at=wall - timedelta(hours=hours))
        gate.send(PassListChanged(gate.at(), old))
        gate.drive("A123BC77", seconds=2.0)
        gate.empty(30.0)
        assert (
            decided_again(records(gate)[-1], Policy(list_max_age_h=24.0, list_max_age_open_ended_h=24.0)).opens is opens
        )


def test_a_hand_is_no_decision_of_the_gate(scene):
    """A stranger whom the guard let in: the gate itself would refuse, under this policy as under others."""
    gate = scene([HOME])
    gate.drive("B555BB77", then_gone=False)
    gate.send(BarrierActed(gate.at(), "main", "entry", "g1", Reason.GUARD_BUTTON, "done"))
    gate.empty(4.0)
    (record,) = records(gate)
    assert (False, False) == (opened_by_gate(record), decided_again(record, Policy(open_confidence=0.5)).opens)


def test_nothing_is_kept_of_an_exit_or_of_a_frozen_picture(scene):
    """Chances are frames on which an entry might have been opened for."""
    gate = scene([HOME])
    gate.drive("A123BC77", lane="exit")
    assert () == gate.of(RecordVisit)[-1].record.chances.kept
    gate = scene([HOME])
    for _ in range(20):
        gate.frame(gate_read(), frozen=True)
    gate.empty(4.0)
    for record in records(gate):
        assert () == record.chances.kept


def gate_read():
    from tests.core.conftest import make_read

    return make_read("A123BC77")


def a_chance(**changes):
    return replace(
        Chance(
            after_s=1.0, confidence=0.9, accepted=True, witnessed=True, patient=False, masked="A123BC77", format="ru_type1",
            candidates=(Candidate("A123BC77", 0.9, "ru_type1"),), doubtful=(), agreeing=2, reads=3, width_px=60,
            passes=("A123BC77\t@\t\t\t\t=p1\t",), standing="pass_valid", risk=0.1,
        ),
        **changes,
    )  # fmt: skip


def test_what_another_moment_makes_superfluous_is_not_kept(scene):
    """Better in everything replaces; better in one thing only stands beside."""
    one = Chances().added(a_chance())
    assert 1 == len(one.added(a_chance(confidence=0.95, agreeing=3)).kept)
    assert one is one.added(a_chance(confidence=0.8))
    assert 2 == len(one.added(a_chance(confidence=0.95, width_px=50)).kept)
    assert 2 == len(one.added(a_chance(standing="pass_expired")).kept)
    stranger = a_chance(passes=(), standing="no_pass", risk=None)
    assert one is one.added(stranger)
    assert one == Chances().added(stranger).added(a_chance(witnessed=False)).added(a_chance())
    full = one.added(a_chance(agreeing=WELL_AGREED))
    assert full is full.added(a_chance(agreeing=WELL_AGREED, width_px=300))


def test_what_had_to_go_makes_a_refusal_unknown_and_no_opening(scene):
    """With moments missing, "would open" is still known and "would not" is not; an older record knows nothing."""
    chances = Chances()
    for number in range(MOST_CHANCES + 1):
        chances = chances.added(a_chance(confidence=0.6 + number / 100, width_px=100 - number, accepted=number > 0))
    assert (MOST_CHANCES, False) == (len(chances.kept), chances.all_kept)
    gate = scene([HOME])
    gate.drive("A123BC77")
    (record,) = records(gate)
    short = replace(record, chances=replace(record.chances, all_kept=False))
    assert decided_again(short, Policy()).opens
    strict = Policy(open_confidence=0.9999, sure_confidence=1.0, false_open_budget=0.0, min_frames=20)
    assert Missing.MORE is decided_again(short, strict).missing
    assert Missing.OLDER is decided_again(replace(record, chances=None), Policy()).missing
    broken = replace(record.chances.kept[0], passes=("A123BC77\tx",))
    assert Missing.UNREAD is decided_again(replace(record, chances=Chances((broken,))), Policy()).missing


def test_an_error_in_what_is_kept_for_the_backtest_keeps_no_car_waiting(scene, monkeypatch):
    """The car is let in as ever, and another policy's answer about a visit that kept nothing is not known."""

    def broken(*_, **__):
        raise ValueError("no such thing")

    monkeypatch.setattr("core.turn.frames.with_chance", broken)
    gate = scene([HOME])
    gate.drive("A123BC77")
    gate.empty(30.0)
    gate.drive("B555BB77")
    let_in, refused = records(gate)
    assert opened_by_gate(let_in)
    assert decided_again(let_in, Policy()).opens is None
    assert (None, Missing.MORE) == (decided_again(refused, Policy()).opens, decided_again(refused, Policy()).missing)
