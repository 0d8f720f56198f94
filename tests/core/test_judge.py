"""The decision at each of its limits: readings made by hand, so that one fact at a time is at its edge and all others are well."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from core.decision.decide import REACH, SURE_PLACE, Judgement, judge, within_reach
from core.decision.trace import Rule
from core.events import Instant, Reason
from core.passes.pass_list import Pass, PassList
from core.passes.risk import stranger_chance
from core.reading.reading import NOTHING, Candidate, Reading, SlotEvidence
from core.rules.policy import Direction, Policy

PLATE, FORMAT = "A123BC77", "ru_1"
HOME = PassList([Pass("p1", PLATE)])
AT = Instant(100.0, datetime(2026, 5, 1, 12, tzinfo=UTC), wall_trusted=True)
POLICY = Policy(open_confidence=0.85, false_open_budget=0.05)
SURE = SlotEvidence("A", 0.99, "B", 0.01, erased=False)


def reading(
    text: str = PLATE,
    confidence: float = 0.99,
    *,
    masked: str | None = None,
    best: float | None = None,
    others: tuple[Candidate, ...] = (),
    kind: str | None = FORMAT,
    **more: object,
) -> Reading:
    """All of it well: accepted, witnessed, no place in doubt."""
    first = Candidate(text, confidence if best is None else best, kind)
    made = Reading(
        text, masked or text, text, confidence, accepted=True, format=kind, country="RU",
        slots=(SURE,) * len(text), candidates=(first, *others),
    )  # fmt: skip
    return replace(made, **more)  # type: ignore[arg-type]


def decided(
    read: Reading,
    passes: PassList = HOME,
    *,
    direction: Direction = Direction.ENTRY,
    near: bool = False,
    **rules: object,
) -> Judgement:
    policy = replace(POLICY, **rules)  # type: ignore[arg-type]
    return judge(read, passes, AT, direction=direction, policy=policy, near=near)


def facts(judgement: Judgement, rule: Rule) -> dict[str, str]:
    (step,) = [one for one in judgement.trace if one.rule == rule]
    return dict(step.facts)


NAMED = [
    (reading(confidence=0.30), True),
    (reading(confidence=0.2999), False),
    (reading(confidence=0.99, masked="A1??BC77"), True),
    (reading(confidence=0.99, masked="A???BC77"), False),
    (reading("A123"), True),
    (reading("A12"), False),
]


@pytest.mark.parametrize(("read", "named"), NAMED)
def test_what_is_named_at_the_exit(read: Reading, named: bool) -> None:  # noqa: FBT001
    """From three tenths on, with two places erased at the most, of four characters at the least; else a vehicle without a plate."""
    passes = PassList([Pass("p1", read.text)])
    judgement = decided(read, passes, direction=Direction.EXIT)
    assert (True, Reason.EXIT_FREE) == (judgement.opens, judgement.reason)
    wanted = (read.text, read.confidence, "p1") if named else (None, 0.0, None)
    assert wanted == (judgement.plate, judgement.confidence, judgement.item and judgement.item.id)


@pytest.mark.parametrize("read", [read for read, named in NAMED if not named])
def test_what_cannot_be_named_opens_no_entry(read: Reading) -> None:
    """However sure the reader is of what it is: part of a plate, a badge, a plate under mud has no pass."""
    judgement = decided(read, PassList([Pass("p1", read.text)]), open_confidence=0.1)
    assert (False, Reason.UNREADABLE, None, 0.0) == (
        judgement.opens,
        judgement.reason,
        judgement.plate,
        judgement.confidence,
    )
    assert f"{read.masked}, {read.confidence:.2f}" == facts(judgement, Rule.UNREADABLE)["why"]


def test_nothing_read_is_no_plate_near_or_far() -> None:
    """Waiting for better frames makes no plate of none."""
    for near in (False, True):
        judgement = decided(NOTHING, near=near)
        assert (False, Reason.UNREADABLE) == (judgement.opens, judgement.reason)
        assert "no plate" == facts(judgement, Rule.UNREADABLE)["why"]


@pytest.mark.parametrize(("confidence", "opens"), [(0.85, True), (0.8499, False), (0.31, False)])
def test_an_entry_opens_from_the_confidence_on_that_the_site_wants(confidence: float, opens: bool) -> None:  # noqa: FBT001
    """Not below it, though the plate can be named and its pass is good."""
    judgement = decided(reading(confidence=confidence))
    assert opens is judgement.opens
    assert (Reason.PASS_VALID if opens else Reason.LOW_CONFIDENCE) is judgement.reason


def test_a_near_match_is_tried_after_waiting_alone() -> None:
    """Neither by default nor for a plate that was just seen: better frames may come."""
    unsure = reading(confidence=0.8, accepted=False)
    assert not judge(unsure, HOME, AT, direction=Direction.ENTRY, policy=POLICY).opens
    assert not decided(unsure).opens
    near = decided(unsure, near=True)
    assert (True, 0.8, "p1") == (near.opens, near.confidence, facts(near, Rule.NEAR_MATCH)["pass"])


@pytest.mark.parametrize(
    "less",
    [
        {"witnessed": False},
        {"kind": None},
        {"masked": "A1?3BC77"},
        {"best": 0.2999},
    ],
    ids=lambda less: next(iter(less)),
)
def test_a_near_match_needs_all_that_bears_a_plate_out(less: dict[str, object]) -> None:
    """One picture alone that was acceptable, a known kind, no place erased, a best string that can be named: without any one of them none."""
    unsure = {"confidence": 0.8, "accepted": False}
    assert decided(reading(**unsure), near=True).opens  # type: ignore[arg-type]
    assert decided(reading(**unsure, best=0.30), near=True, false_open_budget=1.0).opens  # type: ignore[arg-type]
    assert not decided(reading(**{**unsure, **less}), near=True, false_open_budget=1.0).opens  # type: ignore[arg-type]


def test_the_budget_of_a_near_match_is_the_most_it_may_cost() -> None:
    """As likely a stranger as the site allows opens, one likelier does not."""
    unsure = reading(confidence=0.8, accepted=False)
    risk = stranger_chance(unsure, HOME)
    assert decided(unsure, near=True, false_open_budget=risk).opens
    assert not decided(unsure, near=True, false_open_budget=risk * 0.999).opens


def test_a_near_match_that_may_not_pass_is_told_with_its_pass_or_none() -> None:
    """What was meant is in the record, whoever it is."""
    unsure = reading(confidence=0.8, accepted=False)
    blocked = decided(unsure, PassList([Pass("b1", PLATE, blocked=True)]), near=True)
    assert (False, Reason.BLOCKED, "b1") == (
        blocked.opens,
        blocked.reason,
        facts(blocked, Rule.NEAR_MATCH)["pass"],
    )


@pytest.mark.parametrize(
    ("text", "rule", "shown"), [("A123BC", Rule.REGION_HIDDEN, "A123BC"), (PLATE, Rule.NOT_BORNE_OUT, "A12?BC77")]
)
def test_a_sure_sum_that_no_picture_bears_out_is_refused_by_what_is_missing(text: str, rule: Rule, shown: str) -> None:
    """A hidden region is told as that; of anything else the doubtful place is shown."""
    masked = text if rule is Rule.REGION_HIDDEN else "A12?BC77"
    judgement = decided(reading(text, accepted=False, masked=masked), PassList([Pass("p1", text)]))
    assert (False, Reason.LOW_CONFIDENCE, text) == (judgement.opens, judgement.reason, judgement.plate)
    assert shown == facts(judgement, rule)["plate"]


@pytest.mark.parametrize(("best", "named"), [(0.30, True), (0.2999, False)])
def test_of_several_passes_within_reach_the_two_likeliest_are_told(best: float, named: bool) -> None:  # noqa: FBT001
    """Nobody guesses between them; the plate is named only where its best string can be."""
    others = tuple(Candidate(text, 0.2 - n / 100, FORMAT) for n, text in enumerate(("A124BC77", "A120BC77")))
    passes = PassList(Pass(str(n), text) for n, text in enumerate((PLATE, "A124BC77", "A120BC77")))
    judgement = decided(reading(confidence=0.6, accepted=False, best=best, others=others), passes, near=True)
    assert (False, Reason.AMBIGUOUS) == (judgement.opens, judgement.reason)
    assert ((PLATE, 0.6) if named else (None, 0.0)) == (judgement.plate, judgement.confidence)
    told = facts(judgement, Rule.TWO_WITHIN_REACH)
    assert (PLATE, "A124BC77") == (told["one"], told["other"])


def unsure_at(*places: int, text: str = PLATE, kind: str | None = FORMAT) -> tuple[Candidate, Reading]:
    """A reading whose places are in doubt, and its best string."""
    low = replace(SURE, probability=SURE_PLACE - 0.001)
    slots = tuple(low if place in places else SURE for place in range(len(text)))
    read = replace(reading(text, kind=kind), slots=slots)
    return read.candidates[0], read


@pytest.mark.parametrize(
    ("places", "most", "within"),
    [
        ((), 0, True),
        ((2,), 1, True),
        ((2,), 0, False),
        ((1, 2), 1, False),
        ((1, 2), 2, True),
        ((6,), 1, False),
        ((7,), 1, False),
        ((5,), 1, True),
    ],
)
def test_which_doubts_are_forgiven(places: tuple[int, ...], most: int, within: bool) -> None:  # noqa: FBT001
    """As many as the site says, none in the region code: a plate of another region is another car."""
    best, read = unsure_at(*places)
    assert within is within_reach(best, best, read, most)


def test_a_place_just_sure_enough_is_in_no_doubt() -> None:
    """Nine tenths is sure; an erased place is not, however probable its best symbol."""
    best, read = unsure_at()
    edge = replace(SURE, probability=SURE_PLACE)
    assert within_reach(best, best, replace(read, slots=(edge,) * len(PLATE)), 0)
    erased = replace(SURE, erased=True)
    assert not within_reach(best, best, replace(read, slots=(erased, *read.slots[1:])), 0)
    assert within_reach(replace(best, probability=REACH), best, read, 0)


@pytest.mark.parametrize(("text", "kind"), [("01A123BC", "uz_private"), (PLATE, None), ("XXXX", FORMAT)])
def test_a_doubt_on_a_plate_of_no_russian_kind_is_not_forgiven(text: str, kind: str | None) -> None:
    """Of a neighbour's plates, of plates of no kind, and of a text that its kind cannot have, too little is known."""
    best, read = unsure_at(3, text=text, kind=kind)
    assert not within_reach(best, best, read, 5)


def test_another_symbol_in_the_region_is_another_car() -> None:
    """Also where every place of the reading is sure."""
    best, read = unsure_at()
    assert within_reach(replace(best, plate="A124BC77"), best, read, 1)
    assert not within_reach(replace(best, plate="A123BC78"), best, read, 1)


@pytest.mark.parametrize(
    "other",
    [
        Candidate("A123BC77", 0.0199, "ru_1"),
        Candidate("A123BC77", 0.5, "ru_taxi"),
        Candidate("A123BC777", 0.5, "ru_1"),
    ],
    ids=["unlikely", "kind", "length"],
)
def test_a_pass_is_never_meant_across_what_a_plate_is(other: Candidate) -> None:
    """A string too unlikely, of another kind, or longer is out of reach, though each of its characters were clear."""
    best, read = unsure_at()
    assert not within_reach(other, best, read, 1)
