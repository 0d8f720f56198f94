"""One picture from a camera, with the time at which it came."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
"""Height x width x 3, blue-green-red as OpenCV has it; or height x width, grey."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture of one lane. Frozen, and its pixels are not to be written to: threads share them."""

    bgr: Picture
    captured: float
    """Seconds of the monotonic clock at which it arrived; in a replay, the time in the recording."""
    frame_id: int
    """Counts up from 1 for each lane, over reconnects too."""
    lane: str
    media_s: float | None = None
    """Place in the recording in seconds, for a recording; None for a camera."""
    colour: Callable[[], Picture] | None = None
    """Makes the picture in colours, where `bgr` is grey because only people want colours. From any thread."""

    def for_people(self) -> Picture:
        """The picture with what colours there are: for the journal and for pages."""
        return self.bgr if self.colour is None else self.colour()

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        height, width = self.bgr.shape[:2]
        return width, height
