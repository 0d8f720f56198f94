"""A camera with two streams: the small one is watched; the large one is received, but only decoded when something comes.

Decoding 1080p is nine tenths of the cost of an idle lane. While the lane rests and its lookout is calm, the packets of
the large stream since the last key picture are kept, and only that picture is decoded. When something moves in the
small stream, the kept packets are decoded at once. So the newest picture is available without waiting for a connection
or for the next key.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

from camera.frame import Frame
from camera.packet_source import FRESH_S, PacketSource
from camera.packets import Decoded, Packet, PacketStream
from camera.source import RESTING_S

REST_LOOK_S = 0.5
"""Shortest time between looks at key pictures of a resting lane: some cameras send nothing else."""
LONGEST_REST_S = 4.0
"""If a camera sends key pictures more rarely than this, other pictures are decoded too: background and freeze watch
need them."""


class Watching(Protocol):
    """The part of `camera.lookout.Lookout` that a source uses."""

    def calm(self) -> bool: ...

    def start(self) -> None: ...

    def stop(self) -> None: ...


class TwoStreams(PacketSource):
    """`camera.source.FrameSource` over the packets of the large stream, with a lookout on the small one."""

    def __init__(
        self,
        address: str,
        *,
        lane: str,
        stream: PacketStream,
        lookout: Watching,
        patience_s: float,
        clock: Callable[[], float] = time.monotonic,
        resting: Callable[[], bool] = lambda: False,
    ) -> None:
        super().__init__(address, lane=lane, stream=stream, patience_s=patience_s, clock=clock, resting=resting)
        self._lookout = lookout
        self._waiting: list[Packet] = []
        """Packets not decoded yet. They build on what was decoded before them."""
        self._skipped = False
        """Packets were skipped since the decoder last got one."""
        self._shown_at = 0.0

    def open(self) -> None:
        super().open()
        self._shown_at = self._clock()
        self._lookout.start()

    def read(self) -> Frame | None:
        while True:
            received = self._next()
            packet, arrived = received.packet, received.arrived
            self._frames += 1
            if packet.key:
                self._skipped = self._skipped or bool(self._waiting)
                self._waiting.clear()
            self._waiting.append(packet)
            unseen_s = arrived - self._shown_at
            longest_s = REST_LOOK_S if packet.key else LONGEST_REST_S
            catching_up = received.late_s > FRESH_S and unseen_s < RESTING_S
            if not catching_up and (unseen_s >= longest_s or not (self._resting() and self._lookout.calm())):
                shown = self._decode_waiting()
                if shown is not None:
                    # Not the time now: decoding the kept packets takes a second on a small machine.
                    self._shown_at = arrived
                    return self._frame(shown, received)
            if unseen_s >= self._patience_s + LONGEST_REST_S:
                raise self._lost()

    def close(self) -> None:
        self._waiting.clear()
        self._skipped = False
        self._lookout.stop()
        super().close()

    def _decode_waiting(self) -> Decoded | None:
        if self._skipped and self._waiting[0].key:
            self._stream.forget()
            self._skipped = False
        newest: Callable[[], Decoded] | None = None
        for packet in self._waiting:
            newest = self._stream.decode(packet) or newest
        self._waiting.clear()
        return None if newest is None else newest()
