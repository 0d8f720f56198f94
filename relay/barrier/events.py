"""The events that a barrier's interlock receives, and the effects it returns.

`token` numbers the commands of one barrier, as in `relay.workers.jobs`. Times are monotonic seconds.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.words.outcomes import Outcome
from core.words.reasons import Reason
from relay.protocol import Do, EventKind

# -- what can happen ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Order:
    """Who wants what of this barrier."""

    id: str
    do: Do
    reason: Reason
    lane: str | None = None
    wired: bool = False
    """From a wired input: not refused while the barrier is busy."""
    hold_s: float | None = None
    expires: float = float("inf")
    by: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class FireTurned:
    """The fire input became active or inactive. `id` names the order that follows."""

    active: bool
    id: str = ""
    lane: str | None = None


@dataclass(frozen=True, slots=True)
class Began:
    """The board was told to close the contact."""

    token: int
    confirmed: bool | None = True
    """True: it confirmed this. False: its answer was lost. None: it cannot tell."""
    detail: str = ""
    """What was received instead of a confirmation."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The board could not be told, or was lost while the contact was closed."""

    token: int
    why: str
    detail: str


@dataclass(frozen=True, slots=True)
class WentOff:
    """The contact was opened. `confirmed`: True read back, False still closed, None the board cannot tell."""

    token: int
    confirmed: bool | None


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed."""


Event = Order | FireTurned | Began | Failed | WentOff | Tick


# -- what is to be done ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ClosePulse:
    """Close the contact for `seconds`, but not after `expires`."""

    token: int
    seconds: float
    expires: float


@dataclass(frozen=True, slots=True)
class KeepClosed:
    """Close the contact, or keep it closed, until `until` unless renewed."""

    token: int
    until: float


@dataclass(frozen=True, slots=True)
class SwitchOff:
    """Open the contact now."""

    token: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of an order: told to the requester and published."""

    order: Order
    outcome: Outcome
    why: str = ""
    detail: str = ""
    retry_after_s: float | None = None
    moved: bool = True
    """False: there was nothing to do, so there is nothing for the journal."""
    confirmed: bool | None = None
    """What the board says of the command that serves this order. None: it cannot tell, or there is no command."""


@dataclass(frozen=True, slots=True)
class Ended:
    """News without a requester: a pulse or a hold has ended."""

    kind: EventKind
    order: Order | None
    outcome: str
    what: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Resumed:
    """A hold whose end was told when its board was lost has begun again. `confirmed`: as in `Began`."""

    order: Order
    confirmed: bool | None


Effect = ClosePulse | KeepClosed | SwitchOff | Answer | Ended | Resumed
