"""The seam between a camera and the gate: `FrameSource`. Its scripted fake is in `camera.scripted`."""

from __future__ import annotations

from typing import Protocol

from camera.frame import Frame

RESTING_S = 0.2
"""Between the pictures of a resting lane; a car that comes is seen so much later at the most."""


class FrameSource(Protocol):
    """Where pictures come from. One thread owns a source; it may be opened again after `close`.

    Frame ids count up over all openings of one source; `captured` never runs backwards within one opening.
    """

    @property
    def name(self) -> str:
        """The address as it may be printed: without passwords."""
        ...

    def open(self) -> None:
        """Connect, in bounded time.

        Raises `CameraLost` when the camera does not answer (try again), `CameraError` when it cannot work as
        configured, `FileUnusable` when it is a file that holds no pictures.
        """
        ...

    def read(self) -> Frame | None:
        """Wait for the next frame, in bounded time; None = a recording has come to its end.

        Raises `CameraLost` when no frame came: then close and open again, for a source that failed once keeps
        failing.
        """
        ...

    def close(self) -> None:
        """Let the device go. Harmless when closed already."""
        ...
