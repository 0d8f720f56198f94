"""Cars just let through a barrier, so that they are not met as new ones while they drive on. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.instant import Instant
from core.policy import Lane, Policy
from core.reading import Reading
from core.tracking import CERTAIN_TEXT, edit_distance
from core.visit import Visit

ECHO_CONFIDENCE = 0.5
"""A plate read with less says nothing of whose it is."""


@dataclass(frozen=True, slots=True)
class Echo:
    """A plate just let through a barrier: seen again while driving on, it is the same car."""

    barrier: str
    visit_id: str
    text: str
    confidence: float
    """That it read so."""
    until: float
    """Monotonic seconds."""


def remembered(echoes: Sequence[Echo], visit: Visit, barrier: str, at: Instant, policy: Policy) -> tuple[Echo, ...]:
    """The echoes with that of a visit that is let through now, where its plate was read at all."""
    reading = visit.reading
    if not reading.text or policy.same_car_s <= 0.0:
        return tuple(echoes)
    echo = Echo(barrier, visit.id, reading.text, reading.confidence, at.mono + policy.same_car_s)
    return (*forgotten(echoes, visit), echo)


def forgotten(echoes: Sequence[Echo], visit: Visit) -> tuple[Echo, ...]:
    """The echoes without that of the visit: a car that was not let through is not driving on."""
    return tuple(echo for echo in echoes if echo.visit_id != visit.id)


def is_echo(lane: Lane, visit: Visit, echoes: Sequence[Echo]) -> bool:
    """Whether it reads as a car that the lane's barrier has just been opened for."""
    return visit.reading.confidence >= ECHO_CONFIDENCE and any(
        echo.barrier == lane.barrier and echo.visit_id != visit.id and _same_car(echo, visit.reading) for echo in echoes
    )


def _same_car(echo: Echo, reading: Reading) -> bool:
    """Whether it may be one plate: two that differ in a character, both read beyond doubt, are two cars of a fleet."""
    certain = min(echo.confidence, reading.confidence) >= CERTAIN_TEXT
    return edit_distance(echo.text, reading.text) <= (0 if certain else 1)
