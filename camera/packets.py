"""The seam to a video stream by its packets: what nobody looks at is received and not decoded.

Real in `camera.av_stream`, its fake in `camera.scripted`.
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
    """Seconds by the camera's own clock, from anywhere; None where the stream has none or a made-up one."""


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """One picture: its brightness as it lay in the stream, its colours made when they are asked for."""

    grey: Picture
    colour: Callable[[], Picture]


class PacketStream(Protocol):
    """Owned by one thread; may be opened again after `close`."""

    def open(self) -> None:
        """Connect, in bounded time. Raises `CameraLost`."""
        ...

    def next(self) -> Packet:
        """The next packet, in bounded time. Raises `CameraLost`."""
        ...

    def decode(self, packet: Packet) -> Callable[[], Decoded] | None:
        """The newest picture that `packet` completes, made when called for; None where it completes none, or is broken."""
        ...

    def forget(self) -> None:
        """Packets were left out: the next one decoded is a key, and needs nothing from before."""
        ...

    def close(self) -> None:
        """Harmless when closed already."""
        ...
