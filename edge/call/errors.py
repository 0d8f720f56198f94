"""What keeps the gate from calling or from being heard.

CallError
├── CallUnavailable (ImportError)       the libraries of the extra `call` are missing
├── CallsOff (ValueError)               `[call]` is off, or no cloud is linked
├── OfferInvalid (ValueError)           what the browser offers is no talk
├── FeedLost (ConnectionError)          the lane's camera gives no picture for a call
└── SoundLost (OSError)                 microphone or loudspeaker cannot be used
"""

from __future__ import annotations

from core.errors import GateError


class CallError(GateError):
    """Root of everything that a call can meet."""


class CallUnavailable(CallError, ImportError):
    """The libraries are missing."""


class CallsOff(CallError, ValueError):
    """Nobody wants calls here."""


class OfferInvalid(CallError, ValueError):
    """The browser's offer cannot be answered."""


class FeedLost(CallError, ConnectionError):
    """No picture comes."""

    def __str__(self) -> str:  # OSError would print its errno form
        return str(self.args[0])


class SoundLost(CallError, OSError):
    """The device does not take or give sound."""

    def __str__(self) -> str:
        return str(self.args[0])
