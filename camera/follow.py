"""Where the plates of a lane's last frame will be in its next one, and when the whole frame must be searched again.

A plate that was read needs no search: a close-up of the place where it must be now finds it, at a tenth of the cost and
at the picture's own resolution. Pure state: it advances by the frames' own times, so that a replay repeats itself.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from camera.frame import Picture
from camera.peaks import Detection
from camera.rectify import plate_width
from camera.stack import MOST
from core.geometry import Corners

SEARCH_EVERY_S = 0.2
"""The whole frame is searched so often at the least: a second car is seen so much later at the most."""
FORGET_S = 1.5
"""Plates seen longer ago are somewhere else by now."""
UNBROKEN_S = 0.5
"""A plate seen again so soon, where it was expected, is the same: two cars stand further apart than one drives in it."""
_TREMBLES = 0.02
"""Between two frames a plate that has moved by less of its width stands: it is its corners that tremble."""
_STANDS = 0.04
"""A plate that has not moved or grown by more of its width since its window was laid keeps that window."""
_REACH_WIDTHS = 1.2
"""A plate found so near to a place expected is the one that was expected there."""


@dataclass(frozen=True, slots=True)
class Look:
    """A plate as a close-up showed it, and the place at which that close-up was aimed."""

    plate: Detection
    aim: Corners


@dataclass(frozen=True, slots=True)
class Track:
    """A plate as it was last seen, and where to look for it next.

    A car that stands is looked at through the same window every time: of a picture that does not change each look must
    be the same, for fusion takes looks that differ for looks that tell more.
    """

    corners: Corners
    aim: Corners
    """Where to aim the next close-up, were it taken at once."""
    anchor: Corners | None
    """The plate as the first close-up aimed there showed it; None: there was none yet."""
    dx_per_s: float = 0.0
    dy_per_s: float = 0.0
    flats: tuple[Picture, ...] = ()
    """The last pictures of it, cut out and laid flat, the newest last."""

    def ahead(self, seconds: float) -> Corners:
        """The aim after so many seconds."""
        x, y = self.dx_per_s * seconds, self.dy_per_s * seconds
        a, b, c, d = ((u + x, v + y) for u, v in self.aim)
        return (a, b, c, d)


class Following:
    """The plates of one lane between its frames. Owned by the thread that reads the lane."""

    def __init__(self) -> None:
        self._tracks: tuple[Track, ...] = ()
        self._seen_at = -math.inf
        self._searched_at = -math.inf

    def expected(self, at: float) -> list[Detection]:
        """Where to look for the plates at `at`, with no score of their own; empty where nothing is known."""
        step_s = at - self._seen_at
        if not 0 < step_s <= FORGET_S:
            return []
        return [Detection(corners=track.ahead(step_s), score=0.0) for track in self._tracks]

    def must_search(self, at: float) -> bool:
        """Whether the whole frame at `at` is to be searched, whatever is expected in it."""
        return not self._tracks or not 0 < at - self._searched_at < SEARCH_EVERY_S

    def pictures_before(self, look: Look, at: float) -> tuple[Picture, ...]:
        """The last flat pictures of the plate that `look` shows at `at`, newest last; none where it was not followed closely."""
        step_s = at - self._seen_at
        if not 0 < step_s <= UNBROKEN_S:
            return ()
        near = _nearest(look.plate.corners, self._tracks, step_s)
        return near.flats if near is not None else ()

    def saw(self, looks: Sequence[tuple[Look, Picture]], at: float, *, searched: bool) -> None:
        """Take what was read as plates at `at`: each with what was cut out of the frame and laid flat."""
        step_s = at - self._seen_at
        before = self._tracks if 0 < step_s <= FORGET_S else ()
        self._tracks = tuple(_seen(look, flat, before, step_s) for look, flat in looks)
        self._seen_at = at
        if searched:
            self._searched_at = at


def _seen(look: Look, flat: Picture, before: Sequence[Track], step_s: float) -> Track:
    """The track of `look`: the nearest in reach goes on, or a new one begins."""
    near = _nearest(look.plate.corners, before, step_s)
    if near is None:
        return Track(look.plate.corners, aim=look.aim, anchor=look.plate.corners, flats=(flat,))
    earlier = near.flats if step_s <= UNBROKEN_S else ()
    return replace(_follow(look, near, step_s), flats=(*earlier, flat)[1 - MOST :])


def _nearest(corners: Corners, before: Sequence[Track], step_s: float) -> Track | None:
    """The track that is expected where `corners` are."""
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
    if near.anchor is None:  # come to rest: this window stays
        return Track(corners, aim=look.aim, anchor=corners)
    return Track(corners, aim=corners, anchor=None)  # crept out of its window


def _is_same(anchor: Corners, corners: Corners) -> bool:
    width = plate_width(anchor)
    return _apart(anchor, corners) <= _STANDS * width and abs(plate_width(corners) - width) <= _STANDS * width


def _middle(corners: Corners) -> tuple[float, float]:
    return sum(x for x, _ in corners) / 4, sum(y for _, y in corners) / 4


def _apart(one: Corners, other: Corners) -> float:
    return math.dist(_middle(one), _middle(other))
