"""A camera with two streams: the small one is watched, the large one received and decoded only when something comes.

Decoding 1080p is nine tenths of what an idle lane costs. While the lane rests and its lookout is calm, the packets of the
large stream are kept since the last key picture, and that picture alone is decoded. When something moves in the small
stream they are decoded at once, so that the newest picture is there without waiting for a connection or the next key.
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
"""So often at the most a key picture of a resting lane is looked at: some cameras send nothing else."""
LONGEST_REST_S = 4.0
"""A camera that sends key pictures more seldom is decoded after so long: background and freeze watch live on pictures."""


class Watching(Protocol):
    """What `camera.lookout.Lookout` is to a source."""

    def calm(self) -> bool: ...

    def start(self) -> None: ...

    def stop(self) -> None: ...


class TwoStreams(PacketSource):
    """`camera.source.FrameSource` over the packets of the large stream and whoever watches the small one."""

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
        """Not decoded yet; what was decoded before them is what they build on."""
        self._skipped = False
        """Packets were left out since the decoder last saw one."""
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
                    self._shown_at = arrived  # decoding what waited takes a second of a small box
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
