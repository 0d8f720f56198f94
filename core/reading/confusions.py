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
    "0": {"1": 123, "2": 97, "3": 44, "4": 35, "5": 79, "6": 83, "7": 39, "8": 118, "9": 140},
    "1": {"0": 13, "2": 11, "3": 51, "4": 24, "5": 53, "6": 19, "7": 122, "8": 27, "9": 72},
    "2": {"0": 33, "1": 78, "3": 74, "5": 4, "6": 21, "7": 182, "8": 17, "9": 29},
    "3": {"0": 12, "1": 192, "2": 52, "4": 20, "5": 227, "6": 8, "7": 136, "8": 100, "9": 40},
    "4": {"0": 4, "1": 17, "2": 17, "3": 9, "5": 39, "6": 150, "7": 4, "8": 51, "9": 81},
    "5": {"0": 55, "1": 87, "2": 23, "3": 138, "4": 28, "6": 28, "7": 14, "8": 41, "9": 83},
    "6": {"0": 68, "1": 93, "2": 44, "3": 10, "4": 93, "5": 54, "7": 15, "8": 210, "9": 54},
    "7": {"0": 7, "1": 322, "2": 92, "3": 115, "4": 13, "5": 13, "8": 23, "9": 43},
    "8": {"0": 112, "1": 60, "2": 20, "3": 40, "4": 32, "5": 56, "6": 192, "7": 12, "9": 120},
    "9": {"0": 79, "1": 132, "2": 41, "3": 25, "4": 37, "5": 33, "6": 25, "7": 41, "8": 128},
    "A": {"B": 98, "C": 10, "E": 20, "H": 10, "K": 98, "M": 49, "O": 79, "P": 20, "T": 30, "X": 216},
    "B": {"A": 29, "C": 19, "E": 67, "H": 58, "K": 38, "M": 29, "O": 201, "P": 77, "T": 19, "X": 77, "Y": 10},
    "C": {"A": 9, "E": 221, "H": 9, "K": 28, "O": 249, "P": 28, "T": 92, "X": 9},
    "E": {"A": 58, "B": 117, "C": 117, "H": 17, "K": 42, "O": 150, "P": 58, "T": 200, "X": 58, "Y": 17},
    "H": {"A": 35, "B": 70, "C": 9, "E": 26, "K": 61, "M": 497, "O": 192, "P": 70, "T": 9, "X": 9, "Y": 17},
    "K": {"A": 113, "B": 89, "C": 56, "E": 113, "H": 65, "M": 97, "O": 24, "P": 56, "T": 8, "X": 161, "Y": 105},
    "M": {"B": 56, "H": 634, "K": 72, "O": 32, "P": 24, "T": 16, "X": 40, "Y": 8},
    "O": {"A": 16, "B": 81, "C": 49, "E": 16, "H": 33, "K": 16, "M": 8, "P": 16, "T": 33, "Y": 8},
    "P": {"A": 26, "B": 79, "C": 18, "E": 106, "H": 106, "K": 18, "M": 53, "O": 71, "T": 9, "X": 9, "Y": 88},
    "T": {"A": 8, "C": 23, "E": 78, "K": 8, "O": 78, "P": 16, "X": 16, "Y": 78},
    "X": {"A": 58, "B": 67, "C": 42, "E": 175, "H": 25, "K": 301, "O": 84, "P": 25, "T": 67, "Y": 109},
    "Y": {"A": 17, "B": 8, "E": 42, "H": 42, "K": 59, "M": 25, "O": 76, "P": 92, "T": 193, "X": 311},
}  # fmt: skip
"""Misreads of single looks by true symbol and read one, of 10,000 looks at the true one."""

MEASURED = Confusions(
    source="python -m models.training.clips.reliability --count 480 --covered 480",
    misread=MappingProxyType({(a, b): n / 10_000 for a, row in _PER_10_000.items() for b, n in row.items()}),
    unnamed=0.000278,
    opens_of_misread=0.03535,
    covered=0.02,
    guessed=0.01268,
    lost=0.12065,
    lost_seen=0.01686,
)
"""With the weights of the commit that holds this; measured anew with every training."""
