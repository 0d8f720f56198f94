"""The bodies of the sync contract, `/api/edge/v1`: all that cloud and edge share.

Every body is a frozen dataclass; `decode` and `encode` are the only way in and out. Moments are timezone-aware UTC on
both sides. No state: safe from any thread.
"""

from __future__ import annotations

from dataclasses import dataclass, field
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
"""Most events in one `POST /events`."""
PAGE = 1000
"""Most passes in one answer."""
SPEAKS = "hours"
"""What this version supports beyond the first contract: the parameter `speaks` of `GET /passes`, comma-separated words."""
SPEAKS_MOVED = "moved"
"""A further such word, sent by a gate that has the key to verify a `Moved`."""
MOVED_STATUS = 421
"""Misdirected Request (RFC 9110, 15.5.20): the territory is elsewhere; the body is `Moved`."""
MOVE_NAMESPACE = "okter-move"
"""Namespace of the signature (PROTOCOL.sshsig): a signature made for anything else moves nobody."""
SNAPSHOT_BYTES = 1_000_000
"""The largest JPEG that the cloud accepts."""
BODY_BYTES = 2_000_000
"""The largest JSON body that either side reads, after decompression."""
PIECE_BYTES = 262_144
"""Size of one piece of an update's file; the last one is shorter. Even a slow modem transfers it within one request's
time."""

# -- enrolment -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Lane:
    name: LaneName
    direction: Direction


@dataclass(frozen=True, slots=True)
class EnrollRequest:
    """`POST /enroll`: exchanges the manager's one-time code for a device token."""

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
    """The territory's code. A `Moved` of another territory is ignored."""
    move_key: Annotated[str, text(0, 250, r"|ssh-ed25519 [0-9A-Za-z+/=]+")] = ""
    """The public key that signs `Moved`; empty = this cloud has only one cell."""
    move_serial: Count = 0
    """The territory's newest move so far. Notices with a lower or equal number are ignored."""


# -- moves between cells ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MoveDocument:
    """The signed text: `territory` has been at `cell` since its move number `serial`."""

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
    """One pass in its present state. If `deleted`, it no longer exists, and its other fields mean nothing.

    What narrows a pass may not be left out (ADR 210): one without its end is not a pass without an end.
    """

    id: Identity
    plate: Plate
    valid_from: Moment | None = field(kw_only=True)
    valid_until: Moment | None = field(kw_only=True)
    """The moment when the period is over: the pass is valid while `valid_from <= now < valid_until`."""
    one_time: bool = field(kw_only=True)
    blocked: bool = field(kw_only=True)
    object: Annotated[str, text(0, 120)] = ""
    deleted: bool = field(kw_only=True)
    used: bool = False
    """A one-time pass whose car has passed. It is also `deleted`; this lets a gate tell which of the two it was."""
    hours: Annotated[str, text(0, 200)] = ""
    """Days and hours in which it holds (`core.passes.schedule.kept`); empty = always. Only sent to a gate that asks for
    it (`speaks=hours`). For any other gate, such a pass is `deleted`, because it would take the pass to hold always."""

    def __post_init__(self) -> None:
        in_utc(self, "valid_from", "valid_until")


@dataclass(frozen=True, slots=True)
class PassPage:
    """`GET /passes?cursor=`: what has changed since the cursor, oldest change first.

    `more`: ask again with the new cursor. `reset`: what follows, up to the first page without `more`, is the whole
    list; whatever it does not contain no longer exists.
    """

    items: Annotated[tuple[PassItem, ...], many(PAGE)]
    cursor: Cursor
    more: bool
    reset: bool


# -- push ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PassesHint:
    """Event `passes` of the stream: the list has changed, so pull now."""

    cursor: Cursor


@dataclass(frozen=True, slots=True)
class OpenedInCall:
    """The call with the gate during which a command was given, and whether picture and sound had arrived by then."""

    id: Uuid
    picture: Flowed
    sound: Flowed


@dataclass(frozen=True, slots=True)
class Command:
    """Event `command` of the stream: somebody at the portal wants the barrier moved."""

    id: Uuid
    kind: Slug
    """`open`, `hold` or `release`; the gate refuses other kinds."""
    lane: LaneName
    expires_at: Moment
    """By the server's clock; not executed later."""
    minutes: Annotated[int, number(1, 24 * 60)] | None = None
    """How long a `hold` lasts."""
    by: Line = ""
    """Who asked, for the gate's own journal; it grants no rights."""
    call: OpenedInCall | None = None
    """Also for the gate's own journal."""

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
    """Something that happened at the gate. `id` makes repeats harmless."""

    id: Uuid
    kind: Slug
    """`visit`: a finished visit; `opening`: the barrier moved without one; `fault`: something needs a technician."""
    at: Moment
    """By the gate's wall clock; see `clock_trusted`."""
    clock_trusted: bool
    lane: LaneName | None = None
    plate: Plate | None = None
    format: Slug | None = None
    """The format it was read as (`core.plates.formats.FORMATS`); it settles where the region code begins."""
    confidence: Annotated[float, number(0, 1)] | None = None
    decision: Literal["open", "refuse"] | None = None
    """What was decided about the car; `opened` says what came of it."""
    opened: Literal["yes", "no", "unconfirmed"] | None = None
    """Whether the barrier is taken to have opened for it, by a decision or by hand; `unconfirmed`: no board has said so.
    None: nobody asked to open (the barrier is held open), or an earlier version does not say."""
    reason: Slug | None = None
    pass_id: Identity | None = None
    consumed: bool = False
    """The one-time pass `pass_id` was used up: its car has passed."""
    list_cursor: Cursor | None = None
    """The version of the list used for the decision."""
    trace: Annotated[tuple[Line, ...], many(64)] = ()
    """The rules that decided, in order: the "why card"."""
    detail: Line = ""
    commands: Annotated[tuple[Uuid, ...], many(16)] = ()
    """The cloud's commands that opened for it."""
    snapshot: bool = False
    """A picture follows in `PUT /events/{id}/snapshot`."""

    def __post_init__(self) -> None:
        in_utc(self, "at")


@dataclass(frozen=True, slots=True)
class EventBatch:
    """`POST /events`."""

    events: Annotated[tuple[GateEvent, ...], many(BATCH)]


@dataclass(frozen=True, slots=True)
class Rejected:
    """An event that the cloud will never accept; sending it again is useless."""

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
