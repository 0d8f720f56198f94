"""Chances as people say them: once in so many visits."""

from __future__ import annotations

ACCEPTABLE = 1e-5
"""One opening in 100,000 visits of strangers: the goal against which a list is judged."""


def visits_of(chance: float) -> str:
    """The number of visits in which something of `chance` happens once, to two significant figures; empty = never."""
    if chance <= 0.0:
        return ""
    times = 1.0 / chance
    digits = max(0, len(str(int(times))) - 2)
    return f"{round(times, -digits):,.0f}".replace(",", "\u00a0")
