"""What can go wrong at the barrier, split by what to do about it.

RelayError (GateError)
├── RelayAbsent (ConnectionError)       no relay process answers: start it
├── RelayBusy (RuntimeError)            another relay process owns this state_dir: leave it alone
├── RelayTimeout (TimeoutError)         the relay process did not answer in time: outcome unknown
├── ProtocolBroken (ValueError)         a line that violates docs/relay-protocol.md
└── BoardError
    ├── BoardLost (ConnectionError)     port missing, taken or refused: reopen, then OFF first
    ├── BoardSilent (TimeoutError)      no reply within the deadline: state unknown, never "off"
    ├── BoardNonsense (ValueError)      a reply that cannot be true: state unknown
    │   └── BoardRefused                the board refuses: this command was not executed
    └── BoardMisset (ValueError)        a setting that this board does not support
"""

from __future__ import annotations

from core.errors import GateError


class RelayError(GateError):
    """Root of all errors of the boards and the relay process."""


class RelayAbsent(RelayError, ConnectionError):
    """No relay process answers on the socket."""

    def __str__(self) -> str:  # OSError would print its errno form
        return str(self.args[0]) if self.args else ""


class RelayBusy(RelayError, RuntimeError):
    """Another living relay process owns this `state_dir`."""


class RelayTimeout(RelayError, TimeoutError):
    """The relay process did not answer the request in time: whether it acted is unknown."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class ProtocolBroken(RelayError, ValueError):
    """A line that violates the protocol. `why` is the code sent back to the sender."""

    def __init__(self, why: str, detail: str) -> None:
        self.why = why
        self.detail = detail
        super().__init__(detail)


class BoardError(RelayError):
    """Root of all faults of a board. After any of them, the state of the output is unknown."""


class BoardLost(BoardError, ConnectionError):
    """The port does not exist, belongs to somebody else, or has gone."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class BoardSilent(BoardError, TimeoutError):
    """The board did not answer in time."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class BoardNonsense(BoardError, ValueError):
    """The board gave an impossible answer: wrong checksum, address or text."""


class BoardRefused(BoardNonsense):
    """The board received the command and refuses it."""


class BoardMisset(BoardError, ValueError):
    """The settings demand something that this board cannot do."""
