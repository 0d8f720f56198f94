"""The bodies of a call from the gate, part of the sync contract: `POST /calls` and `POST /calls/{id}` (ADR 150).

The gate rings, then reports repeatedly; each answer gives the state of the call. Sound and picture go directly from the
gate to the person's browser and never through the cloud. Only who may talk, and through which addresses, is exchanged
here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from sync.codec import Moment, in_utc, many, number, text
from sync.wire_fields import Count, LaneName, Line, Plate, Uuid

SDP_CHARS = 20_000
"""Longest session description (RFC 8866) accepted; aiortc's has 3,000 characters, Chromium's 8,000."""
WAIT_S = 10.0
"""Longest time in seconds that a report may wait at the cloud for a change."""

Sdp = Annotated[str, text(0, SDP_CHARS, r"[\r\n\x20-\x7e]*")]
Cause = Literal["button", "car"]
Phase = Literal["ringing", "answered", "ended"]
Ending = Literal["", "nobody", "person", "gate", "gate_lost", "person_lost", "person_out", "too_long"]
"""Who or what ended it: nobody answered, the person or the gate hung up, one of them was lost, or it took too long."""


@dataclass(frozen=True, slots=True)
class CallRing:
    """`POST /calls`: somebody at the gate asks for a person. `id` makes repeats harmless."""

    id: Uuid
    lane: LaneName
    cause: Cause
    plate: Plate | None = None
    """Canonical, where it was read: the guest's host may be asked too."""


@dataclass(frozen=True, slots=True)
class MediaCounts:
    """What has passed at the gate's end since the connection of `attempt` was made; a count grows or stands still."""

    attempt: Annotated[int, number(1, 1000)]
    pictures_sent: Count
    """RTP packets of the picture."""
    sound_sent: Count
    """RTP packets of the gate's microphone; it stands still where there is none."""
    sound_played: Count
    """Frames of the person's voice that the loudspeaker has taken; it stands still where there is none."""


@dataclass(frozen=True, slots=True)
class CallReport:
    """`POST /calls/{id}`: the gate is still there."""

    seen: Count = 0
    """`version` of the answer seen last: while nothing has changed since, this one waits."""
    wait_s: Annotated[float, number(0, WAIT_S)] = 0.0
    attempt: Annotated[int, number(0, 1000)] = 0
    """The offer that `answer` answers."""
    answer: Sdp = ""
    problem: Line = ""
    """Why the gate cannot talk, in words for the person; empty while all is well."""
    counts: MediaCounts | None = None
    hang_up: bool = False


@dataclass(frozen=True, slots=True)
class IceServer:
    """One STUN or TURN server (RFC 8489, RFC 8656), as RTCIceServer names its parts."""

    urls: Annotated[str, text(1, 200)]
    username: Annotated[str, text(0, 200)] = ""
    credential: Annotated[str, text(0, 200)] = ""


@dataclass(frozen=True, slots=True)
class CallTold:
    """How a call stands; `offer` is the person's newest, to be answered when `attempt` is greater than the gate's."""

    id: Uuid
    version: Count
    phase: Phase
    rings_until: Moment
    ending: Ending = ""
    by: Annotated[str, text(0, 120)] = ""
    """Who has answered; empty until somebody has."""
    attempt: Annotated[int, number(0, 1000)] = 0
    offer: Sdp = ""
    ice: Annotated[tuple[IceServer, ...], many(8)] = ()

    def __post_init__(self) -> None:
        in_utc(self, "rings_until")
