"""The seam between the barrier process and the hardware: one board, of whatever make.

All calls except `abandon` come from the board's worker thread (`relay.workers.worker`). Every call ends within about a
second or raises a `BoardError`; after an error, the state of the output is unknown until `open` and `switch(on=False)`.
Commands are sent blind: the board's answer is reported (`Acknowledgement`), but never delays the next command.
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
    """The relay's state according to the board. No reply is `UNKNOWN`, never `OFF`; a welded contact goes unnoticed."""

    ON = "on"
    OFF = "off"
    UNKNOWN = "unknown"


class Health(StrEnum):
    """How a board fares, as far as is known."""

    STARTING = "starting"
    """Nothing was heard of it yet."""
    OK = "ok"
    LOST = "lost"
    """Its port cannot be opened or failed."""
    SILENT = "silent"
    NONSENSE = "nonsense"
    """It answers what no such board says."""
    HUNG = "hung"
    """Its driver does not return, and was replaced."""
    BROKEN = "broken"
    """Its driver crashed."""
    STUCK = "stuck"
    """Its contact stays closed."""


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """A board's answer to a command that was sent. A lost answer means neither a dead board nor obedience."""

    heard: bool | None
    """True: it acknowledged this command. False: an answer was due, but none came that can be believed, so nobody knows
    whether it obeys. None: this board acknowledges nothing; `Board.contact` may tell."""
    trouble: BoardError | None = None
    """What came instead of the answer: `BoardSilent` or `BoardNonsense`."""


ACKNOWLEDGED = Acknowledgement(heard=True)
NO_ACKNOWLEDGEMENT = Acknowledgement(heard=None)


class Board(Protocol):
    """One relay board. The fake is `relay.boards.simulated.SimulatedBoard`; one contract suite tests all of them."""

    @property
    def times_pulses(self) -> bool:
        """Whether the board ends a pulse by itself, whatever happens to this process.

        Only then may `pulse` be called.
        """
        ...

    @property
    def reads_back(self) -> bool:
        """Whether the board can report the state of its relay."""
        ...

    @property
    def reply_s(self) -> float:
        """Longest time that `contact` may take, in seconds."""
        ...

    def open(self, channels: tuple[int, ...]) -> None:
        """Claims the port and switches all `channels` OFF before anything else is sent, answered or not."""
        ...

    def switch(self, channel: int, *, on: bool) -> Acknowledgement:
        """Sends ON or OFF. Raises `BoardRefused` if the board refuses, another `BoardError` if nothing was sent."""
        ...

    def pulse(self, channel: int, *, seconds: float) -> Acknowledgement:
        """Sends one command that closes the contact and opens it after `seconds`.

        Raises the same errors as `switch`.
        """
        ...

    def contact(self, channel: int) -> Contact:
        """Asks the board. Raises `BoardNonsense` for a meaningless reply, any other `BoardError` only if it is gone."""
        ...

    def check(self) -> None:
        """Raises `BoardLost` if the device has gone, as far as that can be told without talking to it."""
        ...

    def inputs(self, numbers: tuple[int, ...]) -> Mapping[int, bool]:
        """Which of these inputs have a closed contact. Raises `BoardSilent` or `BoardNonsense` if that is unknown."""
        ...

    def close(self) -> None:
        """Releases the port and leaves the levels untouched. Never raises."""
        ...

    def abandon(self) -> None:
        """Called by another thread if the worker hangs: lets a fresh instance claim the port. Never blocks."""
        ...


@dataclass(frozen=True, slots=True)
class Exchange:
    """One transmission on the wire, for `gate relay-test` and the log."""

    at: float
    sent: bool
    data: bytes

    def __str__(self) -> str:
        arrow = "→" if self.sent else "←"
        return f"{arrow} {text_of(self.data)}"


class Transcript:
    """The latest exchanges with a board; appended by the worker thread, read by others."""

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
    """Bytes as a technician reads them: as text if they are text, else as hex."""
    if data and all(32 <= byte < 127 or byte in {9, 10, 13} for byte in data):
        return repr(data.decode("ascii"))
    return data.hex(" ").upper()
