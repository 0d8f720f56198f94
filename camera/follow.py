"""Predicts where the plates of a lane's last frame are in the next one, and when the whole frame must be searched again.

A plate that was read needs no search: a close-up of its expected place finds it, at a tenth of the cost and at the
picture's own resolution. Pure state: it advances by the frames' own times, so a replay repeats itself.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from camera.frame import Picture
from camera.peaks import Detection
from camera.rectify import plate_width
from camera.stack import MOST_PICTURES
from core.geometry import Corners

SEARCH_EVERY_S = 0.2
"""The whole frame is searched at least this often: a second car is seen at most this much later."""
FORGET_S = 1.5
"""Plates last seen longer ago than this are somewhere else by now."""
UNBROKEN_S = 0.5
"""A plate seen again within this time in the expected place is the same: a following car is further behind than that."""
_TREMBLES = 0.02
"""A plate that moved less than this between two frames, in widths, stands still; only its corners jitter."""
_STANDS = 0.04
"""A plate keeps its window while it has moved and grown by no more than this, in widths, since the window was set."""
_REACH_WIDTHS = 1.2
"""How near to an expected place a plate must be found to be the one expected there, in widths."""


@dataclass(frozen=True, slots=True)
class Look:
    """A plate as its close-up showed it, and the place at which the close-up was aimed."""

    plate: Detection
    aim: Corners


@dataclass(frozen=True, slots=True)
class Track:
    """A plate as it was last seen, and where to look for it next.

    A standing car is always looked at through the same window. If the picture does not change, each look must be the
    same, because fusion takes looks that differ for additional evidence.
    """

    corners: Corners
    aim: Corners
    """Where to aim the next close-up if it were taken at once."""
    anchor: Corners | None
    """The plate as the first close-up with this aim showed it; None before that."""
    dx_per_s: float = 0.0
    dy_per_s: float = 0.0
    flats: tuple[Picture, ...] = ()
    """The latest rectified pictures of it, newest last."""

    def ahead(self, seconds: float) -> Corners:
        """The aim after that many seconds."""
        x, y = self.dx_per_s * seconds, self.dy_per_s * seconds
        a, b, c, d = ((u + x, v + y) for u, v in self.aim)
        return (a, b, c, d)


class Following:
    """The plates of one lane between frames. Owned by the thread that reads the lane."""

    def __init__(self) -> None:
        self._tracks: tuple[Track, ...] = ()
        self._seen_at = -math.inf
        self._searched_at = -math.inf

    def expected(self, at: float) -> list[Detection]:
        """Where to look for the plates at `at` (their scores are 0); empty if nothing is known."""
        step_s = at - self._seen_at
        if not 0 < step_s <= FORGET_S:
            return []
        return [Detection(corners=track.ahead(step_s), score=0.0) for track in self._tracks]

    def must_search(self, at: float) -> bool:
        """Whether the whole frame at `at` must be searched, whatever is expected in it."""
        return not self._tracks or not 0 < at - self._searched_at < SEARCH_EVERY_S

    def pictures_before(self, look: Look, at: float) -> tuple[Picture, ...]:
        """The latest rectified pictures of the plate in `look`, newest last; empty if it was not followed closely."""
        step_s = at - self._seen_at
        if not 0 < step_s <= UNBROKEN_S:
            return ()
        near = _nearest(look.plate.corners, self._tracks, step_s)
        return near.flats if near is not None else ()

    def saw(self, looks: Sequence[tuple[Look, Picture]], at: float, *, searched: bool) -> None:
        """Takes in what was read as plates at `at`, each with its rectified picture."""
        step_s = at - self._seen_at
        before = self._tracks if 0 < step_s <= FORGET_S else ()
        self._tracks = tuple(_tracked(look, flat, before, step_s) for look, flat in looks)
        self._seen_at = at
        if searched:
            self._searched_at = at


def _tracked(look: Look, flat: Picture, before: Sequence[Track], step_s: float) -> Track:
    """The track of `look`: continues the nearest track in reach, or starts a new one."""
    near = _nearest(look.plate.corners, before, step_s)
    if near is None:
        return Track(look.plate.corners, aim=look.aim, anchor=look.plate.corners, flats=(flat,))
    earlier = near.flats if step_s <= UNBROKEN_S else ()
    return replace(_follow(look, near, step_s), flats=(*earlier, flat)[1 - MOST_PICTURES :])


def _nearest(corners: Corners, before: Sequence[Track], step_s: float) -> Track | None:
    """The track expected where `corners` are, or None."""
    near = min(before, key=lambda track: _apart(track.ahead(step_s), corners), default=None)
    if near is None or _apart(near.ahead(step_s), corners) > _REACH_WIDTHS * max(plate_width(corners), 1.0):
        return None
    return near


def _follow(look: Look, near: Track, step_s: float) -> Track:
    """Where `near` is now, and where to aim next."""
    corners, width = look.plate.corners, max(plate_width(look.plate.corners), 1.0)
    if near.anchor is not None and near.aim == look.aim and _is_same(near.anchor, corners):
        return Track(corners, aim=near.aim, anchor=near.anchor)
    (was_x, was_y), (x, y) = _middle(near.corners), _middle(corners)
    if math.dist((was_x, was_y), (x, y)) > _TREMBLES * width:
        return Track(corners, aim=corners, anchor=None, dx_per_s=(x - was_x) / step_s, dy_per_s=(y - was_y) / step_s)
    if near.anchor is None:  # it has come to rest: keep this window
        return Track(corners, aim=look.aim, anchor=corners)
    return Track(corners, aim=corners, anchor=None)  # it has crept out of its window


def _is_same(anchor: Corners, corners: Corners) -> bool:
    width = plate_width(anchor)
    return _apart(anchor, corners) <= _STANDS * width and abs(plate_width(corners) - width) <= _STANDS * width


def _middle(corners: Corners) -> tuple[float, float]:
    return sum(x for x, _ in corners) / 4, sum(y for _, y in corners) / 4


def _apart(one: Corners, other: Corners) -> float:
    return math.dist(_middle(one), _middle(other))
