"""How often a visit ends in a reading that opens for another plate: measured, with its source. Data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Confusions:
    """What was measured on visits whose plate differs from a listed one in a character."""

    source: str
    """The command that measured it, and on what."""
    misread: Mapping[tuple[str, str], float]
    """By true and read symbol: the share of single looks at the first that have the second."""
    unnamed: float
    """The same for a pair that never came: half a time in all looks at a symbol."""
    opens_of_misread: float
    """Of misreads of single looks, how many visits end in a reading that opens with the same misread; upper 95 % bound."""
    covered: float
    """Share of cars with one character hidden by dirt, snow or a thing before it. An assumption."""
    guessed: float
    """If the differing character is hidden: how often the visit opens for the listed plate; upper 95 % bound."""
    lost: float
    """If the last digit of three is hidden: how often it opens for the plate without it; upper 95 % bound."""
    lost_seen: float
    """The same with nothing hidden; upper 95 % bound."""

    def opens(self, stood: str, read: str, length: int) -> float:
        """The chance that a car with `stood` where the listed plate of `length` characters has `read` opens by it."""
        seen = self.misread.get((stood, read), self.unnamed) * self.opens_of_misread
        return min(1.0, seen + self.covered / length * self.guessed)

    def loses_last(self, length: int) -> float:
        """The chance that a car with a plate of `length` characters opens by the plate without its last digit."""
        return min(1.0, self.lost_seen + self.covered / length * self.lost)


_PER_10_000: dict[str, dict[str, int]] = {
    "0": {"1": 111, "2": 109, "3": 39, "4": 31, "5": 61, "6": 109, "7": 25, "8": 123, "9": 117},
    "1": {"0": 15, "2": 13, "3": 43, "4": 23, "5": 55, "6": 12, "7": 101, "8": 18, "9": 60},
    "2": {"0": 76, "1": 68, "3": 78, "4": 10, "5": 5, "6": 21, "7": 91, "8": 29, "9": 31},
    "3": {"0": 23, "1": 150, "2": 57, "4": 5, "5": 251, "6": 28, "7": 83, "8": 88, "9": 36},
    "4": {"0": 17, "1": 25, "2": 8, "3": 6, "5": 20, "6": 117, "7": 11, "8": 20, "9": 70},
    "5": {"0": 62, "1": 110, "2": 34, "3": 87, "4": 17, "6": 42, "7": 17, "8": 65, "9": 65},
    "6": {"0": 66, "1": 57, "2": 24, "3": 15, "4": 81, "5": 66, "7": 6, "8": 219, "9": 39},
    "7": {"0": 11, "1": 285, "2": 115, "3": 113, "4": 7, "5": 2, "6": 4, "8": 22, "9": 48},
    "8": {"0": 99, "1": 78, "2": 13, "3": 34, "4": 13, "5": 50, "6": 240, "7": 3, "9": 78},
    "9": {"0": 47, "1": 114, "2": 47, "3": 21, "4": 54, "5": 39, "6": 13, "7": 36, "8": 132},
    "A": {"B": 82, "C": 6, "E": 13, "H": 6, "K": 89, "M": 57, "O": 70, "P": 6, "T": 13, "X": 177, "Y": 6},
    "B": {"A": 23, "C": 12, "E": 47, "H": 52, "K": 23, "M": 64, "O": 233, "P": 70, "T": 6, "X": 58, "Y": 23},
    "C": {"B": 5, "E": 192, "H": 5, "K": 33, "O": 230, "P": 5, "T": 60, "X": 22, "Y": 11},
    "E": {"A": 36, "B": 104, "C": 99, "H": 21, "K": 42, "M": 10, "O": 125, "P": 47, "T": 119, "X": 62},
    "H": {"A": 58, "B": 47, "E": 21, "K": 73, "M": 435, "O": 121, "P": 58, "T": 10, "X": 10, "Y": 42},
    "K": {"A": 69, "B": 99, "C": 35, "E": 109, "H": 74, "M": 149, "O": 89, "P": 35, "T": 10, "X": 228, "Y": 64},
    "M": {"A": 11, "B": 50, "E": 6, "H": 599, "K": 33, "O": 44, "P": 6, "X": 11, "Y": 28},
    "O": {"A": 16, "B": 81, "C": 43, "E": 27, "H": 27, "K": 11, "M": 5, "P": 27, "T": 5, "X": 16, "Y": 5},
    "P": {"A": 18, "B": 83, "C": 12, "E": 95, "H": 83, "K": 6, "M": 36, "O": 95, "T": 18, "X": 6, "Y": 77},
    "T": {"A": 5, "B": 5, "C": 25, "E": 142, "H": 5, "K": 5, "O": 56, "P": 30, "X": 46, "Y": 106},
    "X": {"A": 108, "B": 185, "C": 10, "E": 216, "H": 10, "K": 335, "M": 15, "O": 62, "P": 10, "T": 31, "Y": 118},
    "Y": {"A": 6, "B": 17, "C": 11, "E": 22, "H": 50, "K": 50, "M": 11, "O": 67, "P": 133, "T": 128, "X": 250},
}  # fmt: skip
"""Misreads of single looks by true symbol and read one, of 10,000 looks at the true one."""

MEASURED = Confusions(
    source=(
        "python -m models.training.clips.reliability: 750 drawn tracks with nothing covered, "
        "600 with one character half or wholly covered"
    ),
    misread=MappingProxyType({(a, b): n / 10_000 for a, row in _PER_10_000.items() for b, n in row.items()}),
    unnamed=0.000177,
    opens_of_misread=0.0535,
    covered=0.02,
    guessed=0.04304,
    lost=0.76834,
    lost_seen=0.01092,
)
"""With the weights of the commit that holds this; measured anew with every training."""
