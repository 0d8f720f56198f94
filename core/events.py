"""What happens to the gate (events) and what the gate wants done (effects): the whole vocabulary of `step`.

Events come from the edges, in the order in which the controller took them from its queue. Effects are performed in the
order given, the barrier first. Times are seconds of the monotonic clock, except `Instant.wall`.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.decision.record import DroppedSighting, VisitRecord
from core.geometry import Box
from core.instant import Instant
from core.passes.pass_list import PassList
from core.reading.reads import PlateRead
from core.rules.policy import Direction, Policy
from core.words.outcomes import Outcome, Passed
from core.words.reasons import Reason

__all__ = [
    "BarrierActed",
    "CameraChanged",
    "CameraPlateRead",
    "ConsumePass",
    "Direction",
    "Effect",
    "Event",
    "ForgetEvidence",
    "FrameRead",
    "Instant",
    "KeepEvidence",
    "OpenBarrier",
    "Outcome",
    "PassListChanged",
    "PassageSeen",
    "Passed",
    "PolicyChanged",
    "Reason",
    "RecordVisit",
    "Tick",
    "VehiclePresence",
]


# -- events ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FrameRead:
    """Vision has looked at one frame. It is also sent when nothing was seen: an empty lane is news."""

    lane: str
    at: Instant
    captured: float
    """Monotonic time when the frame arrived from the camera."""
    frame_id: int
    size: tuple[int, int]
    """Width and height in pixels."""
    plates: tuple[PlateRead, ...]
    vehicle: Box | None
    """Vehicle-sized foreground in the lane zone, if any."""
    frozen: bool
    """The picture has stopped changing. Nothing may open on it."""
    light: Box | None = None
    """Vehicle-sized change that may be only a change of light: shown and traced, but never a vehicle by itself."""


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed. Sent several times a second, so that visits end and deadlines take effect."""

    at: Instant


@dataclass(frozen=True, slots=True)
class PassListChanged:
    """Sync or a technician has replaced the list."""

    at: Instant
    passes: PassList


@dataclass(frozen=True, slots=True)
class CameraChanged:
    """A camera was lost or came back."""

    lane: str
    at: Instant
    alive: bool


@dataclass(frozen=True, slots=True)
class BarrierActed:
    """The relay process reports what it did, at our request or somebody else's (button, loop, fire, console).

    `request_id` is that of our `OpenBarrier`, or the relay's own.
    """

    at: Instant
    barrier: str
    lane: str | None
    request_id: str
    reason: Reason
    outcome: Outcome
    detail: str = ""
    by: str = ""
    """Who asked, if known (`relay.protocol.Request.by`)."""
    note: str = ""
    confirmed: bool | None = None
    """Whether the board confirmed that it obeyed; None if such a board cannot tell."""


@dataclass(frozen=True, slots=True)
class PassageSeen:
    """Loops or limit switches report how a passage ended."""

    at: Instant
    barrier: str
    lane: str | None
    outcome: Passed


@dataclass(frozen=True, slots=True)
class VehiclePresence:
    """A loop of a lane has gone on or off. `loop` is `entry_loop` or `exit_loop`."""

    lane: str
    at: Instant
    loop: str
    present: bool


@dataclass(frozen=True, slots=True)
class CameraPlateRead:
    """The camera's own recogniser has read a plate. It opens nothing by itself: see `core.turn.camera_reads`."""

    lane: str
    at: Instant
    """When the reading reached us."""
    plate: str
    """Canonical."""
    seen: float | None
    """Monotonic time at which the camera looked; None if unknown."""


@dataclass(frozen=True, slots=True)
class PolicyChanged:
    """The site's thresholds have changed. Decisions already made stand until they are looked at again."""

    at: Instant
    policy: Policy


Event = (
    FrameRead
    | Tick
    | PassListChanged
    | CameraChanged
    | BarrierActed
    | PassageSeen
    | VehiclePresence
    | CameraPlateRead
    | PolicyChanged
)


# -- effects ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OpenBarrier:
    """Ask the relay for one pulse. After `expires` (monotonic) the request must no longer be obeyed."""

    request_id: str
    lane: str
    barrier: str
    reason: Reason
    expires: float


@dataclass(frozen=True, slots=True)
class KeepEvidence:
    """Frame `frame_id` of `lane` is the best picture of `visit_id` so far: keep it until the record is written."""

    visit_id: str
    lane: str
    frame_id: int


@dataclass(frozen=True, slots=True)
class ForgetEvidence:
    """`visit_id` became no visit (seen in only one frame, or a car already let through): its picture is not needed.

    `dropped` tells what it was taken for; None if it turned out to be part of a visit.
    """

    visit_id: str
    lane: str
    dropped: DroppedSighting | None = None


@dataclass(frozen=True, slots=True)
class RecordVisit:
    """The visit is over: write its one record."""

    record: VisitRecord


@dataclass(frozen=True, slots=True)
class ConsumePass:
    """A one-time pass was used: its car has passed (confirmed where the site has sensors for that)."""

    pass_id: str
    visit_id: str


Effect = OpenBarrier | KeepEvidence | ForgetEvidence | RecordVisit | ConsumePass
