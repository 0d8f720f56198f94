"""The canonical form of plates, the formats and the region codes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.plates.alphabet import ALPHABET, SLOTS
from core.plates.canonical import MAX_INPUT, PlateInvalid, canonical, display, is_canonical, parts
from core.plates.formats import FORMATS, region_span
from core.plates.regions import REGIONS


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("а123вс77", "A123BC77"),
        ("A 123 BC 777", "A123BC777"),
        (" А-123-ВС\u00a077 ", "A123BC77"),
        ("авекмнорстух", "ABEKMHOPCTYX"),
        ("АВЕКМНОРСТУХ", "ABEKMHOPCTYX"),
        ("АІ 1234 ВС", "AI1234BC"),
        ("1234 AB-7", "1234AB7"),
        ("д 1234 мо", "Д1234MO"),
        ("khn991", "KHN991"),
    ],
)
def test_canonical(typed, expected):
    """Look-alikes, case and separators make no difference."""
    assert canonical(typed) == expected


@pytest.mark.parametrize("typed", ["", "   ", "A", "A123BC77!", "A" * 13, " " * (MAX_INPUT + 1), "a\x00b12", "日本12"])
def test_bad_text_is_refused_by_name(typed):
    """What cannot be a plate is a named error with the text in it, also for control characters."""
    with pytest.raises(PlateInvalid) as caught:
        canonical(typed)

    assert caught.value.exit_code == 2
    assert str(caught.value).isprintable()


@given(st.text(max_size=40))
def test_canonical_is_idempotent_and_total(text):
    """Any text is either refused by name or becomes a form that stays as it is."""
    try:
        plate = canonical(text)
    except PlateInvalid:
        return

    assert canonical(plate) == plate
    assert is_canonical(plate)
    assert canonical(display(plate)) == plate


@pytest.mark.parametrize(
    ("plate", "expected"),
    [
        ("A123BC77", "А 123 ВС 77"),
        ("AB12377", "АВ 123 77"),
        ("TAB12377", "Т АВ 123 77"),
        ("001CD177", "001 CD 1 77"),
        ("YB241577", "УВ 2415 77"),
        ("001D00477", "001 D 004 77"),
        ("001D00177", "001 D 001 77"),
        ("KHN991", "KHN991"),
    ],
)
def test_display(plate, expected):
    """Russian plates are shown in Cyrillic with the region apart, others as they are."""
    assert display(plate) == expected


@pytest.mark.parametrize(
    ("read_as", "expected"),
    [("ru_1b", "АВ 123 177"), ("ru_2", "АВ 1231 77"), (None, "АВ 123177"), ("az", "АВ 123177"), ("eu", "АВ 123177")],
)
def test_a_plate_is_split_as_it_was_read(read_as, expected):
    """What the plate looked like says where its region begins; where nobody knows it is not guessed."""
    assert display("AB123177", read_as=read_as) == expected


def test_a_foreign_plate_is_not_split_as_a_russian_one():
    """A plate of Abkhazia has the grammar of a Russian one in part; read as what it is, it stays as it is."""
    assert display("A123BC777", read_as="ru_1") == "А 123 ВС 777"
    assert display("01A123BC", read_as="uz_private") == "01A123BC"


@pytest.mark.parametrize("plate_format", FORMATS.values(), ids=lambda plate_format: plate_format.id)
def test_what_is_shown_is_the_plate(plate_format):
    """However a plate is written out, no character of it is lost or moved, and its region is the format's."""
    for pattern in plate_format.patterns:
        sample = "".join(plate_format.symbols(slot)[-1] for slot in pattern)
        shown = parts(sample, read_as=plate_format.id)

        assert canonical(str(shown)) == sample
        span = region_span(pattern) if plate_format.country == "RU" else None
        assert shown.region == (sample[slice(*span)] if span else "")


@pytest.mark.parametrize("typed", ["А777АА 99 RUS", "a777aa99rus", "А 777 АА 99 РУС", "A777AA99 RU"])
def test_the_country_under_the_region_is_no_part_of_the_plate(typed):
    """RUS is printed on the plate and typed with it; no camera reads it."""
    assert canonical(typed) == "A777AA99"


def test_a_foreign_plate_that_ends_like_the_country_keeps_its_letters():
    """Only a whole Russian plate has RUS after it."""
    assert canonical("123 RUS") == "123RUS"


def test_display_of_a_foreign_plate_is_as_typed():
    """What a resident typed for a foreign plate is shown again."""
    assert display("1234AB7", typed=" 1234 AB-7 ") == "1234 AB-7"


@pytest.mark.parametrize("plate_format", FORMATS.values(), ids=lambda plate_format: plate_format.id)
def test_every_format_can_be_read(plate_format):
    """A format's plates fit the reader's slots and alphabet, its two-line break lies inside, its region list exists."""
    for pattern in plate_format.patterns:
        assert 4 <= len(pattern) <= SLOTS
        assert plate_format.top < len(pattern)
        assert all(symbol in ALPHABET for slot in pattern for symbol in plate_format.symbols(slot))
        sample = "".join(plate_format.symbols(slot)[-1] for slot in pattern)
        assert plate_format.match(sample) is not None
        assert is_canonical(sample)
        if region_span(pattern) is not None:
            assert plate_format.regions in REGIONS


@pytest.mark.parametrize(
    ("plate", "format_id"),
    [
        ("A123BC77", "ru_1"), ("AB123777", "ru_1b"), ("AB123477", "ru_2"), ("1234AB77", "ru_3"), ("001D00177", "ru_10d"),
        ("AB123C77", "ru_15"), ("A123477", "ru_20"), ("1234AB7", "by_car"), ("123ABC02", "kz_2012"),
        ("01KG123ABC", "kg_2016"), ("01A123BC", "uz_private"), ("AB1234AG", "tm"), ("AA1234BB", "ua_2004"),
    ],
)  # fmt: skip
def test_format_of_a_plate(plate, format_id):
    """Known plates follow the grammar of their kind."""
    assert FORMATS[format_id].match(plate) is not None


@pytest.mark.parametrize("code", ["77", "177", "199", "777", "799", "977", "750", "790", "716", "702", "180", "184"])
def test_regions_in_use_are_listed(code):
    """The codes one meets on the road are in the list."""
    assert code in REGIONS["ru"]
