"""What a sighting may be, by which rule, and what is looked at to tell: the vocabulary of `core.turn.classify`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from core.events import FrameRead
from core.rules.policy import Policy
from core.rules.visit import EntryRules, ExitRules
from core.turn.recent import RecentOpening
from core.turn.state import LaneState
from core.visit.visit import Visit


class Kind(StrEnum):
    """What a sighting is."""

    VEHICLE = "vehicle"
    PART = "part"
    """A badge, a grille or a scrap of text on a vehicle that is followed already."""
    PARKED = "parked"
    """A car that was opened for and has not moved since."""
    SIGN = "sign"
    """In the picture but on no vehicle: a sign, a watermark."""
    ECHO = "echo"
    """A car just let through, driving on."""
    LIGHT = "light"
    """A change that cannot be told from a change of light."""
    OTHER_WAY = "other_way"
    """A car that drives against the lane's direction: it enters past the exit's camera."""
    UNKNOWN = "unknown"
    """Too little has been seen of it."""


class Ground(StrEnum):
    """The rule that decided; its sentence for people is in `core.decision.sentences`."""

    PLATE_READ = "plate_read"
    PLATE_SURE = "plate_sure"
    PLATE_FAINT = "plate_faint"
    AROUND_PLATE = "around_plate"
    PRESENT = "present"
    STAYS = "stays"
    FOREGROUND = "foreground"
    LIGHT_ONLY = "light_only"
    STANDS_SINCE_OPENING = "stands_since_opening"
    JUST_LET_THROUGH = "just_let_through"
    CAME_BACK = "came_back"
    ON_A_CAR = "on_a_car"
    PLATE_OF_A_VISIT = "plate_of_a_visit"
    GOES_AWAY = "goes_away"
    WHICH_WAY = "which_way"
    CORNER = "corner"
    NEVER_MOVED = "never_moved"
    BEHIND_A_CAR = "behind_a_car"
    NO_PLATE_NOW = "no_plate_now"
    TOO_FEW_FRAMES = "too_few_frames"


@dataclass(frozen=True, slots=True)
class Scene:
    """What a sighting is judged against."""

    lane: LaneState
    frame: FrameRead
    policy: Policy
    rules: EntryRules | ExitRules
    recent: Sequence[RecentOpening]

    @property
    def mono(self) -> float:
        return self.frame.at.mono

    def seen_for_s(self, visit: Visit) -> float:
        """How long ago it was first seen."""
        return self.frame.at.mono - visit.first.mono

    @property
    def exiting(self) -> bool:
        return isinstance(self.rules, ExitRules)


Classification = tuple[Kind, Ground]
"""What it is, and the rule that decided."""
