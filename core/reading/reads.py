"""What one frame showed: the value that crosses from the camera into the core."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from core.geometry import Box, Corners


class View(StrEnum):
    """How a picture was shown to the reader."""

    PLAIN = "plain"
    EVENED = "evened"
    """With its contrast evened out: another view of the same picture, which errs in other places."""
    STACKED = "stacked"
    """It and the pictures before it of the same plate, laid upon one another."""


@dataclass(frozen=True, slots=True)
class PlateRead:
    """One plate in one frame, with everything the reader knew about it.

    `slots` holds, for each of `alphabet.SLOTS` places, the probability of each symbol of `alphabet.ALPHABET`
    (rows sum to 1). `formats` holds the reader's belief about the kind of plate by its look (colours, layout), as
    pairs of format id (`formats.FORMATS`) and probability, best first; empty where the reader has no such head.
    """

    slots: tuple[tuple[float, ...], ...]
    formats: tuple[tuple[str, float], ...]
    box: Box
    corners: Corners
    detector_score: float
    """0 to 1, as the detector gave it; not calibrated."""
    sharpness: float
    """0 (no edge left) to 1 (as crisp as the reader can use)."""
    fingerprint: int
    """64-bit difference hash of the rectified plate: near-identical frames are no independent evidence."""
    view: View = View.PLAIN
    stack: PlateRead | None = None
    """The same plate read once more as `View.STACKED`; None where the picture alone is clear, or nothing was before it."""
