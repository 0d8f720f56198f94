"""What makes a vehicle, a visit and an opening of what is seen in a lane: two frozen sets of rules, entry and exit.

Declared like settings, so that every number has a name, a unit, a range and a reason; they are no keys of gate.toml.
The entry asks for evidence before it opens, the exit for evidence before it stays shut.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.policy import Direction
from core.setting import setting


@dataclass(frozen=True, slots=True)
class Rules:
    """What both directions go by; the defaults are those of the entry."""

    standing_unseen_s: float = setting(
        43_200.0, low=0.0, high=604_800.0, unit="s",
        help_ru="сколько пропущенная, но не уехавшая машина, заслонённая или потерянная из виду, считается стоящей там же",
        help_en="how long a car opened for, covered or lost from view, is taken to stand where it was last seen",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class EntryRules(Rules):
    """The entry: what is not known opens nothing."""


@dataclass(frozen=True, slots=True)
class ExitRules(Rules):
    """The exit: what is not known keeps nobody in."""

    standing_unseen_s: float = setting(
        3_600.0, low=0.0, high=604_800.0, unit="s",
        help_ru="то же на выезде: дольше забытое открытие не держит того, кто вернулся и выезжает снова",
        help_en="the same at the exit: no longer, lest an opening long ago keep in a car that has come back and leaves",
    )  # fmt: skip


ENTRY = EntryRules()
EXIT = ExitRules()


def rules_of(direction: Direction) -> Rules:
    """The rules of a lane of that direction."""
    return EXIT if direction is Direction.EXIT else ENTRY
