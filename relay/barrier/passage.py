"""How a passage ended, from loops and limit switches: passed, backed out, followed by a second vehicle. Pure.

With a loop under the boom the answer is certain. With only the loop before the barrier it is an inference: a vehicle
that leaves that loop after the boom has left its closed switch has passed; one that leaves it earlier has backed out.
Without any loop nothing is reported.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.words.outcomes import Passed

WINDOW_S = 60.0
"""For how long an opening explains a vehicle that crosses the boom line or leaves the loop before it."""
CLEAR_S = 3.0
"""A vehicle that left the approach loop must show up under the boom within this time."""


@dataclass(frozen=True, slots=True)
class Passage:
    """One lane from an opening for a vehicle until the next opening."""

    has_boom_loop: bool
    opened_at: float | None = None
    crossed: int = 0
    """Vehicles that have crossed since the opening."""
    under: bool = False
    approach: bool = False
    left_at: float | None = None
    """When the approach loop was left while nothing was under the boom yet."""
    boom_down: bool = False
    """At its closed switch now; always False if there is no such switch."""
    boom_heard: bool = True
    """False while nobody reads the loop under the boom: then nobody knows whether a vehicle went through."""


def opened(passage: Passage, now: float) -> Passage:
    """The barrier opens for this lane."""
    return replace(passage, opened_at=now, crossed=0, left_at=None)


def boom_left_closed(passage: Passage) -> Passage:
    """The boom is no longer at its closed switch."""
    return replace(passage, boom_down=False)


def boom_closed(passage: Passage) -> Passage:
    """The boom is down, so the opening no longer allows anything."""
    return replace(passage, opened_at=None, crossed=0, left_at=None, boom_down=True)


def loop_lost(passage: Passage, *, under: bool) -> Passage:
    """Nobody reads the loop any more (`under`: the one under the boom): how a vehicle on it went on is unknown."""
    if under:
        return replace(passage, under=False, left_at=None, boom_heard=False)
    return replace(passage, approach=False, left_at=None)


def approach_turned(passage: Passage, *, active: bool, now: float) -> tuple[Passage, Passed | None]:
    """The loop before the barrier has turned on or off."""
    before, passage = passage.approach, replace(passage, approach=active)
    over = passage.opened_at is None or now - passage.opened_at > WINDOW_S
    if over or active or not before:
        return replace(passage, left_at=None) if active else passage, None
    if passage.has_boom_loop:
        if passage.under or passage.crossed or not passage.boom_heard:
            return passage, None
        return replace(passage, left_at=now), None
    if not passage.boom_down:
        return _crossed(passage)
    return replace(passage, opened_at=None), Passed.BACKED_OUT


def boom_turned(passage: Passage, *, active: bool, now: float) -> tuple[Passage, Passed | None]:
    """The loop under the boom has turned on or off."""
    before, passage = passage.under, replace(passage, under=active, boom_heard=True)
    if active:
        return replace(passage, left_at=None), None
    if not before or passage.opened_at is None or now - passage.opened_at > WINDOW_S:
        return passage, None
    return _crossed(passage)


def elapsed(passage: Passage, now: float) -> tuple[Passage, Passed | None]:
    """Time has passed."""
    if passage.left_at is not None and not passage.under and now - passage.left_at > CLEAR_S:
        return replace(passage, left_at=None, opened_at=None), Passed.BACKED_OUT
    return passage, None


def _crossed(passage: Passage) -> tuple[Passage, Passed]:
    after = replace(passage, crossed=passage.crossed + 1, left_at=None)
    return after, Passed.PASSED if passage.crossed == 0 else Passed.FOLLOWED
