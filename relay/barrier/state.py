"""The state of one barrier's output, as the interlock leaves it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from relay.barrier.events import Began, Failed, Order
from relay.barrier.holds import Hold, Holds, longest

NO_FAILURE = Failed(0, "", "")
NO_COMMAND = Began(0, confirmed=None)


class Doing(StrEnum):
    """What the output is doing now."""

    IDLE = "idle"
    STARTING = "starting"
    PULSE = "pulse"
    HOLD = "hold"
    ENDING = "ending"
    GAP = "gap"


@dataclass(frozen=True, slots=True)
class BarrierLimits:
    """Times of one barrier, in seconds."""

    pulse_s: float
    min_gap_s: float
    max_hold_s: float
    repeat_s: float | None
    """None: a hold keeps the contact closed. Otherwise it repeats the pulse after this many seconds."""


@dataclass(frozen=True, slots=True)
class Interlock:
    """The state of one barrier's output."""

    limits: BarrierLimits
    doing: Doing = Doing.IDLE
    token: int = 0
    until: float = 0.0
    """PULSE: when it should end; GAP: when it is over; HOLD: when the worker's lease must be renewed."""
    running: Order | None = None
    """The order served by the running command."""
    holds: Holds = ()
    """At most one per requester."""
    fire: Hold | None = None
    ending: Order | None = None
    """The order of the hold whose end opens the contact. Its end is reported when the board has opened the contact."""
    lost: tuple[Order, ...] = ()
    """Orders of holds whose end was reported when their board was lost. Those still `unended` are retried."""
    joined: tuple[Order, ...] = ()
    """Other orders that are answered when the running command has begun or failed."""
    waiting: tuple[Order, ...] = ()
    """Orders that come next: wired ones, all served by one pulse."""
    obeyed: bool = False
    """The board was told the last command, and nothing has failed since."""
    began: Began = NO_COMMAND
    """The board's answer to it."""
    failure: Failed = NO_FAILURE
    """The last failure."""
    repeat_at: float = 0.0
    keeping: bool = False
    """The running command keeps the contact closed until told otherwise; if False, it is a pulse."""

    @property
    def held(self) -> bool:
        return bool(self.holds) or self.fire is not None

    @property
    def hold(self) -> Hold | None:
        """The hold that ends last."""
        return longest(self.holds)

    @property
    def keeps(self) -> bool:
        """Whether the contact is kept closed, or about to be: the end of a hold is visible when the contact opens."""
        return self.keeping and self.doing in {Doing.STARTING, Doing.HOLD, Doing.ENDING}

    @property
    def current_order(self) -> Order | None:
        """The order for which the contact is closed now. Requesters may change while it is held."""
        holder = (self.fire or self.hold) if self.keeping else None
        return self.ending or (holder.order if holder else self.running)

    @property
    def unended(self) -> tuple[Order, ...]:
        """The orders of all holds, and of the one whose end is still to be reported."""
        fire = (self.fire.order,) if self.fire else ()
        ending = (self.ending,) if self.ending else ()
        return (*(hold.order for hold in self.holds), *fire, *ending)

    def with_end_reported(self) -> Interlock:
        """After the end of the hold that the contact was closed for was reported: it has opened, or its state is unknown."""
        current_order = self.current_order if self.closed_for == "hold" else None
        return self if current_order is None else replace(self, lost=(*self.lost, current_order))

    @property
    def closed_for(self) -> str:
        """What the contact is closed for: `hold` or `pulse`."""
        return "hold" if self.doing in {Doing.HOLD, Doing.ENDING} else "pulse"
