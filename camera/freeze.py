"""Detects a frozen picture. Pure state: it advances only by `look`, with the frame's own time.

A camera that hangs sends one picture for ever. If it sends the same bytes, one comparison is enough. Through H.264 the
bytes flicker: every key frame quantises the picture anew, and rate control keeps changing how finely. But everything
that arrives has been there before: the same pattern of errors returns within seconds, a key frame or more later. A
sensor's noise never returns. So a picture counts as alive as long as it shows something new.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from camera.frame import Picture

_UNIFORM_DEVIATION = 3.0
"""Grey deviation below which a picture is blank: a cap on the lens, a dead sensor or a decoder's green."""
_EVERY_S = 0.25
"""Thumbnails at least this far apart are compared: often enough for a key frame, and little work for a Pi."""
_LAG_S = 5.0
"""Only a picture at least this old counts as returned: within one group of pictures an encoder copies a quiet scene."""
_JUDGED_S = 3.0
"""Something must have returned in every span of this length."""
_KEPT_S = 14.0
"""How far back a returned picture is looked for: over one key frame or several."""
_LONGEST_GAP_S = 10.0
_CODEC_MOST = 8.0
"""Most grey levels by which a codec alone changes a thumbnail's pixel; 6 was the maximum measured."""
_MOVED = 12.0
"""A pixel that differs by more ends a freeze at once: something came into view."""
_RETURNED = 0.38
"""Mean difference of grey levels up to which a picture counts as an earlier one returned. Measured once rate control
has settled: at most 0.37 if one picture is repeated (crf, cbr 0.3 and 0.5 Mbit/s, x264); at least 0.46 if the noise
is new (0.7 to 4 levels of sensor noise, also at night)."""
_SAME = 0.02
_CORRELATED = 0.12
"""Correlation of the deviations from the mean. Measured: 0.15 to 1.0 if one picture is repeated, at most 0.08 with new
noise."""


def is_blank(thumb: Picture) -> bool:
    """Whether a grey thumbnail shows nothing at all, so that it is no view of the lane."""
    return float(thumb.std()) < _UNIFORM_DEVIATION


class FreezeWatch:
    """Tells a camera that keeps sending the same picture, or one colour, from a quiet lane.

    A real sensor's noise changes some bit within seconds. In low light, encoders repeat pictures bit for bit for some
    seconds; hence `after_s`. A picture that only flickers with its key frames is recognised `_LAG_S` later.
    """

    def __init__(self, *, after_s: float) -> None:
        self._after_s = after_s
        self._last = b""
        self._since = 0.0
        self._returning = _Returning(after_s)
        self._media_s = -np.inf

    def judge_after(self, after_s: float) -> None:
        """Changes `after_s`; what was seen so far still counts."""
        self._after_s = self._returning.after_s = after_s

    def look(self, thumb: Picture, at: float, *, media_s: float | None = None) -> bool:
        """Takes the next grey thumbnail. Returns True while the picture must not be believed.

        `media_s`: its position in a recording. A recording that starts again repeats itself, which does not count as
        frozen.
        """
        if media_s is not None and media_s < self._media_s:
            self._returning = _Returning(self._after_s)
        self._media_s = -np.inf if media_s is None else media_s
        pixels = thumb.tobytes()
        if pixels != self._last:
            self._last, self._since = pixels, at
        returning = self._returning.look(thumb, at)
        return at - self._since >= self._after_s or returning or is_blank(thumb)


@dataclass(frozen=True, slots=True, eq=False)
class _Sample:
    at: float
    pixels: NDArray[np.uint8]
    """Bytes, not numbers to reckon with: some fifty are kept per lane."""


class _Returning:
    """Whether nothing new has been seen for `after_s`."""

    def __init__(self, after_s: float) -> None:
        self.after_s = after_s
        self._samples: deque[_Sample] = deque()
        self._judged_at = -np.inf
        self._since: float | None = None
        self._frozen = False

    def look(self, thumb: Picture, at: float) -> bool:
        last = self._samples[-1] if self._samples else None
        if last is not None:
            if last.pixels.size != thumb.size or not 0.0 <= at - last.at <= _LONGEST_GAP_S:
                self._begin()
            elif at - last.at < _EVERY_S and not self._frozen:
                return False
        pixels = thumb.flatten()
        if self._frozen and last is not None and int(cv2.absdiff(pixels, last.pixels).max()) > _MOVED:
            self._begin()
        if not self._samples or at - self._samples[-1].at >= _EVERY_S:
            self._take(_Sample(at, pixels))
        return self._frozen

    def _begin(self) -> None:
        self._samples.clear()
        self._since, self._frozen = None, False

    def _take(self, sample: _Sample) -> None:
        self._samples.append(sample)
        while sample.at - self._samples[0].at > _KEPT_S:
            self._samples.popleft()
        if sample.at - self._judged_at < _JUDGED_S and sample.at >= self._judged_at:
            return
        self._judged_at = sample.at
        if not self._something_returned(sample.at):
            self._since = None
        elif self._since is None:
            self._since = sample.at - _JUDGED_S
        self._frozen = self._since is not None and sample.at - self._since >= self.after_s

    def _something_returned(self, now: float) -> bool:
        times = np.array([sample.at for sample in self._samples])
        recent = np.flatnonzero(times > now - _JUDGED_S)
        if times[0] > now - _LAG_S:
            return False
        pixels = np.stack([sample.pixels for sample in self._samples])
        deviations = pixels - pixels.mean(axis=0, dtype=np.float32)
        if float(max(deviations.max(), -deviations.min())) > _CODEC_MOST:
            return False
        squares = np.einsum("ij,ij->i", deviations, deviations)
        products = deviations[recent] @ deviations.T
        for row, number in zip(products, recent, strict=True):
            before = np.flatnonzero(times <= times[number] - _LAG_S)
            if not before.size:
                continue
            nearest = before[int(np.argmin(squares[before] - 2.0 * row[before]))]
            difference = float(cv2.absdiff(pixels[number], pixels[nearest]).mean())
            if difference <= _SAME:
                return True
            correlation = float(row[nearest]) / (float(np.sqrt(squares[number] * squares[nearest])) + 1e-6)
            if difference <= _RETURNED and correlation >= _CORRELATED:
                return True
        return False
