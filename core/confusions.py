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
    "0": {"1": 104, "2": 104, "3": 36, "4": 29, "5": 56, "6": 102, "7": 31, "8": 135, "9": 118},
    "1": {"0": 19, "2": 12, "3": 50, "4": 22, "5": 49, "6": 12, "7": 98, "8": 19, "9": 57},
    "2": {"0": 70, "1": 75, "3": 73, "4": 9, "5": 11, "6": 19, "7": 87, "8": 32, "9": 28},
    "3": {"0": 21, "1": 154, "2": 51, "4": 4, "5": 242, "6": 26, "7": 81, "8": 83, "9": 34},
    "4": {"0": 14, "1": 31, "2": 9, "3": 5, "5": 21, "6": 118, "7": 9, "8": 21, "9": 75},
    "5": {"0": 59, "1": 106, "2": 43, "3": 99, "4": 23, "6": 47, "7": 16, "8": 72, "9": 68},
    "6": {"0": 61, "1": 56, "2": 29, "3": 12, "4": 83, "5": 63, "7": 10, "8": 225, "9": 44},
    "7": {"0": 9, "1": 289, "2": 105, "3": 103, "4": 7, "5": 5, "6": 4, "8": 18, "9": 45},
    "8": {"0": 100, "1": 70, "2": 11, "3": 41, "4": 18, "5": 54, "6": 228, "7": 5, "9": 90},
    "9": {"0": 51, "1": 108, "2": 38, "3": 19, "4": 51, "5": 40, "6": 13, "7": 32, "8": 127},
    "A": {"B": 79, "C": 5, "E": 15, "H": 10, "K": 94, "M": 50, "O": 64, "P": 5, "T": 10, "X": 144, "Y": 5},
    "B": {"A": 29, "C": 14, "E": 87, "H": 48, "K": 24, "M": 63, "O": 275, "P": 63, "T": 5, "X": 63, "Y": 19},
    "C": {"B": 5, "E": 189, "H": 5, "K": 28, "O": 240, "P": 5, "T": 55, "X": 18, "Y": 9},
    "E": {"A": 31, "B": 96, "C": 105, "H": 17, "K": 35, "M": 9, "O": 131, "P": 48, "T": 109, "X": 70},
    "H": {"A": 54, "B": 45, "C": 5, "E": 18, "K": 73, "M": 459, "O": 109, "P": 64, "T": 9, "X": 9, "Y": 41},
    "K": {"A": 64, "B": 111, "C": 34, "E": 111, "H": 69, "M": 137, "O": 81, "P": 34, "T": 9, "X": 236, "Y": 60},
    "M": {"A": 18, "B": 41, "E": 5, "H": 620, "K": 37, "O": 46, "P": 23, "X": 9, "Y": 23},
    "O": {"A": 13, "B": 67, "C": 36, "E": 27, "H": 27, "K": 9, "M": 4, "P": 22, "T": 9, "X": 13, "Y": 4},
    "P": {"A": 14, "B": 86, "C": 10, "E": 81, "H": 72, "K": 5, "M": 43, "O": 86, "T": 24, "X": 5, "Y": 67},
    "T": {"A": 4, "B": 8, "C": 21, "E": 135, "H": 4, "K": 4, "O": 55, "P": 34, "X": 38, "Y": 114},
    "X": {"A": 109, "B": 170, "C": 9, "E": 196, "H": 9, "K": 326, "M": 13, "O": 65, "P": 9, "T": 35, "Y": 117},
    "Y": {"A": 9, "B": 18, "C": 14, "E": 23, "H": 45, "K": 59, "M": 18, "O": 64, "P": 136, "T": 123, "X": 236},
}  # fmt: skip
"""Misreads of single looks by true symbol and read one, of 10,000 looks at the true one."""

MEASURED = Confusions(
    source="python -m models.training.clips.reliability --count 900 --covered 600",
    misread=MappingProxyType({(a, b): n / 10_000 for a, row in _PER_10_000.items() for b, n in row.items()}),
    unnamed=0.000147,
    opens_of_misread=0.04502,
    covered=0.02,
    guessed=0.04304,
    lost=0.76834,
    lost_seen=0.00875,
)
"""With the weights of the commit that holds this; measured anew with every training."""
