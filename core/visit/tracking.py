"""Which plate of a frame belongs to which visit: by text first, then by place and size. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot

from core.geometry import Box, widened
from core.reading.reading import Reading
from core.reading.reads import PlateRead
from core.rules.matching import MatchingRules
from core.visit.track import elsewhere


@dataclass(frozen=True, slots=True)
class Seen:
    """A plate in the current frame, and what it reads as by itself."""

    read: PlateRead
    own: Reading


@dataclass(frozen=True, slots=True)
class Known:
    """The last place of a visit's plate, what it reads as so far, and how long ago it was seen."""

    box: Box | None
    """None for a vehicle whose plate has not been seen."""
    vehicle: Box | None
    text: str
    confidence: float
    age_s: float
    unseen_s: float
    """How long ago any part of it was last seen: its plate or its vehicle."""
    sure: tuple[str | None, ...] = ()
    """`sure_characters` of its reading so far."""
    standing: bool = False
    """Whether it is known to stand at `box`: parked, or opened for and not moved since."""


def assign(seen: Sequence[Seen], known: Sequence[Known], rules: MatchingRules) -> tuple[int | None, ...]:
    """For each seen plate the index of its visit, or None.

    A visit gets at most one plate; the best matches go first.
    """
    pairs = [
        (score, -i, -j)
        for i, plate in enumerate(seen)
        for j, visit in enumerate(known)
        if (score := affinity(plate, visit, rules)) > 0.0
    ]
    answer: list[int | None] = [None] * len(seen)
    taken: set[int] = set()
    for _, i, j in sorted(pairs, reverse=True):
        if answer[-i] is None and -j not in taken:
            answer[-i] = -j
            taken.add(-j)
    return tuple(answer)


def affinity(seen: Seen, known: Known, rules: MatchingRules) -> float:
    """How well a plate fits a visit: 0 not at all, below 1 by vehicle, up to 1 by place alone, 2 to 3 by text."""
    if known.box is None:
        return _fit_by_vehicle(seen, known, rules)
    distance = edit_distance(seen.own.text, known.text)
    least = min(seen.own.confidence, known.confidence)
    near = nearness(seen.read.box, known.box, known.age_s, rules)
    if least >= rules.sure_text and distance >= rules.different_characters:
        return 0.0
    if contradicts(seen.own, known, rules):
        return 0.0
    if seen.own.text and (distance == 0 or (distance == 1 and least < rules.certain_text and len(known.text) > 4)):
        return 2.0 + near
    if elsewhere(seen.read.box, known.box, rules) and _needs_its_text(seen.own, known, rules):
        return 0.0
    place_known = known.unseen_s <= rules.place_for_s and (
        known.age_s <= rules.place_for_s or known.confidence < rules.sure_text
    )
    if not place_known and distance >= rules.different_characters:
        return 0.0
    return near


def _needs_its_text(own: Reading, known: Known, rules: MatchingRules) -> bool:
    """Whether only its own text proves that a plate moved: the visit stands, or its text is well known and differs."""
    return known.standing or (known.confidence >= rules.told_confidence and not agree(own.text, known.text))


def contradicts(own: Reading, known: Known, rules: MatchingRules) -> bool:
    """Whether the characters that both show beyond doubt differ in at least `different_characters` places: two cars.

    A plate with one hidden character is sure of the others. Its low overall confidence must not make it another car's
    plate.
    """
    here = sure_characters(own, rules)
    if len(here) != len(known.sure):
        return False
    differ = (a is not None and b is not None and a != b for a, b in zip(here, known.sure, strict=True))
    return sum(differ) >= rules.different_characters


def sure_characters(reading: Reading, rules: MatchingRules) -> tuple[str | None, ...]:
    """The characters seen beyond doubt, by position; None for each of the others."""
    return tuple(
        slot.symbol if not slot.erased and slot.probability >= rules.sure_character else None for slot in reading.slots
    )


def _fit_by_vehicle(seen: Seen, known: Known, rules: MatchingRules) -> float:
    """A vehicle without a plate takes a readable plate inside its box; the wider the plate, the better it fits."""
    if not seen.own.text:
        return 0.0
    size = min(0.4, seen.read.box.w / 1000)
    if known.vehicle is None:
        return 0.05 + size
    inside = widened(known.vehicle, rules.rim_share).holds(seen.read.box.centre)
    return 0.1 + size if inside else 0.0


def nearness(box: Box, last: Box, age_s: float, rules: MatchingRules) -> float:
    """1 at the same place and size, 0 beyond reach. Reach grows with the time since `last`."""
    wide = max(box.w, last.w)
    if wide <= 0.0 or min(box.w, last.w) * rules.size_ratio < wide:
        return 0.0
    reach = wide * min(rules.most_reach_widths, rules.reach_widths + rules.reach_widths_per_s * max(0.0, age_s))
    (x, y), (u, v) = box.centre, last.centre
    distance = hypot(x - u, y - v)
    return max(0.0, 1.0 - distance / reach)


def agree(one: str, other: str) -> bool:
    """Whether two texts may be of one badly read plate: the edit distance is at most half of the longer text."""
    return edit_distance(one, other) * 2 <= max(len(one), len(other))


def edit_distance(one: str, other: str) -> int:
    """Characters to insert, drop or change to make `one` of `other` (Levenshtein)."""
    if one == other:
        return 0
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        before, row[0] = row[0], i
        left = i
        for j, b in enumerate(other, 1):
            above = row[j]
            if a == b:  # nothing is cheaper then
                left = before
            else:  # the least of three, without the call of `min`, which took twice as long as all of this
                left = left if left < above else above  # noqa: FURB136
                left = (left if left < before else before) + 1  # noqa: FURB136
            before, row[j] = above, left
    return row[-1]
