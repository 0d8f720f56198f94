"""What can go wrong between the lens and the read plate; the whole tree is drawn in `core.errors`."""

from __future__ import annotations

from core.errors import GateError


class CameraError(GateError):
    """A camera cannot be used as configured: wrong address, missing driver package."""


class CameraLost(CameraError, ConnectionError):
    """No picture within the time-out, or the stream ended. Retry: release, wait, open again."""


class ReaderError(GateError):
    """The plate reader cannot do its work."""


class WeightsInvalid(ReaderError, ValueError):
    """Weights are missing, or are not those of the manifest. Never read with them."""


class InferenceFailed(ReaderError, RuntimeError):
    """The network did not answer. It is an error and never "no plates"."""
