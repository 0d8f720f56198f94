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
    "0": {"1": 60, "2": 99, "3": 29, "4": 27, "5": 86, "6": 77, "7": 18, "8": 141, "9": 107},
    "1": {"0": 8, "2": 8, "3": 72, "4": 19, "5": 29, "6": 8, "7": 75, "8": 14, "9": 44},
    "2": {"0": 60, "1": 80, "3": 61, "4": 14, "5": 42, "6": 22, "7": 115, "8": 30, "9": 34},
    "3": {"0": 19, "1": 222, "2": 49, "4": 19, "5": 207, "6": 24, "7": 96, "8": 70, "9": 23},
    "4": {"0": 11, "1": 24, "2": 9, "3": 6, "5": 22, "6": 128, "7": 6, "8": 34, "9": 62},
    "5": {"0": 43, "1": 94, "2": 40, "3": 115, "4": 26, "6": 41, "7": 26, "8": 64, "9": 90},
    "6": {"0": 53, "1": 39, "2": 33, "3": 21, "4": 112, "5": 43, "7": 11, "8": 220, "9": 48},
    "7": {"0": 10, "1": 282, "2": 107, "3": 117, "4": 6, "5": 15, "6": 4, "8": 15, "9": 41},
    "8": {"0": 127, "1": 34, "2": 25, "3": 50, "4": 34, "5": 79, "6": 198, "7": 20, "9": 147},
    "9": {"0": 53, "1": 68, "2": 27, "3": 14, "4": 61, "5": 34, "6": 31, "7": 45, "8": 140, "R": 2},
    "A": {"B": 89, "C": 8, "E": 18, "H": 10, "K": 76, "M": 23, "O": 45, "P": 13, "T": 5, "X": 83, "Y": 3},
    "B": {"A": 54, "C": 9, "E": 133, "H": 54, "K": 48, "M": 72, "O": 299, "P": 66, "T": 9, "X": 38, "Y": 30},
    "C": {"A": 14, "B": 11, "E": 213, "H": 4, "K": 29, "O": 238, "P": 9, "T": 72, "X": 16, "Y": 5},
    "E": {"A": 33, "B": 128, "C": 102, "H": 12, "K": 54, "O": 75, "P": 37, "T": 170, "X": 107, "Y": 46},
    "H": {"A": 60, "B": 43, "E": 8, "K": 63, "M": 600, "O": 111, "P": 61, "T": 7, "X": 12, "Y": 51},
    "K": {"A": 116, "B": 102, "C": 29, "E": 68, "H": 48, "M": 104, "O": 41, "P": 36, "T": 9, "X": 227, "Y": 56},
    "M": {"A": 32, "B": 65, "C": 5, "E": 3, "H": 557, "K": 61, "O": 78, "P": 49, "X": 7, "Y": 19},
    "O": {"A": 5, "B": 69, "C": 54, "E": 31, "H": 12, "K": 8, "M": 7, "P": 18, "T": 23, "X": 25, "Y": 12},
    "P": {"A": 17, "B": 73, "C": 5, "E": 35, "H": 59, "K": 19, "M": 57, "O": 92, "T": 17, "X": 5, "Y": 38},
    "T": {"A": 5, "B": 21, "C": 23, "E": 114, "H": 3, "K": 10, "O": 83, "P": 13, "X": 79, "Y": 114},
    "X": {"A": 133, "B": 90, "C": 12, "E": 77, "H": 15, "K": 190, "M": 14, "O": 65, "P": 11, "T": 37, "Y": 147},
    "Y": {"A": 22, "B": 46, "C": 3, "E": 62, "H": 39, "K": 52, "M": 19, "O": 47, "P": 96, "T": 197, "X": 189},
}  # fmt: skip
"""Misreads of single looks, by true and read symbol, per 10,000 looks at the true one."""

MEASURED = Confusions(
    source="python -m models.training.clips.reliability --count 2400 --covered 1200 --seed 505",
    misread=MappingProxyType({(a, b): n / 10_000 for a, row in _PER_10_000.items() for b, n in row.items()}),
    unnamed=5.5e-05,
    opens_of_misread=0.01241,
    covered=0.02,
    guessed=0.004,
    lost=0.0558,
    lost_seen=0.00318,
)
"""Measured with the weights of the same commit; measure again after every training."""
