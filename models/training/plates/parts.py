"""The elements of a plate's layout: runs of symbols, bars and filled areas, in millimetres of the plate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Run:
    """Symbols on one baseline between `x0` and `x1`; `caps` is the height of each."""

    text: str
    x0: float
    x1: float
    base: float
    caps: tuple[float, ...]
    loose: tuple[int, ...] = ()
    """Indices of symbols followed by a wider gap."""
    looseness: float = 0.32
    """How much wider, relative to the cap height."""
    centres: tuple[float, ...] = ()
    """Centre of each symbol by the standard; empty if they are spread between `x0` and `x1`."""
    plain: bool = False
    """A caption that is not part of the plate's text: drawn light and without jitter."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A thin line in the ink colour."""

    x0: float
    y0: float
    x1: float
    y1: float
    width: float = 3.0


@dataclass(frozen=True, slots=True)
class Patch:
    """A filled area of some `kind`.

    A flag (`flag`, `flag_am`, `flag_blue`, `flag_red`), a country band (`band`), an emblem or hologram (`seal`), a strip of
    holograms (`strip`), a cut-off corner of the plate (`corner_left`, `corner_right`).
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
"""Characters between symbols that are not part of the text."""
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
    """Indices after which letters change to digits or back."""
    digit = [slot in "DR" for slot in pattern]
    return tuple(i for i in range(len(digit) - 1) if digit[i] != digit[i + 1])
