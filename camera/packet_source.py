"""The common part of sources over a packet stream: opening, receiving packets, making frames, losing the camera."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from camera.errors import CameraLost
from camera.frame import Frame
from camera.packets import Decoded, Packet, PacketStream
from camera.redact import redact
from camera.stream_clock import StreamClock
from core.words.language import say

log = logging.getLogger(__name__)

TOO_LATE_S = 3.0
"""A backlog longer than this is dropped up to a fresh key picture. Decoding through a shorter one is quicker."""
FRESH_S = 0.5
"""A dropped backlog ends at a key picture no older than this."""
TOLD_EVERY_S = 60.0


@dataclass(frozen=True, slots=True, eq=False)
class Received:
    """A packet, its time of arrival, how late it then was, and how old it counts as; monotonic seconds."""

    packet: Packet
    arrived: float
    late_s: float
    age_s: float


class PacketSource:
    """The common part of `camera.stream.StreamSource` and `camera.two_streams.TwoStreams`; owned by one capture thread.

    `patience_s`: how long packets may arrive without yielding a picture. `resting` returns True while nothing is in the
    lane. A machine that cannot keep up finds old pictures in its socket: they are dated back, and a long backlog is
    dropped.
    """

    def __init__(
        self,
        address: str,
        *,
        lane: str,
        stream: PacketStream,
        patience_s: float,
        clock: Callable[[], float] = time.monotonic,
        resting: Callable[[], bool] = lambda: False,
    ) -> None:
        self.name = redact(address)
        self._lane = lane
        self._stream = stream
        self._patience_s = patience_s
        self._clock = clock
        self._resting = resting
        self._open = False
        self._frames = 0
        self._stream_clock = StreamClock()
        self._captured = -math.inf
        self._told_at = -math.inf

    def open(self) -> None:
        self.close()
        self._stream.open()
        self._stream_clock = StreamClock()
        self._open = True

    def close(self) -> None:
        self._open = False
        self._stream.close()

    def _next(self) -> Received:
        """The next packet to decode.

        Raises CameraLost, also if a backlog was dropped and no fresh key picture arrives.
        """
        received = self._receive()
        if received.late_s <= TOO_LATE_S:
            return received
        since = received.arrived
        if since - self._told_at >= TOLD_EVERY_S:
            self._told_at = since
            log.warning("%s: не успеваем за камерой, кадры опоздали на %.1f с и пропущены", self.name, received.late_s)
        while not (received.packet.key and received.late_s <= FRESH_S):
            if received.arrived - since >= self._patience_s:
                raise self._lost()
            self._frames += 1
            received = self._receive()
        self._stream.forget()
        return received

    def _receive(self) -> Received:
        if not self._open:
            raise CameraLost(say("{name}: камера не открыта", name=self.name))
        asked = self._clock()
        packet = self._stream.next()
        arrived = self._clock()
        late_s = self._stream_clock.late_s(packet.stamp_s, asked=asked, arrived=arrived)
        return Received(packet, arrived, late_s, self._stream_clock.age_s)

    def _frame(self, picture: Decoded, received: Received) -> Frame:
        """Makes a frame, dated back by its age, but never before the previous one."""
        self._captured = max(self._captured, received.arrived - received.age_s)
        return Frame(
            bgr=picture.grey,
            captured=self._captured,
            frame_id=self._frames,
            lane=self._lane,
            colour=picture.colour,
        )

    def _lost(self) -> CameraLost:
        """Closes the source; the error to raise when packets arrive but no picture does."""
        self.close()
        return CameraLost(say("{name}: кадры не идут", name=self.name))
