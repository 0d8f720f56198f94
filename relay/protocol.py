"""The messages of the relay socket (docs/relay-protocol.md), as values. `relay.codec` encodes and decodes them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from core.words.outcomes import Outcome
from core.words.reasons import Reason


class Do(StrEnum):
    """The possible requests."""

    OPEN = "open"
    """One pulse."""
    HOLD = "hold"
    """Keep it open for `hold_s`."""
    RELEASE = "release"
    """End the requester's own hold."""
    TEST = "test"
    """One pulse, answered after its end with the bytes exchanged with the board."""
    STATUS = "status"
    """The present state of everything."""
    SUBSCRIBE = "subscribe"
    """Events after `after`, as they happen."""
    ACK = "ack"
    """Events up to `after` are in the journal and need not be kept."""


ACTIONS = frozenset({Do.OPEN, Do.HOLD, Do.RELEASE, Do.TEST})
"""Requests that move something. They carry an id, a target and an expiry time."""


class EventKind(StrEnum):
    """What a published event reports."""

    STARTED = "started"
    """The relay process is up, and every contact was switched OFF."""
    ACTED = "acted"
    """A request or an input was handled; see `outcome`."""
    ENDED = "ended"
    """A pulse or a hold is over."""
    PASSAGE = "passage"
    """What the loops report about a passing car."""
    POSITION = "position"
    """The limit switches changed."""
    PRESENCE = "presence"
    """A loop was entered or left, or the call button was pressed."""
    ALARM = "alarm"
    """Something is wrong with a board or an input."""
    CLEARED = "cleared"
    """The alarm is over."""


@dataclass(frozen=True, slots=True)
class Request:
    """One line from a client. `expires` is in seconds of CLOCK_MONOTONIC; `hold_s` is only for `hold`."""

    id: str
    do: Do
    lane: str | None = None
    barrier: str | None = None
    reason: Reason = Reason.CONSOLE
    expires: float = 0.0
    hold_s: float | None = None
    by: str = ""
    """Who asks, for the journal: `console:Иван`, `cli:root`, `portal:…`, `relay-test`. It grants no rights."""
    note: str = ""
    """Why, in the words of the person who asks."""
    after: int = 0
    """`subscribe`: only events with a greater `seq` are sent. `ack`: everything up to this is in the journal."""
    replayed: bool = True
    """`subscribe`: whether earlier events are wanted too."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The one answer to an action. `why` is a code for programs, `detail` a line for people."""

    id: str
    outcome: Outcome
    why: str = ""
    detail: str = ""
    barrier: str | None = None
    repeated: bool = False
    """This id was answered before. Nothing was done now; `outcome` is that of the first time."""
    retry_after_s: float | None = None
    said: tuple[str, ...] = ()
    """`test`: what was sent to the board (→) and received from it (←)."""
    held_s: float | None = None
    """`hold`: the time granted, which may be shorter than requested."""
    confirmed: bool | None = None
    """True: the board confirmed that it obeyed. False, with `unconfirmed`: it should have confirmed, and did not. None:
    the board cannot tell, or nothing was to move."""


@dataclass(frozen=True, slots=True)
class RelayEvent:
    """Something that happened at the barrier, whoever caused it.

    `seq` grows by one with each event that must be journalled. It is 0 for passing news (`presence`, `position`).
    `event_id` is unique for ever. `at_mono` is comparable only if `boot_id` is that of this boot.
    """

    seq: int
    event_id: str
    kind: EventKind
    at_mono: float
    at_wall: float
    """Seconds since 1970, of a clock that may not be set yet."""
    boot_id: str
    barrier: str = ""
    lane: str | None = None
    request_id: str = ""
    reason: Reason | None = None
    outcome: str = ""
    """`acted`: an `Outcome`; `ended`: `off`, `unconfirmed`, `stuck`, `released`, `over`, `unknown`; `passage`:
    `passed`, `backed_out`, `followed`; `position`: `open`, `closed`, `between`, `unknown`; `presence`: `on`, `off`,
    `unknown`; `alarm`/`cleared`: the name of the alarm."""
    what: str = ""
    """`acted`: `open`, `hold`, `release`; `ended`: `pulse`, `hold`; `presence`: the kind of the input; input alarms:
    its name."""
    detail: str = ""
    by: str = ""
    """`acted`, `ended`: who asked, from the request."""
    note: str = ""
    """`acted`: why, from the request."""
    confirmed: bool | None = None
    """`acted`: as in a `Reply`."""


@dataclass(frozen=True, slots=True)
class BarrierStatus:
    """The present state of one barrier. `contact`: what the board says of its relay: `on`, `off`, `unknown`."""

    name: str
    driver: str
    port: str
    health: str
    """`ok`, `lost` (port), `silent`, `nonsense`, `stuck` (contact stays closed), `hung`, `broken` (driver), `starting`."""
    contact: str
    doing: str
    """`idle`, `pulse`, `gap`, `hold`, `fire`."""
    until_s: float | None
    """Seconds until `doing` ends, if known."""
    timed_by: str
    """Who ends a pulse: `board` or `pi`."""
    position: str
    """From limit switches: `open`, `closed`, `between`, `unknown`."""
    pulses: int
    """How often the contact was told to close since the start, for pulses and holds alike."""
    detail: str = ""
    alarms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class InputStatus:
    """The present state of one wired input. `level`: `on`, `off`, `unknown`."""

    name: str
    kind: str
    barrier: str
    lane: str | None
    level: str
    alarms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Status:
    """The present state of the relay process."""

    id: str
    pid: int
    up_s: float
    barriers: tuple[BarrierStatus, ...]
    inputs: tuple[InputStatus, ...]
    unheard: int
    """Events not journalled yet."""
    lost: int
    """Events dropped because they were not acknowledged for too long."""
    clients: int


Message = Reply | RelayEvent | Status
