"""How far a visit has come: the machine of docs/visits.md, as a table that the tests hold every history against."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType

from core.decision.record import OPENED, Opening


class Phase(StrEnum):
    """Of a thing followed in a lane."""

    SIGHTING = "sighting"
    """Seen, and not (yet) a vehicle at the barrier: `Visit.kind` says what it is taken for."""
    WAITING = "waiting"
    """A visit: read, judged, refused for now or kept from opening."""
    ASKED = "asked"
    """The relay has been asked to open and has not answered."""
    THROUGH = "through"
    """The barrier was opened for it."""
    STANDING = "standing"
    """Its record is written and it stands there still: opened for and not gone, or parked."""
    GONE = "gone"
    """Out of view: recorded, or dropped. No value of this phase is kept."""


TRANSITIONS = MappingProxyType(
    {
        Phase.SIGHTING: {Phase.WAITING, Phase.ASKED, Phase.THROUGH, Phase.GONE},
        Phase.WAITING: {Phase.ASKED, Phase.THROUGH, Phase.STANDING, Phase.GONE},
        Phase.ASKED: {Phase.THROUGH, Phase.WAITING, Phase.STANDING, Phase.GONE},
        Phase.THROUGH: {Phase.ASKED, Phase.STANDING, Phase.GONE},
        Phase.STANDING: {Phase.GONE},
        Phase.GONE: set(),
    }
)
"""What may follow what. A vehicle that moves after standing is a new visit, waiting, with an id of its own."""


def after_openings(openings: tuple[Opening, ...]) -> Phase:
    """The phase of a visit, not yet recorded, whose last opening was made or answered so: the last one decides."""
    if openings[-1].outcome == "asked":
        return Phase.ASKED
    return Phase.THROUGH if openings[-1].outcome in OPENED else Phase.WAITING
