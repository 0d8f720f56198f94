"""Decoding and fusion: the grammar is a prior, the evidence has the last word."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.plates.alphabet import ALPHABET, PAD, SLOTS, UNSEEN
from core.reading.decode import decode, decode_matrix
from core.reading.fusion import NO_READS, SURE_TOGETHER
from core.reading.reads import View
from core.reading.rows import softened, unseen


@pytest.mark.parametrize(
    "plate",
    ["A123BC77", "A123BC777", "AB12377", "TAB12377", "001CD177", "A123477", "1234AB7", "123ABC02", "01KG123ABC", "KDD4",
     "KHN991", "A123BC778", "QWZ12345"],
)  # fmt: skip
def test_clear_plate_is_read_as_it_is(read, plate):
    """What is seen clearly is reported, in any grammar, in an unlisted region, or outside all of them."""
    reading = decode(read(plate, sure=0.999))

    assert reading.text == plate
    assert reading.masked == plate
    assert reading.confidence > 0.8


@pytest.mark.parametrize(
    ("seen", "meant"), [("0123BC77", "O123BC77"), ("A1Z3BC77", "A123BC77"), ("A1238C77", "A123BC77")]
)
def test_doubles_are_told_apart_by_place(read, seen, meant):
    """0 and O, 8 and B, 2 and Z are what their place asks for."""
    assert decode(read(seen)).text == meant


def test_dirty_character_is_erased(read):
    """A character that could be two things is shown as a question mark and not accepted."""
    reading = decode(read("A123BC77", doubt={2: {"2": 0.5, "7": 0.45}}))

    assert reading.masked == "A1?3BC77"
    assert not reading.accepted
    assert {candidate.plate for candidate in reading.candidates[:2]} == {"A123BC77", "A173BC77"}


def test_region_list_settles_a_doubt_but_not_evidence(read):
    """Of two likely codes the one in use wins; a code clearly seen is kept though nobody has listed it."""
    assert decode(read("A123BC777", doubt={7: {"7": 0.4, "3": 0.5}})).text == "A123BC777"
    assert decode(read("A123BC738", sure=0.999)).text == "A123BC738"


def test_look_of_the_plate_names_its_format(read):
    """The format head tells the military plate from the tractor's."""
    assert decode(read("1234AB77", formats=(("ru_5", 0.95), ("ru_3", 0.03)))).format == "ru_5"


def test_plate_without_its_region_is_not_accepted(read):
    """Six characters of a Russian plate are no plate of a neighbour."""
    assert not decode(read("A123BC", sure=0.999)).accepted


@pytest.mark.parametrize("number", ["8800555353", "0123477", "1234567", "8812345", "80018899"])
def test_phone_number_is_not_accepted(read, number):
    """Digits from a signboard are no plate, though some grammar would have a letter for one of them."""
    assert not decode(read(number, sure=0.9999)).accepted
    assert not decode(read(number, sure=0.9999, formats=(("ru_20", 0.3), ("eu", 0.2)))).accepted


@pytest.mark.parametrize(
    ("part", "look"),
    [("1234AB7", "ru_5"), ("123BC77", "ru_1"), ("A123BC", "ru_1"), ("E123BC7", "ru_1")],
)
def test_part_of_a_plate_is_no_plate_of_a_neighbour(read, part, look):
    """A text that is whole under another country's grammar is not accepted while the plate looks like its own kind."""
    assert not decode(read(part, sure=0.9999, formats=((look, 0.97), ("by_car", 0.01), ("am", 0.01)))).accepted


def test_the_shape_of_a_russian_plate_without_its_region_needs_a_sure_look(read):
    """Six characters that could be the better half of a Russian plate are a Kazakh one only where it clearly looks so."""
    for russian, kazakh in ((0.6, 0.3), (0.2, 0.7)):
        look = (("ru_1", russian), ("kz_1993", kazakh))
        assert not decode(read("A123BC", sure=0.9999, formats=look)).accepted
    assert decode(read("A123BC", sure=0.9999, formats=(("kz_1993", 0.97),))).accepted


def test_a_neighbour_s_plate_that_looks_like_one_is_accepted(read):
    """Where text and look agree a foreign plate is a plate."""
    reading = decode(read("1234AB7", sure=0.999, formats=(("by_car", 0.9), ("ru_5", 0.05))))

    assert reading.accepted
    assert (reading.country, reading.display) == ("BY", "1234AB7")


@pytest.mark.parametrize("text", ["A", "AB", "AB1"])
def test_nothing_is_put_where_nothing_was_seen(read, text):
    """A text too short for any plate is reported as it is."""
    assert decode(read(text, sure=0.999)).text == text


def test_nothing_read(read):
    """All padding is no plate."""
    assert decode(read("")).text == ""
    assert decode_matrix(softened(())).confidence == 0.0


@given(
    st.lists(st.lists(st.floats() | st.sampled_from([0.0, 1.0]), max_size=6), max_size=SLOTS + 1),
    st.lists(st.tuples(st.sampled_from(["ru_1", "nonsense"]), st.floats(0, 1)), max_size=2),
)
@settings(max_examples=30, deadline=None)
def test_decoding_is_total(rows, formats):
    """Whatever numbers come out of a network, decoding answers."""
    reading = decode_matrix(softened(rows), formats)

    assert 0.0 <= reading.confidence <= 1.0
    assert len(reading.slots) == len(reading.text)


def noisy(text: str, rng: random.Random, *, error: float):
    """A frame's answer: each slot right most of the time, else leaning to another symbol; at times a lost last one."""
    if rng.random() < error / 2:
        text = text[:-1]
    rows = []
    for place in range(SLOTS):
        truth = ALPHABET.index(text[place] if place < len(text) else PAD)
        other = rng.randrange(len(ALPHABET) - 1)  # what was seen wrong was seen
        lean = rng.uniform(0.5, 0.95) if rng.random() < error else rng.uniform(0.0, 0.2)
        row = [0.05 / len(ALPHABET)] * len(ALPHABET)
        row[other] += 0.95 * lean
        row[truth] += 0.95 * (1 - lean)
        rows.append(tuple(row))
    return tuple(rows)


def test_fusion_beats_the_best_single_frame(read):
    """Over many noisy visits the fused read is right more often than the surest frame of each."""
    rng = random.Random(5)
    fused_right = single_right = 0
    for visit in range(50):
        text = f"{rng.choice('ABEKMHOPCTYX')}{rng.randrange(1000):03d}{rng.choice('ABEKMHOPCTYX')}{rng.choice('ABEKMHOPCTYX')}{rng.choice(['77', '777', '199', '50'])}"
        fusion = NO_READS
        singles = []
        for frame in range(5):
            base = read(text, look=visit * 100 + frame)
            one = type(base)(noisy(text, rng, error=0.22), (), base.box, base.corners, 0.9, 0.8, rng.getrandbits(64))
            own = decode(one)
            singles.append(own)
            fusion = fusion.added(one, own)
        single_right += max(singles, key=lambda own: own.confidence).text == text
        fused_right += fusion.reading().text == text

    assert fused_right > single_right
    assert fused_right >= 45


def test_near_identical_frames_are_one_piece_of_evidence(read):
    """Twenty pictures of the same dirt are no surer than one."""
    doubtful = read("A123BC77", sure=0.9, doubt={2: {"2": 0.7, "7": 0.2}})
    own = decode(doubtful)
    one = NO_READS.added(doubtful, own)
    many = one
    for _ in range(20):
        many = many.added(doubtful, own)

    assert many.reading().confidence == one.reading().confidence
    assert many.reads == 21
    assert many.supporters("A123BC77") == 1


def test_two_views_of_one_picture_correct_each_other_and_count_once(read):
    """What one view of a picture doubts the other may tell, but both together are one picture."""
    plain = read("A123BC77", sure=0.9, doubt={2: {"2": 0.4, "7": 0.5}})
    evened = replace(read("A123BC77", sure=0.95), view=View.EVENED)
    fusion = NO_READS
    for view in (plain, evened, plain, evened):
        fusion = fusion.added(view, decode(view))

    assert decode(plain).text == "A173BC77"
    assert fusion.reading().text == "A123BC77"
    assert len(fusion.looks) == 2
    agreeing = NO_READS
    for view in (replace(evened, view=View.PLAIN), evened):
        agreeing = agreeing.added(view, decode(view))
    assert agreeing.supporters("A123BC77") == 1


def test_a_stack_tells_what_its_pictures_doubt(read):
    """A picture read again together with those before it counts beside its own read, in the sum and as a witness."""
    doubted = read("A123BC77", sure=0.75, doubt={2: {"2": 0.5, "7": 0.4}})
    laid = replace(read("A123BC77", sure=0.995), view=View.STACKED)
    alone, together = (NO_READS.added(one, decode(one)) for one in (doubted, replace(doubted, stack=laid)))

    assert not alone.reading().accepted
    assert together.reading().accepted
    assert (alone.reads, together.reads) == (1, 1)


def test_what_had_to_be_stacked_is_believed_only_where_all_of_it_is_sure(read):
    """A stack that one may accept opens nothing while its pictures say together that they doubt."""
    doubted = read("A123BC77", sure=0.7, doubt={2: {"2": 0.3, "7": 0.65}})
    laid = replace(read("A123BC77", sure=0.96), view=View.STACKED)
    reading = NO_READS.added(one := replace(doubted, stack=laid), decode(one)).reading()

    assert decode(laid).accepted
    assert reading.confidence < SURE_TOGETHER
    assert not reading.accepted


def test_stacks_share_their_pictures(read):
    """However many stacks read alike, together they are one supporter, and no picture that came again."""
    fusion = NO_READS
    for look in range(6):
        doubted = read("A128BC77", look=look)
        fusion = fusion.added(
            replace(doubted, stack=replace(read("A123BC77", look=look), view=View.STACKED)), decode(doubted)
        )

    assert fusion.supporters("A123BC77") == 1
    assert not fusion.repeated("A123BC77")


def test_outlier_frame_does_not_win(read):
    """One sure frame of something else does not outweigh four that agree."""
    fusion = NO_READS
    for look in range(4):
        one = read("A123BC77", look=look, sure=0.8)
        fusion = fusion.added(one, decode(one))
    odd = read("K999KK99", look=9, sure=0.999)
    fusion = fusion.added(odd, decode(odd))

    assert fusion.reading().text == "A123BC77"


def test_lost_region_digit_is_found_again(read):
    """Frames that lost the last digit of 799 do not outvote those that saw it."""
    fusion = NO_READS
    for look, text in enumerate(["A123BC79", "A123BC799", "A123BC799"]):
        one = read(text, look=look, sure=0.9)
        fusion = fusion.added(one, decode(one))

    assert fusion.reading().text == "A123BC799"


def test_clear_pictures_are_heard_after_many_of_mud(read):
    """However many large pictures read as nothing, smaller ones that read well have the word."""
    fusion = NO_READS
    for look in range(24):
        mud = read("1162", look=look, w=120, sure=0.3)
        fusion = fusion.added(mud, decode(mud))
    for look in range(24):
        clear = read("C317OY50", look=look, w=80)
        fusion = fusion.added(clear, decode(clear))

    assert fusion.reading().text == "C317OY50"
    assert fusion.reading().accepted


def test_order_of_frames_does_not_matter(read):
    """Fusion is a sum."""
    frames = [read("A123BC77", look=look, sure=0.7 + look / 50) for look in range(6)]
    forward = backward = NO_READS
    for one in frames:
        forward = forward.added(one, decode(one))
    for one in reversed(frames):
        backward = backward.added(one, decode(one))

    assert forward.reading().text == backward.reading().text
    assert forward.reading().confidence == pytest.approx(backward.reading().confidence)


def test_a_letter_that_names_no_area_is_reported_as_seen(read):
    """The list of area letters is a prior: what is clearly seen is told all the same, as no plate of that kind."""
    reading = decode(read("Q799ACC", sure=0.9999))

    assert reading.text == "Q799ACC"
    assert reading.format != "kz_1993"
    assert decode(read("X799ACC", sure=0.9999)).format == "kz_1993"


@pytest.mark.parametrize("place", range(8))
def test_a_character_that_nobody_saw_is_erased_though_the_list_of_regions_would_tell_it(read, place):
    """What was not seen is shown as `?` and its plate is not accepted, wherever it stands."""
    reading = decode(read("A123BC77", sure=0.9999, doubt={place: {UNSEEN: 0.95, "A123BC77"[place]: 0.04}}))

    assert reading.masked[place] == UNSEEN
    assert reading.masked.replace(UNSEEN, "") == "A123BC77"[:place] + "A123BC77"[place + 1 :]
    assert not reading.accepted


def test_a_plate_does_not_end_where_the_next_place_was_not_seen(read):
    """With room for a third region digit that nobody saw, the plate of eight characters is one of eleven."""
    reading = decode(read("A123BC77", sure=0.9999, doubt={8: {UNSEEN: 0.95, PAD: 0.04}}))

    assert reading.masked == "A123BC77?"
    assert not reading.accepted
    assert reading.erasures == 1


def test_looks_that_did_not_see_a_character_do_not_outvote_the_one_that_did(read):
    """Not having seen is no evidence, however often it is repeated; one that saw is enough to know."""
    fusion = NO_READS
    for look in range(6):
        hidden = read("A123BC77", look=look, doubt={2: {UNSEEN: 0.98}})
        fusion = fusion.added(hidden, decode(hidden))
    assert fusion.reading().masked == "A1?3BC77"
    assert unseen(fusion._matrix()[2]) > 0.9
    seen = read("A123BC77", look=99)
    fusion = fusion.added(seen, decode(seen))

    assert fusion.reading().masked == "A123BC77"


@pytest.mark.parametrize(("doubted", "accepted"), [(0.2, False), (0.05, True)])
def test_a_place_that_one_look_doubts_to_have_seen_is_told_and_not_accepted(read, doubted, accepted):
    """Between seen and erased: the character is told, and nothing is let in on it."""
    reading = decode(read("A123BC77", sure=0.9999, doubt={2: {UNSEEN: doubted, "2": 0.9999 - doubted}}))

    assert (reading.masked, reading.accepted) == ("A123BC77", accepted)


def test_a_plate_does_not_end_before_a_character_that_was_seen(read):
    """What no layout has room for is not cut off: VS 400106 is no VS 40010, however well that fits a grammar."""
    reading = decode(read("VS400106", sure=0.9999, formats=(("eu", 0.98),)))

    assert not reading.accepted
    assert reading.masked != reading.text


def test_a_reader_without_the_column_has_seen_everything():
    """Rows from before `UNSEEN` say of no place that it was not seen."""
    rows = [[1.0 if symbol == "A" else 0.0 for symbol in ALPHABET.removesuffix(UNSEEN)]]

    assert unseen(softened(rows)[0]) < 1e-4


def test_a_letter_that_no_layout_has_is_an_unknown_character_not_its_look_alike(read):
    """A Д painted on a Russian plate is no A, however few else could stand there."""
    reading = decode(read("A123BC77", sure=0.9999, doubt={0: {"Д": 0.9, "A": 0.08}}, formats=(("ru_1", 0.99),)))

    assert reading.masked == "?123BC77"
    assert not reading.accepted


def test_a_plate_of_a_kind_not_known_is_shown_and_accepted_as_none(read):
    """A text that some grammar has is not that plate where the look is of none."""
    look = (("unknown", 0.8), ("az", 0.15))
    reading = decode(read("AQ00301", sure=0.9999, formats=look))

    assert (reading.text, reading.format, reading.country) == ("AQ00301", None, None)
    assert not reading.accepted
    assert decode(read("AQ00301", sure=0.9999, formats=(("eu", 0.95),))).accepted


def test_a_text_that_its_own_kind_cannot_have_is_no_plate(read):
    """What is left of a Russian plate behind a strap is unreadable, not a plate with that text."""
    assert decode(read("4PY777", sure=0.9999, formats=(("ru_1", 0.98),))).confidence < 0.1
    assert decode(read("4PY777", sure=0.9999, formats=(("unknown", 0.98),))).confidence > 0.2
