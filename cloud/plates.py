"""Plates as people type them: the canonical form that is compared, and the form that is shown.

The portal takes any plate a gate could read. One that follows no grammar it knows is accepted with a warning, since
guests come from everywhere; text that can stand on no plate is refused.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

MAX_TYPED = 32
SHORTEST, LONGEST = 2, 12

_CYRILLIC_TWINS = "АВЕКМНОРСТУХІ"
_LATIN_TWINS = "ABEKMHOPCTYXI"
_TO_LATIN = str.maketrans(_CYRILLIC_TWINS, _LATIN_TWINS)
_TO_CYRILLIC = str.maketrans(_LATIN_TWINS[:-1], _CYRILLIC_TWINS[:-1])
_SEPARATORS = dict.fromkeys(map(ord, " \t\u00a0\u2007\u202f-\u2010\u2011\u2012\u2013\u2014\u2212._|/·•"))
_CANONICAL = re.compile("[0-9A-ZБГДЖЗИЛПФЦЧШЩЭЮЯЁЙЪЫЬҮ]*")
_CYRILLIC = re.compile("[А-ЯЁҮІ]")

_RUSSIAN = re.compile(
    "|".join(
        pattern.replace("9", "[0-9]").replace("L", "[ABEKMHOPCTYX]")
        for pattern in (
            "L999LL999?", "LL999999?", "LL9999999?", "9999LL999?", "LL99LL999?", "999CD9999?", "999[DT]99999?9?",
            "LL999L999?", "TLL999999?", "L9999999?", "999L999?", "9999L999?", "LL999[KC]99", "LL99[KC]99",
        )
    )
)  # fmt: skip
_REGION = re.compile("[0-9]+$")


class PlateInvalid(ValueError):
    """Text that cannot be a plate; `reason` is one of the portal's own words."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class TypedPlate:
    """A plate: `canonical` is compared, `display` shown, `russian` says whether a known grammar fits."""

    canonical: str
    display: str
    russian: bool


def read_plate(typed: str) -> TypedPlate:
    """The plate a person typed, in Cyrillic or Latin, in any case, with or without spaces.

    A Russian plate is shown in the one script that was typed; when both were mixed, in Cyrillic.
    """
    if len(typed) > MAX_TYPED:
        raise PlateInvalid("Номер автомобиля слишком длинный.")
    folded = unicodedata.normalize("NFKC", typed).upper().translate(_SEPARATORS)
    canonical = folded.translate(_TO_LATIN)
    if not _CANONICAL.fullmatch(canonical):
        raise PlateInvalid("В номере автомобиля могут быть только буквы и цифры.")
    if not canonical:
        raise PlateInvalid("Введите номер автомобиля.")
    if not SHORTEST <= len(canonical) <= LONGEST:
        raise PlateInvalid("В номере автомобиля от 2 до 12 знаков.")
    russian = _RUSSIAN.fullmatch(canonical) is not None
    mixed = _CYRILLIC.search(folded) is not None
    if russian:
        return TypedPlate(canonical, _in_cyrillic(canonical) if mixed else canonical, russian=True)
    return TypedPlate(canonical, folded, russian=False)


def show_plate(canonical: str) -> str:
    """A plate that a camera read, as people write it: Russian ones in Cyrillic."""
    return _in_cyrillic(canonical) if _RUSSIAN.fullmatch(canonical) else canonical


def _in_cyrillic(canonical: str) -> str:
    """A Russian plate in Cyrillic; a diplomatic one, whose letters are Latin, as it is."""
    return canonical if "D" in canonical else canonical.translate(_TO_CYRILLIC)


def split_region(display: str) -> tuple[str, str]:
    """Number and region of a plate as shown; the region is empty where the plate has none."""
    canonical = display.translate(_TO_LATIN)
    if not _RUSSIAN.fullmatch(canonical) or (match := _REGION.search(canonical)) is None:
        return display, ""
    # Where digits run on into the region («АА123477» is «АА1234 77») its length follows from the whole.
    start = match.start()
    tail = len(canonical) - start
    region = tail if tail <= 3 else (2 if len(canonical) <= 8 else 3)
    return display[:-region], display[-region:]
