"""Where a thing in the lane is and how it moves, from its boxes alone, whatever is read on it. Values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from math import hypot, log

from core.geometry import Box
from core.rules.motion import MotionRules


class Way(StrEnum):
    """Which way a thing moves, as the camera sees it."""

    UNKNOWN = "unknown"
    NEARER = "nearer"
    FURTHER = "further"
    STANDS = "stands"


@dataclass(frozen=True, slots=True)
class Track:
    """A thing's boxes over the last `track_window_s` seconds, and the direction that follows from them."""

    samples: tuple[tuple[float, float, float, float], ...] = ()
    """Monotonic seconds, centre x, centre y, width in pixels; oldest first."""
    way: Way = Way.UNKNOWN
    """The direction at the last box."""
    came: Way = Way.UNKNOWN
    """The last direction that was NEARER or FURTHER: how it came to where it is."""

    def after(self, box: Box, mono: float, rules: MotionRules) -> Track:
        """The track with one more box."""
        if box.w <= 0.0 or (self.samples and mono - self.samples[-1][0] < rules.track_spacing_s):
            return self
        recent = [sample for sample in self.samples if mono - sample[0] <= rules.track_window_s]
        kept = recent or list(self.samples[-1:])  # if it is seen rarely, the last sample is better than none
        samples = (*kept, (mono, *box.centre, box.w))
        way = _way(samples, rules)
        return Track(samples, way, way if way in {Way.NEARER, Way.FURTHER} else self.came)

    @property
    def last(self) -> float | None:
        """When its last box was seen."""
        return self.samples[-1][0] if self.samples else None

    def steady(self, rules: MotionRules) -> bool:
        """Whether the thing has moved along a line at an even pace. Something that jumps between two places has not."""
        if len(self.samples) < rules.steady_boxes:
            return False
        times, xs, ys, widths = zip(*self.samples, strict=True)
        a, b = _slope(times, xs), _slope(times, ys)
        mean_t, mean_x, mean_y = (sum(values) / len(values) for values in (times, xs, ys))
        way = hypot(a, b) * (times[-1] - times[0])
        leap = max(hypot(c[1] - b[1], c[2] - b[2]) for b, c in pairwise(self.samples))
        off = max(hypot(x - mean_x - a * (t - mean_t), y - mean_y - b * (t - mean_t)) for t, x, y, _ in self.samples)
        far = way >= rules.moved_widths * min(widths)
        return bool(far and off <= rules.steady_share * way and leap <= rules.steady_leap * way)


NO_TRACK = Track()
"""Nothing has been seen of it."""


def _way(samples: tuple[tuple[float, float, float, float], ...], rules: MotionRules) -> Way:
    span_s = samples[-1][0] - samples[0][0]
    if span_s < rules.track_span_s:
        return Way.UNKNOWN
    times = [sample[0] for sample in samples]
    size = _slope(times, [log(sample[3]) for sample in samples]) * span_s
    wide = sum(sample[3] for sample in samples) / len(samples)
    down = _slope(times, [sample[2] for sample in samples]) * span_s / wide
    aside = _slope(times, [sample[1] for sample in samples]) * span_s / wide
    if size >= rules.size_change or (size >= rules.small_size_change and down >= rules.rise_widths):
        return Way.NEARER
    if size <= -rules.size_change or (size <= -rules.small_size_change and down <= -rules.rise_widths):
        return Way.FURTHER
    if span_s >= rules.still_s and abs(size) < rules.still_size_change and abs(down) + abs(aside) < rules.still_widths:
        return Way.STANDS
    return Way.UNKNOWN


def _slope(times: Sequence[float], values: Sequence[float]) -> float:
    """Change per second, by least squares: a single odd box must not reverse the direction of a car."""
    mean_t, mean_v = sum(times) / len(times), sum(values) / len(values)
    spread = sum((t - mean_t) ** 2 for t in times)
    return sum((t - mean_t) * (v - mean_v) for t, v in zip(times, values, strict=True)) / spread if spread else 0.0


def moved(box: Box, origin: Box, *, widths: float, ratio: float) -> bool:
    """Whether a plate or vehicle now at `box` has left `origin`: nearer, further or sideways."""
    if box.w > origin.w * ratio or origin.w > box.w * ratio:
        return True
    (x, y), (u, v) = box.centre, origin.centre
    return abs(x - u) + abs(y - v) > widths * origin.w


def elsewhere(box: Box, origin: Box, rules: MotionRules) -> bool:
    """Whether the box has shifted so far from `origin` that its vehicle must have moved."""
    return moved(box, origin, widths=rules.moved_widths, ratio=rules.moved_ratio)
