"""Network cameras, RTSP and HTTP: every packet is decoded, because each builds on the one before it."""

from __future__ import annotations

import math

from camera.frame import Frame
from camera.packet_source import FRESH_S, PacketSource
from camera.source import RESTING_S


class StreamSource(PacketSource):
    """`camera.source.FrameSource` over a stream's packets. Each frame carries the time when its packet was available.

    While the lane rests, or a backlog is caught up, only five pictures per second are made. The other packets are
    decoded and counted.
    """

    _decoded_at = 0.0
    _shown_at = -math.inf

    def open(self) -> None:
        super().open()
        self._decoded_at = self._clock()

    def read(self) -> Frame | None:
        while True:
            received = self._next()
            picture, arrived = self._stream.decode(received.packet), received.arrived
            if picture is not None:
                self._frames += 1
                self._decoded_at = arrived
                seldom = self._resting() or received.late_s > FRESH_S
                if not seldom or arrived - self._shown_at >= RESTING_S:
                    self._shown_at = arrived
                    return self._frame(picture(), received)
            elif arrived - self._decoded_at >= self._patience_s:
                raise self._lost()
