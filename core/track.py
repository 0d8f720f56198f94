"""Where a thing in the lane is and how it moves: what its boxes say, whatever is read on it. Values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import log

from core.geometry import Box

MOVED_WIDTHS = 0.5
"""A plate that moved by this many of its widths belongs to a vehicle that moved."""
MOVED_RATIO = 1.3
"""So does one that became so much wider or narrower."""
WINDOW_S = 1.5
"""What is older says nothing of which way a thing goes now."""
APART_S = 0.09
"""Boxes closer in time are not kept: more of them say no more."""
LEAST_SPAN_S = 0.25
"""Boxes over a shorter time say nothing of movement."""
SIZE_CHANGE = 0.08
"""So much of its width gained or lost is coming nearer or going away; a detector's boxes tremble by 3 %."""
SMALL_CHANGE = 0.03
RISE_WIDTHS = 0.15
"""Less will do where the thing also moved down or up the picture by so many of its widths."""
STANDS_S = 1.0
STANDS_CHANGE = 0.05
STANDS_WIDTHS = 0.15
"""Over a second no more change of width than this, nor of place in its widths, is standing still."""


class Way(StrEnum):
    """Which way a thing goes, as the camera sees it."""

    UNKNOWN = "unknown"
    NEARER = "nearer"
    FURTHER = "further"
    STANDS = "stands"


@dataclass(frozen=True, slots=True)
class Track:
    """The last second and a half of a thing's boxes, and what they say."""

    samples: tuple[tuple[float, float, float, float], ...] = ()
    """Monotonic seconds, centre x, centre y, width in pixels; oldest first."""
    way: Way = Way.UNKNOWN
    """At the last box."""
    came: Way = Way.UNKNOWN
    """Nearer or further, whichever it went last: how it came to where it is."""

    def after(self, box: Box, mono: float) -> Track:
        """The track after a further box."""
        if box.w <= 0.0 or (self.samples and mono - self.samples[-1][0] < APART_S):
            return self
        recent = [sample for sample in self.samples if mono - sample[0] <= WINDOW_S]
        kept = recent or list(self.samples[-1:])  # read once in a while: the last one is better than none
        samples = (*kept, (mono, *box.centre, box.w))
        way = _way(samples)
        return Track(samples, way, way if way in {Way.NEARER, Way.FURTHER} else self.came)

    @property
    def last(self) -> float | None:
        """When its last box was seen."""
        return self.samples[-1][0] if self.samples else None


NO_TRACK = Track()
"""Nothing has been seen of it."""


def _way(samples: tuple[tuple[float, float, float, float], ...]) -> Way:
    span_s = samples[-1][0] - samples[0][0]
    if span_s < LEAST_SPAN_S:
        return Way.UNKNOWN
    times = [sample[0] for sample in samples]
    size = _slope(times, [log(sample[3]) for sample in samples]) * span_s
    wide = sum(sample[3] for sample in samples) / len(samples)
    down = _slope(times, [sample[2] for sample in samples]) * span_s / wide
    aside = _slope(times, [sample[1] for sample in samples]) * span_s / wide
    if size >= SIZE_CHANGE or (size >= SMALL_CHANGE and down >= RISE_WIDTHS):
        return Way.NEARER
    if size <= -SIZE_CHANGE or (size <= -SMALL_CHANGE and down <= -RISE_WIDTHS):
        return Way.FURTHER
    if span_s >= STANDS_S and abs(size) < STANDS_CHANGE and abs(down) + abs(aside) < STANDS_WIDTHS:
        return Way.STANDS
    return Way.UNKNOWN


def _slope(times: list[float], values: list[float]) -> float:
    """Change a second, by least squares: one odd box does not turn a car round."""
    mean_t, mean_v = sum(times) / len(times), sum(values) / len(values)
    spread = sum((t - mean_t) ** 2 for t in times)
    return sum((t - mean_t) * (v - mean_v) for t, v in zip(times, values, strict=True)) / spread if spread else 0.0


def moved(box: Box, origin: Box, *, widths: float = MOVED_WIDTHS, ratio: float = MOVED_RATIO) -> bool:
    """Whether a plate or vehicle at `box` has left `origin`: nearer, further, or aside."""
    if box.w > origin.w * ratio or origin.w > box.w * ratio:
        return True
    (x, y), (u, v) = box.centre, origin.centre
    return abs(x - u) + abs(y - v) > widths * origin.w
