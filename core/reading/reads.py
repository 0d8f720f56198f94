"""What one frame showed: the value that passes from the camera into the core."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from core.geometry import Box, Corners


class View(StrEnum):
    """How a picture was shown to the reader."""

    PLAIN = "plain"
    EVENED = "evened"
    """With its contrast evened out: another view of the same picture, with errors in other places."""
    STACKED = "stacked"
    """The picture and earlier ones of the same plate, laid over one another."""


@dataclass(frozen=True, slots=True)
class PlateRead:
    """One plate in one frame, with everything the reader knows about it.

    `slots` holds, for each of `alphabet.SLOTS` places, the probability of each symbol of `alphabet.ALPHABET` (rows sum
    to 1). `formats` holds the reader's belief about the kind of plate from its look (colours, layout), as pairs of
    format id (`formats.FORMATS`) and probability, best first; empty if the reader has no such head.
    """

    slots: tuple[tuple[float, ...], ...]
    formats: tuple[tuple[str, float], ...]
    box: Box
    corners: Corners
    detector_score: float
    """0 to 1, from the detector; not calibrated."""
    sharpness: float
    """0 (no edge left) to 1 (as crisp as the reader can use)."""
    fingerprint: int
    """64-bit difference hash of the rectified plate, because near-identical frames are not independent evidence."""
    view: View = View.PLAIN
    stack: PlateRead | None = None
    """The same plate read once more as `View.STACKED`. None if the picture alone is clear, or no picture preceded it."""
