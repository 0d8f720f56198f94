"""Which plate belongs to whom, and the sentences of the why card."""

from __future__ import annotations

from functools import partial

import pytest

from core.decision.record import TraceStep
from core.decision.sentences import SENTENCES
from core.decision.trace import Rule, extended, step_of
from core.decision.why import sentence
from core.geometry import Box, box_around
from core.reading.decode import decode
from core.rules.visit import ENTRY
from core.visit.tracking import Known, Seen, edit_distance
from core.visit.tracking import affinity as affinity_by
from core.visit.tracking import assign as assign_by

affinity = partial(affinity_by, rules=ENTRY)
assign = partial(assign_by, rules=ENTRY)


def seen(read, text, **where):
    plate = read(text, **where)
    return Seen(plate, decode(plate))


def known(text, *, x=300.0, y=400.0, w=110.0, confidence=0.99, age_s=0.1, unseen_s=0.1, sure=()):
    return Known(Box(x, y, w, w / 4.6), None, text, confidence, age_s, unseen_s, sure)


@pytest.mark.parametrize(
    ("one", "other", "expected"), [("", "", 0), ("A", "", 1), ("A123BC77", "A123BC777", 1), ("A123BC77", "B123CB77", 3)]
)
def test_edit_distance(one, other, expected):
    """Insertions, deletions and changes count one each, the same both ways."""
    assert edit_distance(one, other) == edit_distance(other, one) == expected


def test_same_text_is_the_same_car_wherever_it_is(read):
    """A plate that jumped across the picture is known by its text."""
    assert affinity(seen(read, "A123BC77", x=900, y=50), known("A123BC77")) >= 2


def test_different_text_at_the_same_place_is_another_car(read):
    """Two sure texts that differ clearly are two cars."""
    assert affinity(seen(read, "B555KK99"), known("A123BC77")) == 0.0


def test_one_misread_character_at_the_same_place_is_the_same_car(read):
    """A reading that differs in one character nearby is the same plate."""
    assert affinity(seen(read, "A128BC77"), known("A123BC77")) > 0.5


def test_fleet_neighbour_far_away_is_another_car(read):
    """Two certain plates one character apart, far from each other, are two cars."""
    assert affinity(seen(read, "A124BC77", x=1000, y=20, sure=0.999), known("A123BC77")) == 0.0


def test_reach_grows_with_time(read):
    """A plate not seen for a while may be further away; one that was read has to read again there."""
    unsure = seen(read, "", x=620)
    assert affinity(unsure, known("A123BC77", confidence=0.4, age_s=0.1)) == 0.0
    assert affinity(unsure, known("A123BC77", confidence=0.4, age_s=1.0)) > 0.0
    assert affinity(unsure, known("A123BC77", age_s=1.0)) == 0.0
    assert affinity(seen(read, "A128BC77", x=620), known("A123BC77", age_s=1.0)) > 0.0


def test_each_visit_gets_one_plate(read):
    """The better match wins, the other plate is free."""
    plates = [seen(read, "A123BC77", x=330), seen(read, "A123BC77", x=300)]

    assert assign(plates, [known("A123BC77")]) == (None, 0)


def test_vehicle_adopts_the_widest_plate_inside_it(read):
    """A waiting vehicle takes the plate that is on it."""
    waiting = Known(None, Box(200, 100, 500, 450), "", 0.0, 0.1, 0.1)
    plates = [seen(read, "A123BC77", w=60), seen(read, "B555BB77", w=120), seen(read, "X777XX99", x=1100)]

    assert assign(plates, [waiting]) == (None, 0, None)


def test_boxes():
    """Overlap is 1 for the same box, 0 apart, and corners give their box."""
    box = Box(0, 0, 10, 10)

    assert box.iou(box) == 1.0
    assert box.iou(Box(20, 0, 10, 10)) == 0.0
    assert box.iou(Box(5, 0, 10, 10)) == pytest.approx(1 / 3)
    assert box_around(((1, 2), (5, 1), (6, 4), (0, 5))) == Box(0, 1, 6, 4)


@pytest.mark.parametrize("rule", list(Rule))
def test_every_rule_has_its_sentences(rule):
    """Each rule is told in both languages, also when a fact is missing."""
    russian, english = sentence(TraceStep(rule.value, 0.0))

    assert rule in SENTENCES
    assert russian
    assert english
    assert "{" not in russian + english


def test_words_of_the_program_are_told_in_russian():
    """A Russian reader meets no English word for why or how."""
    assert sentence(step_of(Rule.SEEN, 0.0, how="vehicle")) == (
        "Машина замечена: по силуэту.",
        "The vehicle was noticed: vehicle.",
    )


def test_seconds_are_told_in_the_readers_language() -> None:
    """The record keeps seconds with their international sign; Russian readers are told theirs."""
    russian, english = sentence(step_of(Rule.KEPT_IN, 0.0, age="600 s"))

    assert "600 с:" in russian
    assert "600 s:" in english


def test_unknown_rule_is_told_by_its_code():
    """A record of a newer version can still be read."""
    assert sentence(TraceStep("novelty", 0.0, (("a", "1"),))) == ("novelty: a 1", "novelty: a 1")


def test_braces_in_facts_are_harmless():
    """A fact is never a format string."""
    assert "{0.__class__}" in sentence(step_of(Rule.NOT_LISTED, 0.0, plate="{0.__class__}"))[1]


def test_trace_says_each_thing_once_and_is_bounded():
    """A rule with the same facts is not repeated, and a long visit does not make a long trace."""
    trace = extended((), [step_of(Rule.BEHIND, float(i)) for i in range(5)])
    assert len(trace) == 1
    trace = extended(trace, [step_of(Rule.ANSWERED, float(i), outcome=str(i)) for i in range(100)])

    assert len(trace) == 40
    assert trace[0].rule == Rule.BEHIND
    assert trace[-1].facts == (("outcome", "99"),)


def test_place_alone_is_forgotten_soon(read):
    """The next car comes into view where the last one left it: far and unreadable, it is not taken for that one."""
    far = {1: {"1": 0.3, "7": 0.3}, 2: {"2": 0.3, "0": 0.3}, 4: {"B": 0.3, "H": 0.3}}
    unsure = seen(read, "H640XA75", doubt=far)

    assert affinity(unsure, known("A123BC77", age_s=0.5)) > 0.0
    assert affinity(unsure, known("A123BC77", age_s=2.5)) == 0.0


def test_a_plate_with_one_hidden_character_is_not_another_cars(read):
    """Three characters that both show beyond doubt are two cars, however little the whole of either is sure."""
    hidden = seen(read, "C548KY78", doubt={0: {"C": 0.5, "M": 0.5}})
    parked = known("Y572MX78", confidence=0.6, sure=tuple("Y572MX78"))

    assert affinity(hidden, parked) == 0.0
    assert affinity(hidden, known("Y572MX78", confidence=0.6, sure=(None,) * 8)) > 0.0


def test_place_of_a_car_that_is_gone_makes_no_plate_its_own(read):
    """A plate that could not be read holds its place while its car is in view, and no longer."""
    far = seen(read, "H640XA75", sure=0.5)

    assert affinity(far, known("116", confidence=0.3, age_s=2.0, unseen_s=0.2)) > 0.0
    assert affinity(far, known("116", confidence=0.3, age_s=2.0, unseen_s=2.0)) == 0.0
