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
    "0": {"1": 42, "2": 91, "3": 27, "4": 32, "5": 91, "6": 60, "7": 22, "8": 164, "9": 92},
    "1": {"0": 6, "2": 8, "3": 75, "4": 21, "5": 28, "6": 8, "7": 76, "8": 8, "9": 31},
    "2": {"0": 52, "1": 67, "3": 76, "4": 10, "5": 44, "6": 17, "7": 111, "8": 28, "9": 34},
    "3": {"0": 21, "1": 200, "2": 62, "4": 12, "5": 187, "6": 21, "7": 91, "8": 58, "9": 16},
    "4": {"0": 10, "1": 28, "2": 11, "3": 7, "5": 31, "6": 120, "7": 2, "8": 28, "9": 61},
    "5": {"0": 37, "1": 80, "2": 39, "3": 130, "4": 22, "6": 40, "7": 16, "8": 66, "9": 66},
    "6": {"0": 49, "1": 33, "2": 35, "3": 19, "4": 111, "5": 33, "7": 6, "8": 194, "9": 42},
    "7": {"0": 10, "1": 283, "2": 104, "3": 114, "4": 6, "5": 12, "6": 4, "8": 11, "9": 40},
    "8": {"0": 102, "1": 36, "2": 27, "3": 48, "4": 33, "5": 86, "6": 194, "7": 15, "9": 128},
    "9": {"0": 41, "1": 74, "2": 27, "3": 10, "4": 58, "5": 39, "6": 33, "7": 48, "8": 128},
    "A": {"B": 73, "C": 8, "E": 19, "H": 13, "K": 76, "M": 18, "O": 52, "P": 19, "T": 3, "X": 71, "Y": 3},
    "B": {"A": 41, "C": 5, "E": 154, "H": 59, "K": 41, "M": 63, "O": 302, "P": 52, "T": 4, "X": 36, "Y": 29},
    "C": {"A": 7, "B": 7, "E": 238, "H": 4, "K": 27, "O": 204, "P": 11, "T": 70, "X": 25, "Y": 7},
    "E": {"A": 30, "B": 98, "C": 77, "H": 9, "K": 52, "O": 94, "P": 28, "T": 135, "X": 82, "Y": 42},
    "H": {"A": 59, "B": 36, "C": 3, "E": 10, "K": 51, "M": 601, "O": 121, "P": 51, "T": 8, "X": 8, "Y": 50},
    "K": {"A": 106, "B": 102, "C": 27, "E": 97, "H": 46, "M": 78, "O": 48, "P": 43, "T": 9, "X": 210, "Y": 48},
    "M": {"A": 29, "B": 73, "E": 3, "H": 504, "K": 58, "O": 70, "P": 53, "X": 5, "Y": 14},
    "O": {"A": 7, "B": 51, "C": 46, "E": 28, "H": 21, "K": 5, "M": 5, "P": 20, "T": 18, "X": 25, "Y": 10},
    "P": {"A": 16, "B": 54, "C": 7, "E": 33, "H": 57, "K": 23, "M": 54, "O": 68, "T": 21, "X": 5, "Y": 49},
    "T": {"A": 5, "B": 12, "C": 15, "E": 88, "H": 3, "K": 3, "O": 64, "P": 15, "X": 54, "Y": 111},
    "X": {"A": 127, "B": 88, "C": 11, "E": 94, "H": 19, "K": 187, "M": 12, "O": 73, "P": 14, "T": 37, "Y": 158},
    "Y": {"A": 17, "B": 39, "C": 5, "E": 62, "H": 34, "K": 49, "M": 10, "O": 57, "P": 91, "T": 179, "X": 155},
}  # fmt: skip
"""Misreads of single looks, by true and read symbol, per 10,000 looks at the true one."""

MEASURED = Confusions(
    source="python -m models.training.clips.reliability --count 2400 --covered 1200 --seed 505",
    misread=MappingProxyType({(a, b): n / 10_000 for a, row in _PER_10_000.items() for b, n in row.items()}),
    unnamed=5.5e-05,
    opens_of_misread=0.02141,
    covered=0.02,
    guessed=0.00369,
    lost=0.0558,
    lost_seen=0.00318,
)
"""Measured with the weights of the same commit; measure again after every training."""
