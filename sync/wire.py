"""The bodies of the sync contract, `/api/edge/v1`: the one thing the cloud and the edge share.

Every body is a frozen dataclass; `decode` and `encode` are its only way in and out. Moments are aware and UTC on both
sides. No state: safe from any thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from sync.codec import (
    Moment,
    WireError,
    decode,
    encode,
    in_utc,
    instant_text,
    many,
    number,
    parse,
    read,
    schema,
    text,
)
from sync.wire_fields import (
    Count,
    Cursor,
    Direction,
    Flowed,
    Identity,
    LaneName,
    Line,
    Name,
    Outcome,
    Plate,
    Slug,
    Uuid,
)
from sync.wire_health import (
    AlarmTold,
    CameraHealth,
    Health,
    HealthAnswer,
    RulesChosen,
    RulesTold,
    UpdateTold,
    UpdateWanted,
)

__all__ = [
    "Accepted",
    "AlarmTold",
    "CameraHealth",
    "Command",
    "CommandAck",
    "EnrollAnswer",
    "EnrollRequest",
    "EventBatch",
    "Flowed",
    "GateEvent",
    "Health",
    "HealthAnswer",
    "Lane",
    "MoveDocument",
    "Moved",
    "OpenedInCall",
    "Outcome",
    "PassItem",
    "PassPage",
    "PassesHint",
    "Problem",
    "Rejected",
    "RulesChosen",
    "RulesTold",
    "UpdateTold",
    "UpdateWanted",
    "WireError",
    "decode",
    "encode",
    "instant_text",
    "parse",
    "read",
    "schema",
]

BASE = "/api/edge/v1"
BATCH = 100
"""Events in one `POST /events`, at most."""
PAGE = 1000
"""Passes in one answer, at most."""
SPEAKS = "hours"
"""What this version understands beyond the first contract: parameter `speaks` of `GET /passes`, words with commas."""
SPEAKS_MOVED = "moved"
"""A further such word, of a gate that holds the key by which it knows a true `Moved`."""
MOVED_STATUS = 421
"""Misdirected Request (RFC 9110, 15.5.20): the territory lives elsewhere; the body is `Moved`."""
MOVE_KEY_KIND = "ssh-ed25519"
MOVE_NAMESPACE = "okter-move"
"""Of the signature (PROTOCOL.sshsig): one made for anything else moves nobody."""
SNAPSHOT_BYTES = 1_000_000
"""The largest JPEG the cloud takes."""
BODY_BYTES = 2_000_000
"""The largest JSON body either side reads, decompressed."""
PIECE_BYTES = 262_144
"""One piece of an update's file; the last is shorter. A slow modem brings it within the time of one request."""

# -- enrolment -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Lane:
    name: LaneName
    direction: Direction


@dataclass(frozen=True, slots=True)
class EnrollRequest:
    """`POST /enroll`: the manager's one-time code buys a device token."""

    code: Annotated[str, text(4, 20)]
    name: Name
    lanes: Annotated[tuple[Lane, ...], many(32)]
    version: Annotated[str, text(1, 40)]


@dataclass(frozen=True, slots=True)
class EnrollAnswer:
    device_token: Annotated[str, text(16, 200, r"[0-9A-Za-z_\-]+")]
    territory: Annotated[str, text(1, 120)]
    timezone: Annotated[str, text(1, 64)]
    code: Annotated[str, text(0, 7, r"|[0-9]{3}-[0-9]{3}")] = ""
    """The territory's code: a `Moved` of another territory is none of ours."""
    move_key: Annotated[str, text(0, 250, r"|ssh-ed25519 [0-9A-Za-z+/=]+")] = ""
    """The public key that signs `Moved`; empty = this cloud has one cell."""
    move_serial: Count = 0
    """The newest move that the territory has behind it: older words are worth nothing."""


# -- moves between cells ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MoveDocument:
    """What was signed: `territory` lives at `cell` since its move number `serial`."""

    territory: Annotated[str, text(7, 7, r"[0-9]{3}-[0-9]{3}")]
    cell: Annotated[str, text(8, 200)]
    serial: Annotated[int, number(1, 2**31)]


@dataclass(frozen=True, slots=True)
class Moved:
    """Body of a 421 to `GET /passes`: the text of a `MoveDocument`, and its signature in base64."""

    document: Annotated[str, text(1, 500)]
    signature: Annotated[str, text(1, 2000, r"[0-9A-Za-z+/=]+")]
    error: Line = ""


# -- passes ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PassItem:
    """One pass as it is now; `deleted` says that it is no more, and the other fields are then without meaning."""

    id: Identity
    plate: Plate
    valid_from: Moment | None = None
    valid_until: Moment | None = None
    """The moment at which the period is over: the pass is good while `valid_from <= now < valid_until`."""
    one_time: bool = False
    blocked: bool = False
    object: Annotated[str, text(0, 120)] = ""
    deleted: bool = False
    used: bool = False
    """A one-time pass whose car has been; it is `deleted` too, and a gate can say which of the two it was."""
    hours: Annotated[str, text(0, 200)] = ""
    """Days and hours in which it holds (`core.passes.schedule.kept`); empty = always. Told to a gate that asks for it
    (`speaks=hours`); to another such a pass is `deleted`, for it would take it to hold always."""

    def __post_init__(self) -> None:
        in_utc(self, "valid_from", "valid_until")


@dataclass(frozen=True, slots=True)
class PassPage:
    """`GET /passes?cursor=`: what has changed since the cursor, oldest change first.

    `more`: ask again with the new cursor. `reset`: what follows, up to the first page without `more`, is the whole
    list; whatever it does not name is no more.
    """

    items: Annotated[tuple[PassItem, ...], many(PAGE)]
    cursor: Cursor
    more: bool
    reset: bool


# -- push ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PassesHint:
    """Event `passes` of the stream: the list has changed, pull now."""

    cursor: Cursor


@dataclass(frozen=True, slots=True)
class OpenedInCall:
    """The call with the gate in which a command was given, and whether picture and sound were there by then."""

    id: Uuid
    picture: Flowed
    sound: Flowed


@dataclass(frozen=True, slots=True)
class Command:
    """Event `command` of the stream: somebody at the portal wants the barrier moved."""

    id: Uuid
    kind: Slug
    """`open`, `hold` or `release`; another kind is refused by the gate."""
    lane: LaneName
    expires_at: Moment
    """By the server's clock: not obeyed later."""
    minutes: Annotated[int, number(1, 24 * 60)] | None = None
    """How long a `hold` lasts."""
    by: Line = ""
    """Who asked, for the gate's own journal; no right follows from it."""
    call: OpenedInCall | None = None
    """For the gate's own journal too."""

    def __post_init__(self) -> None:
        in_utc(self, "expires_at")


@dataclass(frozen=True, slots=True)
class CommandAck:
    """`POST /commands/{id}/ack`."""

    outcome: Outcome
    detail: Line = ""


# -- journal ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class GateEvent:
    """One thing that happened at the gate; `id` makes repeats harmless."""

    id: Uuid
    kind: Slug
    """`visit` is a finished visit; `opening` a barrier moved without one; `fault` what needs a technician."""
    at: Moment
    """By the gate's wall clock; see `clock_trusted`."""
    clock_trusted: bool
    lane: LaneName | None = None
    plate: Plate | None = None
    format: Slug | None = None
    """The kind of plate it was read as (`core.plates.formats.FORMATS`): what settles where its region begins."""
    confidence: Annotated[float, number(0, 1)] | None = None
    decision: Literal["open", "refuse"] | None = None
    reason: Slug | None = None
    pass_id: Identity | None = None
    consumed: bool = False
    """The one-time pass `pass_id` was used up: its car has passed."""
    list_cursor: Cursor | None = None
    """The version of the list the decision was made by."""
    trace: Annotated[tuple[Line, ...], many(64)] = ()
    """The rules that decided, in order: the "why card"."""
    detail: Line = ""
    commands: Annotated[tuple[Uuid, ...], many(16)] = ()
    """The cloud's commands that opened for it."""
    snapshot: bool = False
    """A picture follows by `PUT /events/{id}/snapshot`."""

    def __post_init__(self) -> None:
        in_utc(self, "at")


@dataclass(frozen=True, slots=True)
class EventBatch:
    """`POST /events`."""

    events: Annotated[tuple[GateEvent, ...], many(BATCH)]


@dataclass(frozen=True, slots=True)
class Rejected:
    """An event the cloud will never take; sending it again is of no use."""

    id: Uuid
    why: Line


@dataclass(frozen=True, slots=True)
class Accepted:
    """Answer of `POST /events`: the ids that are safe with the cloud, new or already known."""

    accepted: Annotated[tuple[Uuid, ...], many(BATCH)]
    rejected: Annotated[tuple[Rejected, ...], many(BATCH)] = ()


@dataclass(frozen=True, slots=True)
class Problem:
    """Body of every answer that is not 2xx."""

    error: Line
