"""What looks of one track are worth together: an effective number, no sum of guesses, no vote of those that did not see."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.plates.alphabet import PAD, UNSEEN
from core.reading import looks as looking
from core.reading.decode import decode
from core.reading.fusion import NO_READS
from core.reading.looks import SHARED, correlation, doubtful, effective
from core.reading.reading import NOTHING
from core.reading.reads import View


def fused(reads):
    fusion = NO_READS
    for one in reads:
        fusion = fusion.added(one, decode(one))
    return fusion


looks = st.lists(st.tuples(st.integers(0, 9), st.floats(30.0, 200.0), st.floats(0.05, 1.0)), min_size=1, max_size=12)


@settings(max_examples=60, deadline=None)
@given(seen=looks)
def test_many_looks_are_worth_more_than_one_and_no_more_than_what_they_do_not_share(read, seen):
    """The effective number lies between one and the sum of weights, the number of looks, and 1 / SHARED."""
    held = fused(read("A123BC77", look=look, w=w, sharpness=sharp) for look, w, sharp in seen).looks
    weights = [look.weight for look in held]
    worth = effective(held, weights)

    assert 1.0 <= worth <= max(1.0, min(sum(weights), len(held))) + 1e-9
    assert worth <= 1.0 / SHARED + 1e-9


@settings(max_examples=60, deadline=None)
@given(seen=looks, stacked=st.sets(st.integers(0, 11)), evened=st.sets(st.integers(0, 11)))
def test_there_are_no_more_pictures_than_reads(read, seen, stacked, evened):
    """A picture seen twice, also with evened contrast, is one; a stack of several is none."""
    reads = []
    for number, (look, w, sharpness) in enumerate(seen):
        one = read("A123BC77", look=look, w=w, sharpness=sharpness)
        if number in evened:
            one = replace(one, view=View.EVENED)
        if number in stacked:
            one = replace(one, stack=replace(read("A123BC77", look=number + 20), view=View.STACKED))
        reads.append(one)

    fusion = fused(reads)

    assert 1 <= fusion.pictures <= min(fusion.reads, len({look for look, _, _ in seen}))


def test_the_nearer_two_looks_the_more_they_share(read):
    """An identical picture is no second look; the less alike in look and in size, the more it is one."""
    one = fused([read("A123BC77", w=100)]).looks[0]

    assert correlation(one, one) == pytest.approx(1.0)
    alike, other = (
        replace(one, fingerprint=one.fingerprint ^ 0b111),
        replace(one, fingerprint=~one.fingerprint & (2**64 - 1)),
    )
    assert 1.0 > correlation(one, alike) > correlation(one, other) >= SHARED
    assert correlation(one, alike) > correlation(one, replace(alike, width=200.0)) >= SHARED


@pytest.mark.parametrize("count", [2, 6, 14])
def test_no_sum_of_unacceptable_looks_is_accepted(read, count):
    """Looks that all read the same and of which none is acceptable alone make no accepted plate, however many they are."""
    doubt = {2: {"2": 0.8, "7": 0.15}, 5: {"C": 0.9, "O": 0.08}}
    reads = [read("A123BC77", look=look, sure=0.985, doubt=doubt) for look in range(count)]
    reading = fused(reads).reading()

    assert not any(decode(one).accepted for one in reads)
    assert reading.text == "A123BC77"
    assert not reading.accepted
    assert not reading.witnessed


def test_one_acceptable_look_among_them_is_enough(read):
    """What the others only guess and one picture shows is told."""
    doubt = {2: {"2": 0.8, "7": 0.15}}
    reads = [read("A123BC77", look=look, sure=0.985, doubt=doubt) for look in range(3)]
    reading = fused([*reads, read("A123BC77", look=9, sure=0.999)]).reading()

    assert reading.accepted
    assert reading.witnessed


@settings(max_examples=25, deadline=None)
@given(each=st.integers(1, 7), place=st.integers(0, 7))
def test_a_place_in_which_two_values_compete_is_erased_whatever_the_sum_says(read, each, place):
    """As many sure looks for one symbol as for another leave the place untold."""
    other = "A123BC77"[:place] + ("X" if "A123BC77"[place] in "ABC" else "9") + "A123BC77"[place + 1 :]
    reads = [read(text, look=look, sure=0.999) for look in range(each) for text in ("A123BC77", other)]
    extra = read("A123BC77", look=99, sure=0.999)
    reading = fused([*reads, extra] if each > 1 else reads).reading()

    assert reading.masked[place] == UNSEEN
    assert not reading.accepted


@settings(max_examples=60, deadline=None)
@given(
    shown=st.lists(
        st.tuples(st.sampled_from(["A123BC77", "A128BC77", "A123BC777"]), st.floats(0.4, 0.9999), st.integers(30, 140)),
        min_size=1, max_size=8,
    ),
    place=st.integers(0, 8), hidden=st.floats(0.0, 0.9),
)  # fmt: skip
def test_what_is_beyond_doubt_at_a_glance_is_so_when_counted_out(read, shown, place, hidden):
    """The places passed over at a glance are places that the sum over all symbols finds nothing against."""
    reads = [
        read(
            text,
            look=look,
            w=width,
            sure=sure,
            doubt={place: {UNSEEN: hidden, "8": 1.0 - hidden}} if look % 3 == 2 else None,
        )
        for look, (text, sure, width) in enumerate(shown)
    ]
    belief = fused(reads)
    reading = belief.reading()

    glanced = doubtful(belief.looks, reading)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(looking, "_beyond_doubt", lambda *_: False)
        assert doubtful(belief.looks, reading) == glanced


def test_whether_the_plate_goes_on_may_be_what_competes(read):
    """Looks of the plate with two region digits against looks of the one with three: neither is accepted."""
    reads = [read(text, look=look, sure=0.999) for look in range(3) for text in ("A123BC77", "A123BC777")]
    assert not fused(reads).reading().accepted


def test_a_symbol_that_only_its_place_tells_does_not_compete(read):
    """`0` and `O` look alike everywhere; that is no reason to refuse."""
    doubt = {1: {"0": 0.5, "O": 0.49}}
    assert "?" not in fused(read("A023BC77", look=look, sure=0.999, doubt=doubt) for look in range(4)).reading().masked


def test_a_distant_look_does_not_see_what_the_clear_ones_did_not(read):
    """A far picture cannot tell a strap from a stroke: what near pictures did not see stays erased."""
    hidden = {2: {UNSEEN: 0.97, "2": 0.01, "7": 0.01}}
    near = [read("A123BC77", look=look, w=140, sure=0.999, doubt=hidden) for look in range(3)]
    far = read("A173BC77", look=8, w=40, sure=0.999)
    reading = fused([far, *near]).reading()

    assert reading.masked[2] == UNSEEN
    assert not reading.accepted
    assert fused([read("A123BC77", look=9, w=130, sure=0.999), *near]).reading().accepted


@pytest.mark.parametrize(("doubted", "told"), [(0.15, "?123BC77"), (0.01, "O123BC77")])
def test_what_most_looks_doubt_to_have_seen_was_half_seen(read, doubted, told):
    """Half a C is an O, and all looks agree on it: where most of them doubt to have seen the place, nobody knows it."""
    doubt = {0: {UNSEEN: doubted, "O": 0.999 - doubted}}
    reads = [read("O123BC77", look=look, sure=0.999, doubt=doubt if look else {}) for look in range(5)]
    reading = fused(reads).reading()

    assert reading.masked == told
    assert reading.accepted is ("?" not in told)


def test_a_one_is_doubted_a_little_and_told_all_the_same(read):
    """A whole 1 is as narrow as a part of most digits: what makes another character half seen leaves it seen."""
    ones = [read("A123BC77", look=look, sure=0.999, doubt={1: {UNSEEN: 0.08, "1": 0.919}}) for look in range(4)]
    twos = [read("A123BC77", look=look, sure=0.999, doubt={2: {UNSEEN: 0.08, "2": 0.919}}) for look in range(4)]

    assert fused(ones).reading().masked == "A123BC77"
    assert fused(twos).reading().masked == "A1?3BC77"


def test_a_plate_goes_on_where_most_looks_doubt_that_it_ends(read):
    """One look of many that took the edge of a cover for the end of the plate ends nothing."""
    doubt = {8: {UNSEEN: 0.06, PAD: 0.93}}
    reads = [read("A123BC77", look=look, sure=0.999, doubt=doubt if look else {}) for look in range(5)]
    reading = fused(reads).reading()

    assert reading.masked == "A123BC77?"
    assert not reading.accepted


def test_looks_that_saw_nothing_there_doubt_nothing(read):
    """A strap that hides a place from most looks leaves it to those that saw it whole."""
    hidden = [read("A123BC77", look=look, sure=0.999, doubt={2: {UNSEEN: 0.9}}) for look in range(4)]
    whole = [read("A123BC77", look=10 + look, sure=0.999) for look in range(2)]

    assert fused(hidden + whole).reading().accepted


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(6)))
def test_order_of_looks_does_not_matter(read, order):
    """Belief is a sum over pictures, not a story."""
    reads = [read("A123BC77", look=look, w=60 + 15 * look, sure=0.7 + look / 20) for look in range(6)]
    forward, other = fused(reads).reading(), fused([reads[i] for i in order]).reading()

    assert (forward.text, forward.masked, forward.accepted) == (other.text, other.masked, other.accepted)
    assert forward.confidence == pytest.approx(other.confidence)


def test_no_looks_no_reading():
    """Nothing was read, so nothing is said."""
    assert NO_READS.reading() is NOTHING
