"""Chances as people say them: once in so many visits."""

from __future__ import annotations

ACCEPTABLE = 1e-5
"""One opening in 100,000 visits of strangers: the goal that a list is held against."""


def visits_of(chance: float) -> str:
    """In how many visits something of `chance` happens once, to two figures, its thousands apart; empty = never."""
    if chance <= 0.0:
        return ""
    times = 1.0 / chance
    digits = max(0, len(str(int(times))) - 2)
    return f"{round(times, -digits):,.0f}".replace(",", "\u00a0")
