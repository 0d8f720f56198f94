"""What the controller asks of a board's worker (jobs), and what the worker reports (facts).

`token` numbers the commands of one barrier; a fact with an old token is outdated. Times are monotonic seconds.
"""

from __future__ import annotations

from dataclasses import dataclass

from relay.boards.seam import Contact, Health

# -- what can be asked ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pulse:
    """Close the contact for `seconds`, unless it is later than `expires` already."""

    channel: int
    token: int
    seconds: float
    expires: float


@dataclass(frozen=True, slots=True)
class Keep:
    """Close the contact, or keep it closed, until `until`."""

    channel: int
    token: int
    until: float


@dataclass(frozen=True, slots=True)
class Off:
    """Open the contact now."""

    channel: int
    token: int


@dataclass(frozen=True, slots=True)
class CheckOutputs:
    """Send OFF again to every output that should be open."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Open every contact, close the port, end the thread."""


Job = Pulse | Keep | Off | CheckOutputs | Stop


# -- what is reported -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OutputOn:
    """The command to close the contact went out, for a pulse or a hold."""

    board: str
    channel: int
    token: int
    confirmed: bool | None = None
    """True: the board confirmed this. False: its answer was lost, or says otherwise. None: this board cannot tell."""
    detail: str = ""
    """What was received instead of a confirmation."""


@dataclass(frozen=True, slots=True)
class CommandFailed:
    board: str
    channel: int
    token: int
    why: str
    detail: str


@dataclass(frozen=True, slots=True)
class OutputOff:
    board: str
    channel: int
    token: int
    confirmed: bool | None


@dataclass(frozen=True, slots=True)
class ContactSeen:
    board: str
    channel: int
    contact: Contact


@dataclass(frozen=True, slots=True)
class BoardHealth:
    board: str
    health: Health
    detail: str


@dataclass(frozen=True, slots=True)
class InputsSeen:
    board: str
    at: float
    closed: tuple[tuple[int, bool], ...]
    """Input number and whether its contact is closed; empty if the board could not tell."""


@dataclass(frozen=True, slots=True)
class WorkerEnded:
    """The thread is over; `error` is empty when it was asked to stop."""

    board: str
    generation: int
    error: str


OutputFact = OutputOn | CommandFailed | OutputOff | ContactSeen
Fact = OutputFact | BoardHealth | InputsSeen | WorkerEnded
