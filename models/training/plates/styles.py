"""Variation between plates of one kind: typeface and colours, chosen at random."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from core.plates.formats import PlateFormat
from models.training.plates.typefaces import FontFace, StrokeFace, Typeface

Colour = tuple[float, float, float]
"""Blue, green, red, 0 to 255."""

_GROUNDS: Final[dict[str, Colour]] = {
    "white": (222, 224, 224), "yellow": (40, 190, 235), "black": (28, 28, 28), "blue": (150, 70, 25), "red": (35, 30, 165),
}  # fmt: skip
_INKS: Final[dict[str, Colour]] = {"black": (26, 24, 24), "white": (225, 226, 226)}
_REVERSED: Final = 0.08
"""Share of European plates with light symbols on a dark ground."""
_RUSSIAN_WIDTH: Final = (0.95, 1.0, 1.04, 1.08)
_ANY_WIDTH: Final = (0.7, 0.8, 0.9, 1.0, 1.05)
_CONDENSED: Final = dict.fromkeys(("RU", "XA", "XO", "SU"), _RUSSIAN_WIDTH) | {
    "UZ": (0.95, 1.05, 1.15, 1.2),
    "KZ": (0.9, 1.0, 1.0, 1.05),
    "AM": (0.7, 0.75, 0.8, 0.85, 0.95),
}
"""Widths of symbols relative to the strokes' own, by country; wide ones are close together."""
_NARROW: Final = 0.85
"""Symbols no wider than this are never heavy: their counters would close, as on no real plate."""
_ANY_FORM: Final = {"round": 0.5, "straight": 0.38, "uzbek": 0.12}
_FORMS: Final = {
    "UZ": {"round": 0.15, "straight": 0.1, "uzbek": 0.75},
    "KZ": {"kazakh": 0.9, "round": 0.06, "straight": 0.04},
    "AM": {"armenian": 0.75, "straight": 0.15, "round": 0.1},
}
"""How often each of `strokes.FORMS` is used, by country."""


def random_typeface(rng: np.random.Generator, plate_format: PlateFormat, others: Sequence[str] = ()) -> Typeface:
    """Mostly our strokes in a random weight; sometimes a font file from `others`.

    Quantised so that masks can be reused.
    """
    russian = plate_format.country in {"RU", "SU", "XA", "XO", "XT", "MN", "BY"}
    standard = plate_format.country in {"RU", "XA", "XO"}
    if others and rng.random() < (0.12 if standard or plate_format.country in _FORMS else 0.3):
        path = others[int(rng.integers(len(others)))]
        wide = "Condensed" not in path and "Narrow" not in path
        return FontFace(path, condense=float(rng.choice([0.62, 0.7, 0.8] if wide else [0.85, 1.0])), russian=russian)
    condense = float(rng.choice(_CONDENSED.get(plate_format.country, _ANY_WIDTH)))
    heaviest = 6 if condense > _NARROW else 4
    weight = float(rng.choice([0.115, 0.13, 0.145, 0.145, 0.16, 0.175][:heaviest]))
    shares = _FORMS.get(plate_format.country, _ANY_FORM)
    form = "round" if standard else str(rng.choice(list(shares), p=list(shares.values())))
    return StrokeFace(weight, condense, float(rng.choice([0.0, 0.015, 0.03])), russian, form)


def palette(rng: np.random.Generator, plate_format: PlateFormat, *, plain: bool) -> tuple[Colour, Colour]:
    """Colours of ground and ink, varied as by paint and sun; with `plain`, those of the standard."""
    ground, ink = _GROUNDS[plate_format.ground], _INKS[plate_format.ink]
    if plain:
        return ground, ink
    if plate_format.country == "EU" and rng.random() < _REVERSED:
        ground, ink = _GROUNDS[str(rng.choice(["black", "blue"]))], _INKS["white"]
    spread = rng.normal(0, 5, 3) + rng.normal(0, 12)
    fade = float(abs(rng.normal(0, 0.12)))  # sun and wear reduce the contrast
    worn = tuple(float(np.clip(g + s, 5, 250)) for g, s in zip(ground, spread, strict=True))
    inked = tuple(float(i * (1 - fade) + w * fade) for i, w in zip(ink, worn, strict=True))
    return (worn[0], worn[1], worn[2]), (inked[0], inked[1], inked[2])
