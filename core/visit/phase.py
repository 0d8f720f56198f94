"""The phases of a visit, the state machine of docs/visits.md. The tests check every history against its table."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType

from core.decision.record import Opening
from core.words.outcomes import ASKED, OPENED


class Phase(StrEnum):
    """The phase of something followed in a lane."""

    SIGHTING = "sighting"
    """Seen, but not (yet) a vehicle at the barrier. `Visit.kind` says what it is taken for."""
    WAITING = "waiting"
    """A visit that is not opened for: read, judged, refused for now, or something hinders the opening."""
    ASKED = "asked"
    """The relay has been asked to open and has not answered."""
    THROUGH = "through"
    """The barrier was opened for it."""
    STANDING = "standing"
    """Its record is written and it is still there: opened for and not gone, or parked."""
    GONE = "gone"
    """Out of view: recorded or dropped. No visit in this phase is kept."""


TRANSITIONS = MappingProxyType(
    {
        Phase.SIGHTING: {Phase.WAITING, Phase.ASKED, Phase.THROUGH, Phase.GONE},
        Phase.WAITING: {Phase.ASKED, Phase.THROUGH, Phase.STANDING, Phase.GONE},
        Phase.ASKED: {Phase.THROUGH, Phase.WAITING, Phase.STANDING, Phase.GONE},
        Phase.THROUGH: {Phase.STANDING, Phase.GONE},
        Phase.STANDING: {Phase.GONE},
        Phase.GONE: set(),
    }
)
"""Allowed transitions. A vehicle that moves after standing starts a new visit, in phase WAITING, with its own id."""


def after_openings(openings: tuple[Opening, ...]) -> Phase:
    """The phase of a visit that is not recorded yet. Its last opening decides."""
    if openings[-1].outcome == ASKED:
        return Phase.ASKED
    return Phase.THROUGH if openings[-1].outcome in OPENED else Phase.WAITING
