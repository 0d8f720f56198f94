"""Warnings about a plate somebody filed that is possible, but whose pass would never open.

A doubt is not a refusal: plates come from everywhere, and a new series may start tomorrow.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product

from core.plates.alphabet import ALPHABET, SLOTS
from core.plates.canonical import display
from core.plates.formats import FORMATS, PlateFormat, lacks_region, region_span
from core.plates.regions import REGIONS
from core.words.language import say

TWINS = {"O": "0", "0": "O", "З": "3", "3": "З", "I": "1", "1": "I", "B": "8", "8": "B", "Б": "6", "Ч": "4"}
"""Letters and digits that people type for each other."""
LIKELIER = 50.0
"""How much more common the plate with O and 0 exchanged must be to be suggested for one that is valid itself.
`0777OO77` is a motorcycle's plate, but nearly always a mistyped O777OO77 of a car."""
MOST_TWINS = 3
_COMMONEST = sum(plate_format.weight for plate_format in FORMATS.values() if plate_format.country == "RU")
"""The highest weight a plate can have."""
_NOUGHT = re.compile(r"[ABEKMHOPCTYX]000[ABEKMHOPCTYX]{2}\d{2,3}")


@dataclass(frozen=True, slots=True)
class Doubt:
    """One thing that makes a pass worthless. `text` is a key of the catalogue."""

    text: str
    facts: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return say(self.text, **self.facts)


def doubt(plate: str) -> Doubt | None:
    """Why a pass for the canonical `plate` would hardly ever open; None if the plate is in order."""
    never = never_read(plate)
    if never is not None:
        return never
    fits = list(_fits(plate))
    weight = sum(kind.weight for kind, _ in fits)
    # This is asked of thousands of rows at once, and hardly any has a twin that much more common than itself.
    likely = _likeliest(plate) if LIKELIER * weight < _COMMONEST else None
    if not fits:
        if likely:
            return Doubt("номеров такого вида не бывает; похоже на {plate}", {"plate": display(likely)})
        return Doubt("номеров такого вида шлагбаум не знает")
    code = _impossible_region(plate, fits)
    if code is not None and not code.strip("0"):
        return Doubt("кода региона {region} не бывает", {"region": code})
    if code is not None:
        meant = display(plate.removesuffix(code) + code.lstrip("0"))
        return Doubt("кода региона {region} не бывает; похоже на {plate}", {"region": code, "plate": meant})
    if likely and _weight(likely) > LIKELIER * weight and plate.replace("0", "O") == likely.replace("0", "O"):
        return Doubt("похоже на {plate}: буква О и ноль на номере различаются", {"plate": display(likely)})
    if lacks_region(plate):
        return Doubt("без кода региона российский номер не откроет")
    if (code := _unlisted_region(plate, fits)) is not None:
        return Doubt("кода региона {region} нет в списке", {"region": code})
    return Doubt("номера 000 не бывает") if _NOUGHT.fullmatch(plate) else None


def never_read(plate: str) -> Doubt | None:
    """Why no camera can ever read the canonical `plate`; None if one can, however unlikely the plate is."""
    if len(plate) > SLOTS:
        begun = next((plate[:n] for n in (9, 8) if doubt(plate[:n]) is None), None)
        if begun is None:
            return Doubt("камера не прочитает больше {most} знаков номера", {"most": SLOTS})
        facts = {"most": SLOTS, "plate": display(begun)}
        return Doubt("камера не прочитает больше {most} знаков номера; похоже на {plate}", facts)
    odd = next((char for char in plate if char not in ALPHABET), None)
    return None if odd is None else Doubt("знака {char} камера не знает", {"char": odd})


def _fits(plate: str) -> Iterator[tuple[PlateFormat, str]]:
    for plate_format in FORMATS.values():
        pattern = plate_format.match(plate)
        if pattern is not None:
            yield plate_format, pattern


def _unlisted_region(plate: str, fits: list[tuple[PlateFormat, str]]) -> str | None:
    """The region code, if the plate can only be Russian and its code is on no list."""
    codes = _russian_codes(plate, fits)
    return min(code for code in codes if code) if codes and None not in codes and not codes & REGIONS["ru"] else None


def _weight(plate: str) -> float:
    return sum(plate_format.weight for plate_format, _ in _fits(plate))


def _likeliest(plate: str) -> str | None:
    """The most common Russian plate with a region in use that `plate` becomes by exchanging look-alikes."""
    places = [place for place, char in enumerate(plate) if char in TWINS]
    found: dict[str, float] = {}
    for choice in product((False, True), repeat=len(places)):
        if not 0 < sum(choice) <= MOST_TWINS:
            continue
        chars = list(plate)
        for place, other in zip(places, choice, strict=True):
            chars[place] = TWINS[chars[place]] if other else chars[place]
        text = "".join(chars)
        known = [
            kind for kind, pattern in _fits(text) if kind.country == "RU" and _code(text, pattern) in REGIONS["ru"]
        ]
        if known:
            found[text] = sum(kind.weight for kind in known)
    return max(found, key=lambda text: found[text]) if found else None


def _impossible_region(plate: str, fits: list[tuple[PlateFormat, str]]) -> str | None:
    """The region code of a Russian plate, if no such code can exist (`077`, `00`); None if it can.

    Of two, the shorter: both are wrong, and each run of the program must name the same one.
    """
    codes = _russian_codes(plate, fits)
    bad = {code for code in codes if code is not None and (not code.strip("0") or (len(code) == 3 and code[0] == "0"))}
    return min(bad, key=len) if bad and bad == codes else None


def _russian_codes(plate: str, fits: list[tuple[PlateFormat, str]]) -> set[str | None]:
    """Its region code by each kind that it fits; None for a foreign kind, or one without a region."""
    return {_code(plate, pattern) if kind.country == "RU" else None for kind, pattern in fits}


def _code(plate: str, pattern: str) -> str | None:
    span = region_span(pattern)
    return plate[slice(*span)] if span is not None else None
