"""The state of one barrier's output, as the interlock leaves it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from relay.barrier.events import Began, Failed, Order
from relay.barrier.holds import Hold, Holds, longest

NO_FAILURE = Failed(0, "", "")
NO_COMMAND = Began(0, confirmed=None)


class Doing(StrEnum):
    """What the output does now."""

    IDLE = "idle"
    STARTING = "starting"
    PULSE = "pulse"
    HOLD = "hold"
    ENDING = "ending"
    GAP = "gap"


@dataclass(frozen=True, slots=True)
class Limits:
    """Times of one barrier, in seconds."""

    pulse_s: float
    min_gap_s: float
    max_hold_s: float
    repeat_s: float | None
    """None: a hold keeps the contact closed; else it pulses again after so long."""


@dataclass(frozen=True, slots=True)
class Interlock:
    """The state of one barrier's output."""

    limits: Limits
    doing: Doing = Doing.IDLE
    token: int = 0
    until: float = 0.0
    """PULSE: when it should end; GAP: when it is over; HOLD: when the worker must hear again."""
    running: Order | None = None
    """The order that the running command serves."""
    holds: Holds = ()
    """At most one a requester."""
    fire: Hold | None = None
    ending: Order | None = None
    """Of the hold whose end opens the contact: its end is news when the board has opened it."""
    joined: tuple[Order, ...] = ()
    """Others who are answered when the running command has begun or failed."""
    waiting: tuple[Order, ...] = ()
    """Orders that come next: wired ones, all served by one pulse."""
    obeyed: bool = False
    """The board was told the last command, and nothing has failed since."""
    began: Began = NO_COMMAND
    """What the board said to it."""
    failure: Failed = NO_FAILURE
    """The last one."""
    repeat_at: float = 0.0
    keeping: bool = False
    """The running command keeps the contact closed until told otherwise; else it is a pulse."""

    @property
    def held(self) -> bool:
        return bool(self.holds) or self.fire is not None

    @property
    def hold(self) -> Hold | None:
        """The hold that ends last."""
        return longest(self.holds)

    @property
    def keeps(self) -> bool:
        """The contact is kept closed, or is about to be: the end of a hold is seen when it opens."""
        return self.keeping and self.doing in {Doing.STARTING, Doing.HOLD, Doing.ENDING}

    @property
    def whose(self) -> Order | None:
        """The order that the contact is closed for now: requesters come and go while it is held."""
        holder = (self.fire or self.hold) if self.keeping else None
        return self.ending or (holder.order if holder else self.running)

    @property
    def what(self) -> str:
        """What the contact is closed for: `hold` or `pulse`."""
        return "hold" if self.doing in {Doing.HOLD, Doing.ENDING} else "pulse"
