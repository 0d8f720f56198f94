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


MEASURED = Confusions(
    source="placeholder",
    misread=MappingProxyType({("M", "H"): 0.002}),
    unnamed=1e-5,
    opens_of_misread=0.05,
    covered=0.02,
    guessed=0.05,
    lost=0.1,
    lost_seen=0.001,
)
