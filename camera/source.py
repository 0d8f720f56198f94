"""The seam between a camera and the gate: `FrameSource`. Its scripted fake is in `camera.scripted`."""

from __future__ import annotations

from typing import Protocol

from camera.frame import Frame

RESTING_S = 0.2
"""Seconds between the pictures of a resting lane; an arriving car is seen at most this much later."""


class FrameSource(Protocol):
    """Where pictures come from. A source is owned by one thread, and may be opened again after `close`.

    Frame ids count up over all openings of a source. `captured` never runs backwards within one opening.
    """

    @property
    def name(self) -> str:
        """The address in printable form, without passwords."""
        ...

    def open(self) -> None:
        """Connects, in bounded time.

        Raises `CameraLost` if the camera does not answer (try again), `CameraError` if it cannot work as configured,
        `FileUnusable` if it is a file without pictures.
        """
        ...

    def read(self) -> Frame | None:
        """Waits for the next frame, in bounded time; None = a recording has ended.

        Raises `CameraLost` if no frame came. Then close and open again: a source that failed once keeps failing.
        """
        ...

    def close(self) -> None:
        """Releases the device. Does nothing if already closed."""
        ...
