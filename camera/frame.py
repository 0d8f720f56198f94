"""One picture from a camera, with its time of arrival."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
"""Height x width x 3, blue-green-red as in OpenCV; or height x width, grey."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture of one lane. Frozen; its pixels must not be written to, because threads share them."""

    bgr: Picture
    captured: float
    """Monotonic time of arrival, in seconds; in a replay, the time in the recording."""
    frame_id: int
    """Counts up from 1 in each lane, also over reconnects."""
    lane: str
    media_s: float | None = None
    """Position in a recording, in seconds; None for a camera."""
    colour: Callable[[], Picture] | None = None
    """Makes the colour picture when `bgr` is grey because only people need colours. May be called from any thread."""

    def for_people(self) -> Picture:
        """The picture in colour, if there is one: for the journal and for pages."""
        return self.bgr if self.colour is None else self.colour()

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        height, width = self.bgr.shape[:2]
        return width, height
