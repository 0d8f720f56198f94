"""What every source over a stream's packets has: it is opened, asked for the next packet, makes frames, and is lost."""

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
"""A backlog longer than this is thrown away up to a fresh key picture; a shorter one is decoded through, which is quicker."""
FRESH_S = 0.5
"""What is thrown away ends with a key picture no older than this."""
TOLD_EVERY_S = 60.0


@dataclass(frozen=True, slots=True, eq=False)
class Received:
    """A packet, when it was handed over, how long it had lain by then, and how old it counts as; monotonic seconds."""

    packet: Packet
    arrived: float
    late_s: float
    age_s: float


class PacketSource:
    """The common part of `camera.stream.StreamSource` and `camera.two_streams.TwoStreams`; owned by one capture thread.

    `patience_s`: how long packets may come of which no picture can be made. `resting` says that nothing is in the lane.
    A box that does not keep up finds old pictures in its socket: they are dated back, and a long backlog is left out.
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
        """The next packet to decode. Raises CameraLost, also when a backlog is left out and no fresh key picture comes."""
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
        """Dated back by its age; never before the one before it."""
        self._captured = max(self._captured, received.arrived - received.age_s)
        return Frame(
            bgr=picture.grey,
            captured=self._captured,
            frame_id=self._frames,
            lane=self._lane,
            colour=picture.colour,
        )

    def _lost(self) -> CameraLost:
        """Closed, for packets come and no picture does."""
        self.close()
        return CameraLost(say("{name}: кадры не идут", name=self.name))
