"""Memory for pictures that is used again once nobody holds the picture.

Memory fresh from the kernel costs a page fault every 4 KiB: 1.6 of the 2.2 ms that making a 1080p picture took (ADR 190).
Every array made from a block refers to that block, however often it was sliced, so the interpreter's count of references
says whether anybody still looks at it.
"""

from __future__ import annotations

import sys

import numpy as np

from camera.frame import Picture


class Blocks:
    """The picture memory of one stream. Owned by its capture thread; pictures may be held by any thread."""

    def __init__(self) -> None:
        self._blocks: list[Picture] = []

    def take(self, height: int, width: int) -> Picture:
        """A block of height x width bytes with any contents, which nobody else holds. Keep it, or a part of it.

        Other blocks that nobody holds are given back: a lane alternates between two.
        """
        if self._blocks and self._blocks[0].shape != (height, width):
            self._blocks.clear()
        unheld = [place for place in range(len(self._blocks)) if _held_times(self._blocks, place) == _BY_NOBODY_ELSE]
        for place in reversed(unheld[1:]):  # a car's pictures are let go with the car
            del self._blocks[place]
        if unheld:
            return self._blocks[unheld[0]]
        self._blocks.append(np.empty((height, width), np.uint8))
        return self._blocks[-1]


def _held_times(blocks: list[Picture], place: int) -> int:
    return sys.getrefcount(blocks[place])


_BY_NOBODY_ELSE = _held_times([np.empty((1, 1), np.uint8)], 0)
"""What this interpreter counts for a block that is only in the list."""
