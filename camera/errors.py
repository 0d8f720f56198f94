"""What can go wrong between the lens and the read plate; `core.errors` shows the tree of errors."""

from __future__ import annotations

from core.errors import GateError


def first_line(error: BaseException) -> str:
    """What a library said, without the stack that some of them append."""
    return str(error).strip().split("\n", 1)[0]


class CameraError(GateError):
    """The camera cannot be used as configured: wrong address, missing driver package."""


class CameraLost(CameraError, ConnectionError):
    """No picture within the time-out, or the stream ended. To retry: release, wait, open again."""


class ReaderError(GateError):
    """The plate reader cannot do its work."""


class WeightsInvalid(ReaderError, ValueError):
    """Weights are missing, or do not match the manifest. They are never used for reading."""


class InferenceFailed(ReaderError, RuntimeError):
    """The network did not answer. This is an error, and never means "no plates"."""
