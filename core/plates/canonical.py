"""The canonical form of a plate: the form that is compared, stored and looked up.

Upper case, no spaces or dashes, Cyrillic letters replaced by their Latin look-alikes, so that `а 123 вс 77` from a
resident's keyboard and `A123BC77` from the reader are one plate. Letters without a twin (Soviet plates) stay Cyrillic.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from core.errors import GateError
from core.plates.alphabet import CYRILLIC_ONLY, DIGITS, LATIN
from core.plates.formats import FORMATS, PlateFormat, region_span
from core.plates.regions import REGIONS, priors
from core.words.language import quoted, say

MAX_INPUT = 32
"""Most characters a person may type for one plate, separators included."""
MIN_LENGTH = 2
MAX_LENGTH = 12
SETTLED = 5.0
"""Odds from which a plate of unknown format is split like the likelier one. `001D00177` is a diplomat's car of region
77, not one of the few motorcycles of 177; but `AB123177` is as often one kind as the other."""

_TWINS = dict(zip("АВЕКМНОРСТУХІ", "ABEKMHOPCTYXI", strict=True))
_CYRILLIC = dict(zip("ABEKMHOPCTYX", "АВЕКМНОРСТУХ", strict=True))
_SEPARATORS = str.maketrans(dict.fromkeys(" \t\u00a0\u2007\u202f-\u2010\u2011\u2012\u2013\u2014\u2212._|/·•"))
_TWIN_LETTERS = str.maketrans(_TWINS)
_COUNTRY_MARKS = ("RUS", "PYC", "RU")
_ALLOWED = frozenset(DIGITS + LATIN + CYRILLIC_ONLY + "ЁЙЪЫЬҮ")


class Fault(StrEnum):
    """What is wrong with text that cannot be a plate."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    CHARACTER = "character"
    LENGTH = "length"
    NOT_CANONICAL = "not_canonical"


FAULTS = MappingProxyType(
    {
        Fault.EMPTY: "номер пуст",
        Fault.TOO_LONG: "слишком длинно для номера",
        Fault.CHARACTER: "знака {char} на номерах не бывает",
        Fault.LENGTH: "в номере от {low} до {high} знаков",
        Fault.NOT_CANONICAL: "номер не в канонической форме",
    }
)
"""Keys of the catalogue."""


class PlateInvalid(GateError, ValueError):
    """Text that cannot be a plate. `text` is the input (cut), `fault` what is wrong with it, `facts` its details."""

    exit_code = 2

    def __init__(self, text: str, fault: Fault, **facts: object) -> None:
        self.text = "".join(c if c.isprintable() else "?" for c in text[:MAX_INPUT])
        self.fault = fault
        self.facts = facts
        super().__init__(text, fault)

    @property
    def why(self) -> str:
        return say(FAULTS[self.fault], **self.facts)

    def __str__(self) -> str:
        return f"{quoted(self.text)}: {self.why}"


def canonical(text: str) -> str:
    """The canonical form of `text`, as typed by a person or received from another system.

    Raises:
        PlateInvalid: the text is empty, too long or too short, or has a character that no plate has.
    """
    if len(text) > MAX_INPUT:
        raise PlateInvalid(text, Fault.TOO_LONG)
    plate = _without_country(folded(text).translate(_TWIN_LETTERS))
    for char in plate:
        if char not in _ALLOWED:
            raise PlateInvalid(text, Fault.CHARACTER, char=f"'{char}'" if char.isprintable() else ascii(char))
    if not plate:
        raise PlateInvalid(text, Fault.EMPTY)
    if not MIN_LENGTH <= len(plate) <= MAX_LENGTH:
        raise PlateInvalid(text, Fault.LENGTH, low=MIN_LENGTH, high=MAX_LENGTH)
    return plate


def folded(text: str) -> str:
    """`text` in upper case and without separators, in the script it was typed in."""
    return unicodedata.normalize("NFKC", text).upper().translate(_SEPARATORS)


def _without_country(plate: str) -> str:
    """A Russian plate without the letters below its region code (`А 777 АА 99 RUS`), which people copy along."""
    for mark in _COUNTRY_MARKS:
        if plate.endswith(mark) and russian_format(plate.removesuffix(mark)) is not None:
            return plate.removesuffix(mark)
    return plate


def is_canonical(text: str) -> bool:
    """Whether `text` already is a plate in canonical form."""
    return MIN_LENGTH <= len(text) <= MAX_LENGTH and _ALLOWED.issuperset(text)


def russian_format(plate: str) -> tuple[PlateFormat, str] | None:
    """The likeliest Russian format of the canonical `plate`, with its pattern; None for other plates."""
    fits = _russian(plate)
    return fits[0] if fits else None


@dataclass(frozen=True, slots=True)
class PlateParts:
    """A plate as it looks on the car: its groups of letters and of digits, then the region code.

    `region` is empty if the plate has none, or if it is unknown how many of the last digits belong to the region.
    """

    groups: tuple[str, ...]
    region: str

    def __str__(self) -> str:
        return " ".join((*self.groups, self.region) if self.region else self.groups)


def parts(plate: str, *, read_as: str | None = None) -> PlateParts:
    """The parts of the canonical `plate`, Russian ones in Cyrillic. Other plates are one group.

    `read_as` is the format the plate was read as (id in `core.plates.formats.FORMATS`): its look settles what its text
    leaves open. Without it, a text that two formats split differently (`AB123177`: type 1Б of region 177, or a trailer
    of region 77) is only split if one way is `SETTLED` times likelier.
    """
    if read_as is not None and read_as in FORMATS:
        plate_format = FORMATS[read_as]
        pattern = plate_format.match(plate)
        if pattern is not None:
            return _split(plate, pattern) if plate_format.country == "RU" else PlateParts((plate,), "")
    odds: dict[PlateParts, float] = {}
    for plate_format, pattern in _russian(plate):
        split = _split(plate, pattern)
        odds[split] = odds.get(split, 0.0) + _prior(plate_format, split.region)
    if not odds:
        return PlateParts((plate,), "")
    best = max(odds, key=lambda split: odds[split])
    others = sum(odds.values()) - odds[best]
    return best if odds[best] >= SETTLED * others else _undecided(best)


def display(plate: str, *, read_as: str | None = None, typed: str | None = None) -> str:
    """The canonical `plate` as people write it; see `parts` for `read_as`.

    A Russian plate is written in Cyrillic with spaces between groups, the region code last (`А 123 ВС 77`). Any other
    plate is written as it was typed, if that is known.
    """
    if typed and typed.strip() and not _russian(plate):
        return typed.strip()
    return str(parts(plate, read_as=read_as))


def _russian(plate: str) -> list[tuple[PlateFormat, str]]:
    """Every Russian format that fits `plate`, the most common first."""
    fits = [
        (plate_format, pattern)
        for plate_format in FORMATS.values()
        if plate_format.country == "RU" and (pattern := plate_format.match(plate)) is not None
    ]
    return sorted(fits, key=lambda fit: -fit[0].weight)


def _prior(plate_format: PlateFormat, region: str) -> float:
    """How common this format and region are, relative to others (`PlateFormat.weight`, `core.plates.regions`)."""
    share = plate_format.weight / len(plate_format.patterns)
    listed, other = priors("ru", len(region)) if region else (1.0, 1.0)
    return share * (listed if not region or region in REGIONS["ru"] else other)


def _split(plate: str, pattern: str) -> PlateParts:
    latin = "cd" in pattern or pattern.endswith("pr")  # CD, DPR and LPR are written in Latin letters
    groups: list[str] = []
    before = ""
    for char, slot in zip(plate, pattern, strict=True):
        kind = "literal" if slot.islower() else slot
        shown = char if latin and slot.islower() else _CYRILLIC.get(char, char)
        if kind == before:
            groups[-1] += shown
        else:
            groups.append(shown)
        before = kind
    return PlateParts(tuple(groups[:-1]), groups[-1]) if region_span(pattern) else PlateParts(tuple(groups), "")


def _undecided(split: PlateParts) -> PlateParts:
    """The same plate with its region joined to the digits before it: where they are divided is unknown."""
    *groups, last = split.groups
    return PlateParts((*groups, last + split.region), "")
