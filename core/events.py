"""What happens to the gate (events) and what the gate wants done (effects): the whole language of `step`.

Events come from the edges in the order in which the controller took them from its queue; effects are performed in
the order given, the barrier first. Times are of the monotonic clock, in seconds, except `Instant.wall`.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.decision.record import DroppedSighting, VisitRecord
from core.geometry import Box
from core.instant import Instant
from core.passes.pass_list import PassList
from core.reading.reads import PlateRead
from core.rules.policy import Direction, Policy
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
    "PassListChanged",
    "PassageSeen",
    "PolicyChanged",
    "Reason",
    "RecordVisit",
    "Tick",
    "VehiclePresence",
]


# -- events ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FrameRead:
    """Vision has looked at one frame (also when it saw nothing: an empty lane is news)."""

    lane: str
    at: Instant
    captured: float
    """Monotonic time at which the frame arrived from the camera."""
    frame_id: int
    size: tuple[int, int]
    """Width and height in pixels."""
    plates: tuple[PlateRead, ...]
    vehicle: Box | None
    """Vehicle-sized foreground in the lane zone, if any."""
    frozen: bool
    """The picture has stopped changing: nothing may open on it."""
    light: Box | None = None
    """Vehicle-sized change that cannot be told from a change of light: shown and traced, never a vehicle by itself."""


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed; sent several times a second so that visits end and windows close."""

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
    """The relay process reports what it did, by our request or by itself (button, loop, fire, console).

    `request_id` is that of our `OpenBarrier`, or the relay's own. `outcome`: `done`, `unconfirmed` (the
    board was told and its answer was lost), `refused`, `failed`, `expired`.
    """

    at: Instant
    barrier: str
    lane: str | None
    request_id: str
    reason: Reason
    outcome: str
    detail: str = ""
    by: str = ""
    """Who asked, where that is told (`relay.protocol.Request.by`)."""
    note: str = ""
    confirmed: bool | None = None
    """Whether the board says that it obeyed; None: such a board tells nothing."""


@dataclass(frozen=True, slots=True)
class PassageSeen:
    """Loops or limit switches tell how a passage ended: `passed`, `backed_out`, `followed`."""

    at: Instant
    barrier: str
    lane: str | None
    outcome: str


@dataclass(frozen=True, slots=True)
class VehiclePresence:
    """A loop of a lane has gone on or off; `loop` is `entry_loop` or `exit_loop`."""

    lane: str
    at: Instant
    loop: str
    present: bool


@dataclass(frozen=True, slots=True)
class CameraPlateRead:
    """The camera's own recogniser has read a plate. It opens nothing by itself: what it is worth stands in `core.turn.camera_reads`."""

    lane: str
    at: Instant
    """When we were told."""
    plate: str
    """Canonical."""
    seen: float | None
    """Monotonic time at which the camera looked; None where nobody knows."""


@dataclass(frozen=True, slots=True)
class PolicyChanged:
    """The site's thresholds are others from now on; what is decided stays so until it is looked at again."""

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
    """Ask the relay for one pulse. After `expires` (monotonic) the request must not be obeyed any more."""

    request_id: str
    lane: str
    barrier: str
    reason: Reason
    expires: float


@dataclass(frozen=True, slots=True)
class KeepEvidence:
    """The frame `frame_id` of `lane` is the best so far of visit `visit_id`: keep its picture until the record."""

    visit_id: str
    lane: str
    frame_id: int


@dataclass(frozen=True, slots=True)
class ForgetEvidence:
    """Visit `visit_id` was no visit (seen in one frame alone, a car already let through): its picture makes no record.

    `dropped` tells what it was taken for; None for one that turned out to be part of a visit.
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
    """A one-time pass was used: its car has passed (confirmed where the site can tell)."""

    pass_id: str
    visit_id: str


Effect = OpenBarrier | KeepEvidence | ForgetEvidence | RecordVisit | ConsumePass
