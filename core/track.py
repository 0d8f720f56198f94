"""Where a thing in the lane is and how it moves: what its boxes say, whatever is read on it. Pure functions."""

from __future__ import annotations

from core.geometry import Box

MOVED_WIDTHS = 0.5
"""A plate that moved by this many of its widths belongs to a vehicle that moved."""
MOVED_RATIO = 1.3
"""So does one that became so much wider or narrower."""


def moved(box: Box, origin: Box, *, widths: float = MOVED_WIDTHS, ratio: float = MOVED_RATIO) -> bool:
    """Whether a plate or vehicle at `box` has left `origin`: nearer, further, or aside."""
    if box.w > origin.w * ratio or origin.w > box.w * ratio:
        return True
    (x, y), (u, v) = box.centre, origin.centre
    return abs(x - u) + abs(y - v) > widths * origin.w
