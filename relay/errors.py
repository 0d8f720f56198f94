"""What goes wrong at the barrier, split by what to do about it.

RelayError (GateError)
├── RelayAbsent (ConnectionError)       no relay process answers: start it
├── RelayBusy (RuntimeError)            another relay process owns this state_dir: leave it alone
├── RelayTimeout (TimeoutError)         the relay process did not answer in time: outcome unknown
├── ProtocolBroken (ValueError)         a line that is not of docs/relay-protocol.md
└── BoardError
    ├── BoardLost (ConnectionError)     port gone, foreign or refused: reopen, then OFF first
    ├── BoardSilent (TimeoutError)      no reply within the deadline: state unknown, never "off"
    ├── BoardNonsense (ValueError)      a reply that cannot be true: state unknown
    │   └── BoardRefused                the board says no: this command was not done
    └── BoardMisset (ValueError)        a setting this board cannot have
"""

from __future__ import annotations

from core.errors import GateError


class RelayError(GateError):
    """Root of everything the board or the relay process says."""


class RelayAbsent(RelayError, ConnectionError):
    """No relay process answers on the socket."""

    def __str__(self) -> str:  # OSError would print its errno form
        return str(self.args[0]) if self.args else ""


class RelayBusy(RelayError, RuntimeError):
    """Another living relay process owns this `state_dir`."""


class RelayTimeout(RelayError, TimeoutError):
    """The relay process took the request and did not answer in time: whether it acted is unknown."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class ProtocolBroken(RelayError, ValueError):
    """A line that does not follow the protocol; `why` is the word that goes back to the sender."""

    def __init__(self, why: str, detail: str) -> None:
        self.why = why
        self.detail = detail
        super().__init__(detail)


class BoardError(RelayError):
    """Root of what a board can do wrong; after any of them the level of the output is unknown."""


class BoardLost(BoardError, ConnectionError):
    """The port is not there, is somebody else's, or went away."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class BoardSilent(BoardError, TimeoutError):
    """The board did not answer in time."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class BoardNonsense(BoardError, ValueError):
    """The board answered something that cannot be true: wrong checksum, address or text."""


class BoardRefused(BoardNonsense):
    """The board heard the command and says that it will not do it."""


class BoardMisset(BoardError, ValueError):
    """The settings ask what this board cannot do."""
