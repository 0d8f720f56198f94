"""Cameras on the wire, RTSP and HTTP: every packet is decoded, for each builds on the one before it."""

from __future__ import annotations

import math

from camera.frame import Frame
from camera.packet_source import PacketSource
from camera.source import RESTING_S


class StreamSource(PacketSource):
    """`camera.source.FrameSource` over the packets of a stream; every frame is stamped when its packet arrives.

    While the lane rests a picture is made of five frames a second only: the rest is decoded, and counted.
    """

    _decoded_at = 0.0
    _shown_at = -math.inf

    def open(self) -> None:
        super().open()
        self._decoded_at = self._clock()

    def read(self) -> Frame | None:
        while True:
            packet, arrived = self._next()
            picture = self._stream.decode(packet)
            if picture is not None:
                self._frames += 1
                self._decoded_at = arrived
                if not self._resting() or arrived - self._shown_at >= RESTING_S:
                    self._shown_at = arrived
                    return self._frame(picture(), arrived)
            elif arrived - self._decoded_at >= self._patience_s:
                raise self._lost()
