"""The seam between the barrier process and the metal: one board, whatever it is made of.

All calls but `abandon` come from the board's worker thread (`relay.workers.worker`). Every call ends within about a second
or raises a `BoardError`; after an error the level of the output is unknown until `open` and `switch(on=False)`.
Commands are sent blind: whether the board answers is told (`Echo`), and never keeps the next command back.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from relay.errors import BoardError


class Contact(StrEnum):
    """What the board believes of its relay. No reply is `UNKNOWN`, never `OFF`; a welded contact is not seen."""

    ON = "on"
    OFF = "off"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Echo:
    """What a board answered to a command that went out. An answer that is lost is no dead board, and no obedience."""

    heard: bool | None
    """True: it has acknowledged this command. False: an answer was due, and none came that can be believed, so that
    nobody knows whether it obeys. None: such a board acknowledges nothing; `Board.contact` may tell."""
    trouble: BoardError | None = None
    """What came instead of the answer: `BoardSilent` or `BoardNonsense`."""


ECHOED = Echo(heard=True)
NO_ECHO = Echo(heard=None)


class Board(Protocol):
    """One relay board. `relay.boards.simulated.SimulatedBoard` ships beside; the contract suite runs over all."""

    @property
    def times_pulses(self) -> bool:
        """The board ends a pulse by itself, whatever happens to this process: `pulse` may be called."""
        ...

    @property
    def reads_back(self) -> bool:
        """The board can tell the state of its relay."""
        ...

    @property
    def reply_s(self) -> float:
        """How long `contact` may take at most, in seconds."""
        ...

    def open(self, channels: tuple[int, ...]) -> None:
        """Claim the port and drive every one of `channels` OFF before anything else is sent, answered or not."""
        ...

    def switch(self, channel: int, *, on: bool) -> Echo:
        """Send ON or OFF. `BoardRefused` when the board says no, another `BoardError` when nothing was sent."""
        ...

    def pulse(self, channel: int, *, seconds: float) -> Echo:
        """Send one command that closes the contact and opens it again after `seconds`. Errors as of `switch`."""
        ...

    def contact(self, channel: int) -> Contact:
        """Ask the board. `BoardNonsense` when what came means nothing, else `BoardError` only when it is gone."""
        ...

    def check(self) -> None:
        """`BoardLost` when the device has gone, as far as that can be told without a word to it."""
        ...

    def inputs(self, numbers: tuple[int, ...]) -> Mapping[int, bool]:
        """Which of these inputs have a closed contact. `BoardSilent`, `BoardNonsense` when it cannot be told."""
        ...

    def close(self) -> None:
        """Let go of the port, levels untouched. Never raises."""
        ...

    def abandon(self) -> None:
        """Called by another thread when the worker hangs: let a fresh instance claim the port. Never blocks."""
        ...


@dataclass(frozen=True, slots=True)
class Exchange:
    """One thing said on the wire, for `gate relay-test` and the log."""

    at: float
    sent: bool
    data: bytes

    def __str__(self) -> str:
        arrow = "→" if self.sent else "←"
        return f"{arrow} {text_of(self.data)}"


class Transcript:
    """The last exchanges with a board; appended by the worker thread, read by others."""

    def __init__(self, *, length: int = 64, now: Callable[[], float] = time.monotonic) -> None:
        self._exchanges: deque[Exchange] = deque(maxlen=length)
        self._now = now

    def sent(self, data: bytes) -> None:
        self._exchanges.append(Exchange(self._now(), sent=True, data=data))

    def received(self, data: bytes) -> None:
        if data:
            self._exchanges.append(Exchange(self._now(), sent=False, data=data))

    def since(self, moment: float) -> tuple[Exchange, ...]:
        """Exchanges at or after `moment`, oldest first."""
        return tuple(item for item in tuple(self._exchanges) if item.at >= moment)


def text_of(data: bytes) -> str:
    """Bytes as a technician reads them: text where it is text, else hex."""
    if data and all(32 <= byte < 127 or byte in {9, 10, 13} for byte in data):
        return repr(data.decode("ascii"))
    return data.hex(" ").upper()
