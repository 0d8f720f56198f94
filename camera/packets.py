"""The seam to a video stream by its packets: what nobody looks at is received but not decoded.

The real one is in `camera.av_stream`, its fake in `camera.scripted`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from camera.frame import Picture


@dataclass(frozen=True, slots=True, eq=False)
class Packet:
    """One coded picture. `key`: it can be decoded without those before it."""

    key: bool
    coded: Any
    stamp_s: float | None = None
    """Seconds of the camera's own clock, with an arbitrary origin; None if the stream has no genuine stamps."""


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """One picture: its brightness as it was in the stream; its colours are computed on demand."""

    grey: Picture
    colour: Callable[[], Picture]


class PacketStream(Protocol):
    """Owned by one thread. May be opened again after `close`."""

    def open(self) -> None:
        """Connects, in bounded time. Raises `CameraLost`."""
        ...

    def next(self) -> Packet:
        """The next packet, in bounded time. Raises `CameraLost`."""
        ...

    def decode(self, packet: Packet) -> Callable[[], Decoded] | None:
        """The newest picture that `packet` completes, made when called. None if it completes none, or is broken."""
        ...

    def forget(self) -> None:
        """Packets were skipped. The next packet to decode is a key and depends on nothing before it."""
        ...

    def close(self) -> None:
        """Harmless when closed already."""
        ...
