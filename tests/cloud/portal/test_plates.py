"""Plates as typed: one canonical form with the gate, shown in the script that was typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.plates import PlateInvalid, read_plate, show_plate, split_region
from core.plates.canonical import PlateInvalid as EdgePlateInvalid
from core.plates.canonical import canonical
from core.plates.formats import FORMATS

SIGNS = "ABEKMHOPCTYXАВЕКМНОРСТУХабвехQZЖі0123456789 -.№"


@given(st.text(alphabet=SIGNS, max_size=40))
def test_the_portal_and_the_gate_agree(typed):
    """What the portal stores is exactly what the gate compares, and both refuse the same text."""
    try:
        expected = canonical(typed)
    except EdgePlateInvalid:
        expected = None
    try:
        found = read_plate(typed).canonical
    except PlateInvalid:
        found = None

    assert expected == found


@pytest.mark.parametrize(
    ("typed", "shown"),
    [("a777aa999", "A777AA999"), ("а 777 аа 999", "А777АА999"), ("A777аа999", "А777АА999"), ("1234 AB-7", "1234AB7")],
)
def test_a_plate_is_shown_as_typed(typed, shown):
    """A plate is shown without spaces, in the one script that was typed; in Cyrillic when both were mixed."""
    assert shown == read_plate(typed).display


@pytest.mark.parametrize(
    ("display", "parts"),
    [
        ("А777АА999", ("А777АА", "999")), ("A777AA77", ("A777AA", "77")), ("ВЕ123477", ("ВЕ1234", "77")),
        ("1234АВ50", ("1234АВ", "50")), ("1234AB7", ("1234AB7", "")), ("001D00477", ("001D004", "77")),
        ("УВ241577", ("УВ2415", "77")), ("АВ123177", ("АВ123177", "")),
    ],
)  # fmt: skip
def test_the_region_stands_apart(display, parts):
    """A Russian plate is drawn with its region apart; the parts joined are the plate."""
    assert parts == split_region(display)


RUSSIAN = [f for f in FORMATS.values() if f.country == "RU" and f.id != "ru_dpr"]  # issued until 2023: worth a look


@pytest.mark.parametrize("plate_format", RUSSIAN, ids=lambda f: f.id)
def test_russian_formats_are_known(plate_format):
    """Every Russian format that the gate reads is filed without the warning about unusual plates."""
    for pattern in plate_format.patterns:
        text = "".join({"L": "A", "D": "1", "R": "7"}.get(slot, slot.upper()) for slot in pattern)

        assert read_plate(text).russian, text


def test_a_read_plate_is_shown_in_cyrillic():
    """What a camera read is shown as the people of the territory write it."""
    assert ("А123ВС77", "1234AB7") == (show_plate("A123BC77"), show_plate("1234AB7"))


def test_a_read_plate_is_split_as_the_gate_read_it():
    """The event's format says where the region begins, as on the gate's own pages."""
    assert ("АВ123", "177") == split_region(show_plate("AB123177", "ru_1b"), "ru_1b")
    assert ("АВ1231", "77") == split_region(show_plate("AB123177", "ru_2"), "ru_2")
