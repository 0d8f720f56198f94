"""What every source over a stream's packets has: it is opened, asked for the next packet, makes frames, and is lost."""

from __future__ import annotations

import time
from collections.abc import Callable

from camera.errors import CameraLost
from camera.frame import Frame
from camera.packets import Decoded, Packet, PacketStream
from camera.redact import redact
from core.words.language import say


class PacketSource:
    """The common part of `camera.stream.StreamSource` and `camera.two_streams.TwoStreams`; owned by one capture thread.

    `patience_s`: how long packets may come of which no picture can be made. `resting` says that nothing is in the lane.
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

    def open(self) -> None:
        self.close()
        self._stream.open()
        self._open = True

    def close(self) -> None:
        self._open = False
        self._stream.close()

    def _next(self) -> tuple[Packet, float]:
        """The next packet, and when it arrived. Raises CameraLost."""
        if not self._open:
            raise CameraLost(say("{name}: камера не открыта", name=self.name))
        return self._stream.next(), self._clock()

    def _frame(self, picture: Decoded, arrived: float) -> Frame:
        return Frame(bgr=picture.grey, captured=arrived, frame_id=self._frames, lane=self._lane, colour=picture.colour)

    def _lost(self) -> CameraLost:
        """Closed, for packets come and no picture does."""
        self.close()
        return CameraLost(say("{name}: кадры не идут", name=self.name))
