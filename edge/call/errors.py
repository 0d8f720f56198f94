"""What can keep the gate from calling or from being heard.

CallError
├── CallUnavailable (ImportError)       the libraries of the extra `call` are missing
├── CallsOff (ValueError)               `[call]` is off, or no cloud is linked
├── OfferInvalid (ValueError)           the browser's offer cannot be answered
├── FeedLost (ConnectionError)          the lane's camera gives no picture for a call
└── SoundLost (OSError)                 microphone or loudspeaker cannot be used
"""

from __future__ import annotations

from core.errors import GateError


class CallError(GateError):
    """Root of all errors of a call."""


class CallUnavailable(CallError, ImportError):
    """The libraries are missing."""


class CallsOff(CallError, ValueError):
    """Calls are not enabled here, or no cloud is linked."""


class OfferInvalid(CallError, ValueError):
    """The browser's offer cannot be answered."""


class FeedLost(CallError, ConnectionError):
    """No picture comes."""

    def __str__(self) -> str:  # OSError would print its errno form
        return str(self.args[0])


class SoundLost(CallError, OSError):
    """The device neither takes nor gives sound."""

    def __str__(self) -> str:
        return str(self.args[0])
