"""How often a visit ends in a reading that opens for another plate: measured values with their source. Data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Confusions:
    """Measurements on visits whose plate differs in one character from a listed plate."""

    source: str
    """The command that measured it, with its data."""
    misread: Mapping[tuple[str, str], float]
    """By (true, read) symbol: the share of single looks at the true symbol that show the read one."""
    unnamed: float
    """The same for a pair that never occurred: half an occurrence over all looks at a symbol."""
    opens_of_misread: float
    """Of the misreads of single looks: the share whose visit ends in a reading that opens with this misread; upper 95 %
    bound."""
    covered: float
    """Share of cars with one character hidden by dirt, snow or an object in front. An assumption."""
    guessed: float
    """If the differing character is hidden: the share of visits that open for the listed plate; upper 95 % bound."""
    lost: float
    """If the last of three region digits is hidden: the share that open for the plate without it; upper 95 % bound."""
    lost_seen: float
    """The same with nothing hidden; upper 95 % bound."""

    def opens(self, stood: str, read: str, length: int) -> float:
        """The chance that a car opens by a listed plate of `length` characters with `read` where its own has `stood`."""
        seen = self.misread.get((stood, read), self.unnamed) * self.opens_of_misread
        return min(1.0, seen + self.covered / length * self.guessed)

    def loses_last(self, length: int) -> float:
        """The chance that a car opens by a listed plate that lacks the last of the `length` characters of its own."""
        return min(1.0, self.lost_seen + self.covered / length * self.lost)


_PER_10_000: dict[str, dict[str, int]] = {
    "0": {"1": 73, "2": 100, "3": 28, "4": 33, "5": 88, "6": 72, "7": 23, "8": 154, "9": 99},
    "1": {"0": 9, "2": 5, "3": 72, "4": 19, "5": 25, "6": 6, "7": 79, "8": 20, "9": 30},
    "2": {"0": 51, "1": 94, "3": 86, "4": 9, "5": 48, "6": 22, "7": 144, "8": 31, "9": 29},
    "3": {"0": 19, "1": 252, "2": 56, "4": 13, "5": 182, "6": 18, "7": 101, "8": 59, "9": 24},
    "4": {"0": 16, "1": 37, "2": 6, "3": 7, "5": 23, "6": 139, "7": 3, "8": 38, "9": 64},
    "5": {"0": 41, "1": 113, "2": 35, "3": 143, "4": 32, "6": 40, "7": 21, "8": 63, "9": 87},
    "6": {"0": 72, "1": 47, "2": 34, "3": 24, "4": 114, "5": 41, "7": 10, "8": 256, "9": 55},
    "7": {"0": 13, "1": 319, "2": 103, "3": 106, "4": 6, "5": 14, "6": 5, "8": 14, "9": 30},
    "8": {"0": 124, "1": 51, "2": 28, "3": 60, "4": 38, "5": 83, "6": 188, "7": 21, "9": 135},
    "9": {"0": 54, "1": 95, "2": 35, "3": 14, "4": 77, "5": 35, "6": 32, "7": 46, "8": 150},
    "A": {"B": 105, "C": 6, "E": 29, "H": 6, "K": 70, "M": 23, "O": 58, "P": 21, "X": 68},
    "B": {"A": 48, "C": 11, "E": 165, "H": 54, "K": 56, "M": 59, "O": 310, "P": 77, "T": 7, "X": 38, "Y": 25},
    "C": {"A": 13, "B": 11, "E": 273, "H": 7, "K": 42, "O": 221, "T": 63, "X": 22, "Y": 5},
    "E": {"A": 37, "B": 105, "C": 81, "H": 11, "K": 81, "M": 4, "O": 68, "P": 30, "T": 152, "X": 81, "Y": 33},
    "H": {"A": 68, "B": 61, "C": 5, "E": 13, "K": 45, "M": 658, "O": 123, "P": 60, "T": 10, "X": 12, "Y": 48},
    "K": {"A": 111, "B": 142, "C": 24, "E": 82, "H": 27, "M": 90, "O": 77, "P": 41, "T": 9, "X": 195, "Y": 48},
    "M": {"A": 31, "B": 88, "E": 5, "H": 549, "K": 63, "O": 85, "P": 51, "X": 7, "Y": 17},
    "O": {"A": 5, "B": 59, "C": 48, "E": 49, "H": 23, "K": 7, "M": 5, "P": 25, "T": 26, "X": 23, "Y": 7},
    "P": {"A": 19, "B": 80, "C": 3, "E": 35, "H": 54, "K": 24, "M": 50, "O": 101, "T": 12, "X": 7, "Y": 33},
    "T": {"1": 3, "A": 3, "B": 21, "C": 25, "E": 142, "K": 5, "M": 3, "O": 79, "P": 17, "X": 79, "Y": 107},
    "X": {"A": 113, "B": 127, "C": 15, "E": 119, "H": 17, "K": 223, "M": 12, "O": 60, "P": 8, "T": 40, "Y": 121},
    "Y": {"A": 15, "B": 44, "C": 8, "E": 74, "H": 36, "K": 66, "M": 20, "O": 49, "P": 130, "T": 221, "X": 193},
}  # fmt: skip
"""Misreads of single looks, by true and read symbol, per 10,000 looks at the true one."""

MEASURED = Confusions(
    source="python -m models.training.clips.reliability --count 2400 --covered 1200 --seed 505",
    misread=MappingProxyType({(a, b): n / 10_000 for a, row in _PER_10_000.items() for b, n in row.items()}),
    unnamed=5.5e-05,
    opens_of_misread=0.01927,
    covered=0.02,
    guessed=0.00515,
    lost=0.0558,
    lost_seen=0.00318,
)
"""Measured with the weights of the same commit; measure again after every training."""
