"""Plates as people type them and as cameras read them; what a plate is, and how it is written, `core.plates.canonical` knows.

The portal takes any plate a gate could read. One that follows no grammar it knows is accepted with a warning, since
guests come from everywhere; text that can stand on no plate is refused.
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
"""Whole sentences for a form; a line of a table tells `core.plates.canonical.FAULTS`."""


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
    try:
        canonical = plates.canonical(typed)
    except plates.PlateInvalid as error:
        raise PlateInvalid(_WORDS[error.fault]) from None
    if plates.russian_format(canonical) is None:
        return TypedPlate(canonical, plates.folded(typed), russian=False)
    cyrillic = _CYRILLIC.search(unicodedata.normalize("NFKC", typed).upper()) is not None
    return TypedPlate(canonical, show_plate(canonical) if cyrillic else canonical, russian=True)


def show_plate(canonical: str, read_as: str | None = None) -> str:
    """A plate that a camera read, as people write it, without spaces: Russian ones in Cyrillic."""
    return plates.display(canonical, read_as=read_as).replace(" ", "")


def split_region(display: str, read_as: str | None = None) -> tuple[str, str]:
    """Number and region of a plate as shown; the region is empty where the plate has none, or where it is not sure."""
    try:
        region = plates.parts(plates.canonical(display), read_as=read_as).region
    except plates.PlateInvalid:
        region = ""
    return (display[: -len(region)], display[-len(region) :]) if region else (display, "")
