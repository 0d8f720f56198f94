"""Which plates are doubted, and that plates in order are not."""

from __future__ import annotations

import pytest

from core.plates.doubts import doubt
from core.plates.formats import FORMATS


@pytest.mark.parametrize(
    ("plate", "meant"),
    [("A7O7AA77", "А 707 АА 77"), ("0777OO77", "О 777 ОО 77"), ("A777AA077", "А 777 АА 77"), ("A777AA1999", None),
     ("A777AA00", None), ("A777AA", None), ("ABCDEFGHIJKL", None), ("Ё123ЖЖ77", None)],
)  # fmt: skip
def test_what_never_matches_is_doubted(plate: str, meant: str | None) -> None:
    """Letters for digits, regions there cannot be, plates of no kind; with what was meant where that is plain."""
    found = doubt(plate)
    assert found is not None
    assert found.facts.get("plate") == meant


def test_of_two_impossible_regions_the_same_one_is_named_in_every_run() -> None:
    """A trailer of region 00 or a taxi of region 000: the shorter, whatever the order of a set."""
    assert "кода региона 00 не бывает" == str(doubt("AB123000"))


@pytest.mark.parametrize("plate_format", FORMATS.values(), ids=lambda plate_format: plate_format.id)
def test_a_plate_of_a_known_kind_is_not_doubted(plate_format) -> None:
    """A whole plate of any kind the gate reads is in order, but where it looks like a Russian one without its region."""
    for pattern in plate_format.patterns:
        region = {2: "77", 3: "177"}.get(pattern.count("R"), "")
        text = "".join({"R": ""}.get(slot, plate_format.symbols(slot)[-2 if slot in "LAD" else -1]) for slot in pattern)
        at = pattern.find("R")
        plate = text if at < 0 else text[:at] + region + text[at:]
        found = doubt(plate)
        assert found is None or found.text.startswith("без кода региона"), (plate, str(found))
