"""Whether the picture still lives. Pure state: it advances only by `look`, with the frame's own time."""

from __future__ import annotations

from camera.frame import Picture

_UNIFORM_DEVIATION = 3.0
"""Grey deviation below which a picture is a cap on the lens, a dead sensor or a decoder's green."""


def is_blank(thumb: Picture) -> bool:
    """Whether a grey thumbnail shows nothing at all: it is no view of the lane."""
    return float(thumb.std()) < _UNIFORM_DEVIATION


class FreezeWatch:
    """Tells a camera that sends the same picture for ever, or one colour, from a quiet lane.

    A real sensor's noise changes some bit in seconds; encoders repeat pictures bit for bit for some seconds in low
    light, hence `after_s`.
    """

    def __init__(self, *, after_s: float) -> None:
        self._after_s = after_s
        self._last = b""
        self._since = 0.0

    def look(self, thumb: Picture, at: float) -> bool:
        """Take the next grey thumbnail; True while the picture must not be believed."""
        pixels = thumb.tobytes()
        if pixels != self._last:
            self._last, self._since = pixels, at
        return at - self._since >= self._after_s or is_blank(thumb)
