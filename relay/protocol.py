"""What is said over the relay socket (docs/relay-protocol.md), as values. `relay.codec` writes and reads them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from core.words.reasons import Reason


class Do(StrEnum):
    """What can be asked."""

    OPEN = "open"
    """One pulse."""
    HOLD = "hold"
    """Keep it open for `hold_s`."""
    RELEASE = "release"
    """End the requester's own hold."""
    TEST = "test"
    """One pulse, answered after its end with the bytes said to the board."""
    STATUS = "status"
    """How everything is now."""
    SUBSCRIBE = "subscribe"
    """Events after `after`, as they happen."""
    ACK = "ack"
    """Events up to `after` are in the journal and need not be kept."""


ACTIONS = frozenset({Do.OPEN, Do.HOLD, Do.RELEASE, Do.TEST})
"""Requests that move something: they carry an id, a target and a time to live."""


class Outcome(StrEnum):
    """How a request ended; the words are those of `core.events.BarrierActed`."""

    DONE = "done"
    """The board was told to close the contact."""
    UNCONFIRMED = "unconfirmed"
    """The board was told, and its answer was lost: nobody knows whether the barrier moved."""
    REFUSED = "refused"
    """Not done, for the reason in `why`."""
    FAILED = "failed"
    """The command could not be sent, or the board would not have it."""
    EXPIRED = "expired"
    """Too old when its turn came; not done."""


TOLD = frozenset({Outcome.DONE, Outcome.UNCONFIRMED})
"""The board was told to close the contact: no failure, whether or not it has confirmed."""


class EventKind(StrEnum):
    """What a published event tells."""

    STARTED = "started"
    """The relay process is up; every contact was driven OFF."""
    ACTED = "acted"
    """A request, or an input, was answered: `outcome`."""
    ENDED = "ended"
    """A pulse or a hold is over."""
    PASSAGE = "passage"
    """What the loops say of a car between them."""
    POSITION = "position"
    """The limit switches changed."""
    PRESENCE = "presence"
    """A loop was entered or left, or the call button was pressed."""
    ALARM = "alarm"
    """Something is wrong with a board or an input."""
    CLEARED = "cleared"
    """It is well again."""


@dataclass(frozen=True, slots=True)
class Request:
    """One line from a client. `expires` is of CLOCK_MONOTONIC, in seconds; `hold_s` only for `hold`."""

    id: str
    do: Do
    lane: str | None = None
    barrier: str | None = None
    reason: Reason = Reason.CONSOLE
    expires: float = 0.0
    hold_s: float | None = None
    by: str = ""
    """Who asks, for the journal: `console:Иван`, `cli:root`, `portal:…`, `relay-test`; no right follows from it."""
    note: str = ""
    """Why, in the words of whoever asks."""
    after: int = 0
    """`subscribe`: events with a greater `seq` are sent; `ack`: everything up to here has been journalled."""
    replayed: bool = True
    """`subscribe`: whether events that happened before are wanted too."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The one answer to an action. `why` is a word for programs, `detail` a line for people."""

    id: str
    outcome: Outcome
    why: str = ""
    detail: str = ""
    barrier: str | None = None
    repeated: bool = False
    """This id had been answered before: nothing was done now, `outcome` is that of the first time."""
    retry_after_s: float | None = None
    said: tuple[str, ...] = ()
    """`test`: what was sent to the board (→) and came back (←)."""
    held_s: float | None = None
    """`hold`: how long it was granted, which may be less than was asked for."""
    confirmed: bool | None = None
    """True: the board says that it obeyed. False with `unconfirmed`: it should have, and did not. None: such a board
    tells nothing, or nothing was to move."""


@dataclass(frozen=True, slots=True)
class RelayEvent:
    """Something that happened at the barrier, whoever caused it.

    `seq` grows by one with each event that must be journalled, and is 0 for passing news (`presence`,
    `position`). `event_id` is unique for ever. `at_mono` is comparable only where `boot_id` is this boot's.
    """

    seq: int
    event_id: str
    kind: EventKind
    at_mono: float
    at_wall: float
    """Seconds since 1970, of a clock that may not have been set yet."""
    boot_id: str
    barrier: str = ""
    lane: str | None = None
    request_id: str = ""
    reason: Reason | None = None
    outcome: str = ""
    """`acted`: an `Outcome`; `ended`: `off`, `unconfirmed`; `passage`: `passed`, `backed_out`, `followed`;
    `position`: `open`, `closed`, `between`; `presence`: `on`, `off`; `alarm`/`cleared`: the name of the alarm."""
    what: str = ""
    """`acted`: `open`, `hold`, `release`; `presence` and input alarms: the input."""
    detail: str = ""
    by: str = ""
    """`acted`, `ended`: who asked, as the request said."""
    note: str = ""
    """`acted`: why, as the request said."""
    confirmed: bool | None = None
    """`acted`: as in a `Reply`."""


@dataclass(frozen=True, slots=True)
class BarrierStatus:
    """One barrier now. `contact`: what the board says of its relay: `on`, `off`, `unknown`."""

    name: str
    driver: str
    port: str
    health: str
    """`ok`, `lost` (port), `silent`, `nonsense`, `stuck` (contact stays closed), `starting`."""
    contact: str
    doing: str
    """`idle`, `pulse`, `gap`, `hold`, `fire`."""
    until_s: float | None
    """Seconds until `doing` ends, where that is known."""
    timed_by: str
    """Who ends a pulse: `board` or `pi`."""
    position: str
    """From limit switches: `open`, `closed`, `between`, `unknown`."""
    pulses: int
    detail: str = ""
    alarms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class InputStatus:
    """One wired input now. `level`: `on`, `off`, `unknown`."""

    name: str
    kind: str
    barrier: str
    lane: str | None
    level: str
    alarms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Status:
    """The relay process now."""

    id: str
    pid: int
    up_s: float
    barriers: tuple[BarrierStatus, ...]
    inputs: tuple[InputStatus, ...]
    unheard: int
    """Events nobody has journalled yet."""
    lost: int
    """Events dropped because nobody listened for too long."""
    clients: int


Message = Reply | RelayEvent | Status
