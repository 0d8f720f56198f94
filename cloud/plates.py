"""Plates as people type them and as cameras read them. `core.plates.canonical` defines what a plate is.

The portal accepts any plate that a gate could read. One that fits no known grammar is accepted with a warning, since guests
come from everywhere. Text that no plate can carry is refused.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from core.plates import canonical as plates

MAX_TYPED = plates.MAX_INPUT
_CYRILLIC = re.compile("[А-ЯЁҮІ]")
_WORDS = {
    plates.Fault.TOO_LONG: "Номер автомобиля слишком длинный.",
    plates.Fault.CHARACTER: "В номере автомобиля могут быть только буквы и цифры.",
    plates.Fault.EMPTY: "Введите номер автомобиля.",
    plates.Fault.LENGTH: "В номере автомобиля от 2 до 12 знаков.",
}
"""Full sentences for forms. For lines of a table there are the short texts of `core.plates.canonical.FAULTS`."""


class PlateInvalid(ValueError):
    """Text that cannot be a plate. `reason` is one of the texts in `_WORDS`."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class TypedPlate:
    """A plate. `canonical` is used for comparison, `display` is shown; `russian`: it fits a known Russian format."""

    canonical: str
    display: str
    russian: bool


def read_plate(typed: str) -> TypedPlate:
    """Reads a plate that a person typed, in Cyrillic or Latin, in any case, with or without spaces. Raises PlateInvalid.

    A Russian plate is displayed in the script that was typed; if both were mixed, in Cyrillic.
    """
    try:
        canonical = plates.canonical(typed)
    except plates.PlateInvalid as error:
        raise PlateInvalid(_WORDS[error.fault]) from None
    if plates.russian_format(canonical) is None:
        return TypedPlate(canonical, plates.folded(typed), russian=False)
    cyrillic = _CYRILLIC.search(unicodedata.normalize("NFKC", typed).upper()) is not None
    return TypedPlate(canonical, show_plate(canonical) if cyrillic else canonical, russian=True)


def show_plate(canonical: str, read_as: str | None = None) -> str:
    """A canonical plate in the form people write it, without spaces: Russian ones in Cyrillic."""
    return plates.display(canonical, read_as=read_as).replace(" ", "")


def split_region(display: str, read_as: str | None = None) -> tuple[str, str]:
    """Number and region of a displayed plate. The region is empty if the plate has none or it is uncertain."""
    try:
        region = plates.parts(plates.canonical(display), read_as=read_as).region
    except plates.PlateInvalid:
        region = ""
    return (display[: -len(region)], display[-len(region) :]) if region else (display, "")
