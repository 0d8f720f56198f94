"""What a list costs: the sum against a count of every neighbour, its odds for one reading, and that it never names a plate."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.decision.decide import judge
from core.passes.pass_list import Pass, PassList
from core.passes.risk import list_risk, stranger_chance
from core.passes.traffic import KIN_SHARE, LISTED_SHARE, anywhere, changed, kin, kind_of, symbols_at
from core.plates.alphabet import DIGITS
from core.plates.formats import RU_LETTERS
from core.reading.confusions import MEASURED
from core.reading.decode import decode
from core.rules.policy import Direction, Policy

letters, digits = st.sampled_from("AMH"), st.sampled_from("018")
plates = st.builds(
    "".join, st.tuples(letters, digits, digits, digits, letters, letters, st.sampled_from(["77", "777", "50"]))
)
lists = st.lists(plates, max_size=12, unique=True)


@pytest.mark.parametrize(
    ("plate", "kind"),
    [("A123BC77", "ldddll77"), ("A123BC777", "ldddll777"), ("1234AB7", "ddddlld"), ("123ABD02", "dddwww02"), ("A123BC", "ldddll")],
)  # fmt: skip
def test_kinds(plate, kind):
    """Letters that stand on Russian plates, other letters, digits, and the region code where there is one."""
    assert kind_of(plate) == kind


def counted(admitted, closed):
    """`list_risk(...).in_all`, neighbour by neighbour."""
    listed = [*admitted, *closed]
    if not listed:
        return 0.0
    kinds = PassList(Pass(p, p) for p in listed).kinds
    unlisted = 1 - LISTED_SHARE
    strangers = unlisted + LISTED_SHARE * len(closed) / len(listed)
    total = 0.0
    for plate in admitted:
        for place in range(len(plate)):
            symbols = symbols_at(kind_of(plate), place)
            row = 1 + sum(other in listed for other in changed(plate, place, symbols))
            for other in changed(plate, place, symbols):
                if other in admitted:
                    continue
                if other in closed:
                    comes = LISTED_SHARE / len(listed)
                else:
                    far = anywhere(kind_of(other), kinds, len(listed))
                    comes = unlisted * (
                        (1 - KIN_SHARE) * far + KIN_SHARE * kin(row, len(symbols), len(listed), len(plate))
                    )
                total += comes / strangers * MEASURED.opens(other[place], plate[place], len(plate))
        for digit in DIGITS if len(plate) == 8 else "":
            longer = plate + digit
            if longer in admitted:
                continue
            comes = (
                LISTED_SHARE / len(listed)
                if longer in closed
                else (1 - LISTED_SHARE) * (1 - KIN_SHARE) * anywhere(kind_of(longer), kinds, len(listed))
            )
            total += comes / strangers * MEASURED.loses_last(9)
    return total


@settings(max_examples=40, deadline=None)
@given(admitted=lists, closed=lists)
def test_the_index_finds_what_counting_every_neighbour_finds(admitted, closed):
    """The sum over the index is the sum over all neighbours, and that of the passes."""
    closed = [plate for plate in closed if plate not in admitted]
    risk = list_risk(admitted, closed, MEASURED)

    assert risk.in_all == pytest.approx(counted(admitted, closed))
    assert 0.0 <= risk.near_by_kin <= risk.in_all + 1e-15
    if len(admitted) <= 10:
        assert sum(chance for _, chance in risk.by_pass) == pytest.approx(risk.in_all)


@settings(max_examples=20, deadline=None)
@given(admitted=lists, closed=lists, data=st.data())
def test_order_of_the_list_does_not_matter_for_its_risk(admitted, closed, data):
    """The same plates in any order give the same answer, pairs and all."""
    shuffled = data.draw(st.permutations(admitted))
    assert list_risk(admitted, closed, MEASURED) == list_risk(shuffled, closed, MEASURED)


def test_a_blocked_neighbour_is_the_worst_pair():
    """A car that is known here and may not enter comes far more often than one from anywhere."""
    scattered = [f"{a}{n}BC77" for a, n in zip(RU_LETTERS, range(100, 960, 73), strict=False)]
    alone, beside = list_risk(scattered, [], MEASURED), list_risk(scattered, ["M100BC77", "H111BC77"], MEASURED)

    assert beside.in_all > 10 * alone.in_all
    assert (beside.pairs[0].stranger, beside.pairs[0].admitted) == ("M100BC77", "A100BC77")
    assert beside.pairs[0].listed


def test_an_empty_list_costs_nothing():
    """Nobody is admitted, so nobody is by mistake."""
    assert list_risk([], ["A123BC77"], MEASURED).in_all == 0.0


def reading_of(read):
    return decode(read("A123BC77", doubt={3: {"3": 0.8, "8": 0.15}}))


def listed(*plates):
    return PassList(Pass(plate, plate) for plate in plates)


def test_the_odds_are_this_lists_odds(read):
    """A stranger is likelier where the plate stands in a row of the list, and where the list is long."""
    alone = stranger_chance(reading_of(read), listed("A123BC77"))
    row = stranger_chance(reading_of(read), listed("A123BC77", "A124BC77", "A125BC77", "A126BC77", "A127BC77"))
    long = stranger_chance(reading_of(read), listed("A123BC77", *(f"M{n:03d}HT50" for n in range(0, 1000, 3))))

    assert 0.0 < alone < long < 1.0
    assert alone < row < 1.0
    assert row > 10 * alone


@settings(max_examples=40, deadline=None)
@given(on_list=lists, doubt=st.floats(0.05, 0.9), place=st.integers(0, 7), near=st.booleans())
def test_the_list_never_changes_what_was_read(read, instant, on_list, doubt, place, near):
    """Whatever is on the list, the plate named is the one read, or none; and it opens only for one that is on it."""
    symbol = "A101MH77"[place]
    other = "M" if symbol in "AMH" else "8"
    if symbol == other:
        other = "H" if other == "M" else "0"
    reading = decode(read("A101MH77", doubt={place: {symbol: 1 - doubt, other: doubt}}))
    judgement = judge(
        reading, listed(*on_list), instant(0), direction=Direction.ENTRY, policy=Policy(false_open_budget=0.05), near=near
    )  # fmt: skip

    assert judgement.plate in {None, reading.text}
    assert not judgement.opens or (judgement.plate in on_list and judgement.item.plate == reading.text)
