"""The canonical form of a plate: what is compared, stored and looked up.

Upper case, no spaces or dashes, Cyrillic letters written by their Latin look-alikes, so that `а 123 вс 77` from a
resident's keyboard and `A123BC77` from the reader are one plate. Letters without a twin (Soviet plates) stay
Cyrillic.
"""

from __future__ import annotations

import unicodedata

from core.alphabet import CYRILLIC_ONLY, DIGITS, LATIN
from core.errors import GateError
from core.formats import FORMATS, PlateFormat

MAX_INPUT = 32
"""Characters a person may type for one plate, separators included."""
MIN_LENGTH = 2
MAX_LENGTH = 12

_TWINS = dict(zip("АВЕКМНОРСТУХІ", "ABEKMHOPCTYXI", strict=True))
_CYRILLIC = dict(zip("ABEKMHOPCTYX", "АВЕКМНОРСТУХ", strict=True))
_SEPARATORS = " \t\u00a0\u2007\u202f-\u2010\u2011\u2012\u2013\u2014\u2212._|/·•"
_FOLD = str.maketrans({**_TWINS, **dict.fromkeys(_SEPARATORS)})
_ALLOWED = frozenset(DIGITS + LATIN + CYRILLIC_ONLY + "ЁЙЪЫЬҮ")


class PlateInvalid(GateError, ValueError):
    """Text that cannot be a plate. `text` is what was given (cut), `why` what is wrong with it."""

    exit_code = 2

    def __init__(self, text: str, why: str) -> None:
        self.text = "".join(c if c.isprintable() else "?" for c in text[:MAX_INPUT])
        self.why = why
        super().__init__(f"«{self.text}»: {why}")


def canonical(text: str) -> str:
    """The canonical form of `text`, as typed by a person or given by another system.

    Raises:
        PlateInvalid: it is empty, too long, or holds a character that stands on no plate.
    """
    if len(text) > MAX_INPUT:
        raise PlateInvalid(text, f"слишком длинно для номера (больше {MAX_INPUT} знаков)")
    folded = unicodedata.normalize("NFKC", text).upper().translate(_FOLD)
    for char in folded:
        if char not in _ALLOWED:
            raise PlateInvalid(text, f"знака {char!a} на номерах не бывает")
    if len(folded) < MIN_LENGTH:
        raise PlateInvalid(text, "номер пуст" if not folded else "номер слишком короток")
    if len(folded) > MAX_LENGTH:
        raise PlateInvalid(text, f"в номере больше {MAX_LENGTH} знаков")
    return folded


def is_canonical(text: str) -> bool:
    """Whether `text` is a plate in canonical form already."""
    return MIN_LENGTH <= len(text) <= MAX_LENGTH and all(char in _ALLOWED for char in text)


def russian_format(plate: str) -> tuple[PlateFormat, str] | None:
    """The commonest Russian format that the canonical `plate` follows, with its pattern; None for other plates."""
    for plate_format in FORMATS.values():
        if plate_format.country == "RU" and (pattern := plate_format.match(plate)) is not None:
            return plate_format, pattern
    return None


def display(plate: str, *, typed: str | None = None) -> str:
    """How people write the canonical `plate`.

    A Russian plate: Cyrillic, groups of letters and digits apart, the region code last (`А 123 ВС 77`). Any other:
    as typed, where that is known.
    """
    russian = russian_format(plate)
    if russian is None:
        return typed.strip() if typed and typed.strip() else plate
    _, pattern = russian
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
    return " ".join(groups)
