"""What a plate's layout is made of: runs of symbols, bars and filled places, in millimetres of the plate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Run:
    """Symbols on one base line between `x0` and `x1`; `caps` is the height of each."""

    text: str
    x0: float
    x1: float
    base: float
    caps: tuple[float, ...]
    loose: tuple[int, ...] = ()
    """Indices after which a wider gap stands."""
    looseness: float = 0.32
    """How much wider, over the cap height."""
    centres: tuple[float, ...] = ()
    """Where the standard has the middle of each symbol; empty where they are spread between `x0` and `x1`."""
    plain: bool = False
    """A caption, no part of the plate's text: drawn light and never jittered away."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A thin line in the ink's colour."""

    x0: float
    y0: float
    x1: float
    y1: float
    width: float = 3.0


@dataclass(frozen=True, slots=True)
class Patch:
    """A filled place, by its `kind`.

    A flag (`flag`, `flag_am`, `flag_blue`, `flag_red`), a country band (`band`), an emblem or hologram (`seal`), a strip of
    holograms (`strip`), a corner of the plate that is cut off (`corner_left`, `corner_right`).
    """

    x0: float
    y0: float
    x1: float
    y1: float
    kind: str


@dataclass(frozen=True, slots=True)
class Layout:
    """A plate face before it is drawn."""

    width: float
    height: float
    runs: tuple[Run, ...]
    bars: tuple[Bar, ...] = ()
    patches: tuple[Patch, ...] = ()
    border: float = 3.0


LINE: Final = (520.0, 112.0)
SEPARATORS: Final = "-·"
"""What stands between symbols and is no part of the text."""
SIZES: Final = {
    "ru_1a": (290.0, 170.0), "ru_3": (288.0, 206.0), "ru_4": (190.0, 145.0), "ru_4a": (245.0, 185.0), "ru_4b": (190.0, 145.0),
    "ru_7": (190.0, 145.0), "ru_8": (288.0, 206.0), "ru_10m": (190.0, 145.0), "ru_22": (190.0, 145.0),
    "ru_classic_moto": (190.0, 145.0), "ru_racing_moto": (190.0, 145.0), "su_moto": (245.0, 160.0),
    "by_square": (280.0, 202.0), "kz_2012_square": (280.0, 202.0), "uz_square": (290.0, 170.0), "am_square": (290.0, 170.0),
    "ua_square": (300.0, 180.0), "ua_tractor": (288.0, 206.0), "ge_1993": (520.0, 112.0),
}  # fmt: skip


def caps_of(pattern: str, *, letters: float, digits: float) -> tuple[float, ...]:
    return tuple(digits if slot in "DR" else letters for slot in pattern)


def changes_of(pattern: str) -> tuple[int, ...]:
    """Indices after which letters turn into digits or back."""
    digit = [slot in "DR" for slot in pattern]
    return tuple(i for i in range(len(digit) - 1) if digit[i] != digit[i + 1])
