"""Cameras on the wire, RTSP and HTTP: every packet is decoded, for each builds on the one before it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from camera.errors import CameraLost
from camera.frame import Frame
from camera.packets import PacketStream
from camera.redact import redact
from camera.source import RESTING_S
from core.words.language import say


class StreamSource:
    """`camera.source.FrameSource` over the packets of a stream; every frame is stamped when its packet arrives.

    While `resting` says that nothing is in the lane, a picture is made of five frames a second only: the rest is decoded,
    and counted. `patience_s`: how long packets may come of which no picture can be made. Owned by one capture thread.
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
        self._decoded_at = 0.0
        self._shown_at = -math.inf

    def open(self) -> None:
        self.close()
        self._stream.open()
        self._open, self._decoded_at = True, self._clock()

    def read(self) -> Frame | None:
        if not self._open:
            raise CameraLost(say("{name}: камера не открыта", name=self.name))
        while True:
            packet = self._stream.next()
            arrived = self._clock()
            picture = self._stream.decode(packet)
            if picture is not None:
                self._frames += 1
                self._decoded_at = arrived
                if not self._resting() or arrived - self._shown_at >= RESTING_S:
                    self._shown_at = arrived
                    shown = picture()
                    return Frame(
                        bgr=shown.grey, captured=arrived, frame_id=self._frames, lane=self._lane, colour=shown.colour
                    )
            elif arrived - self._decoded_at >= self._patience_s:
                self.close()
                raise CameraLost(say("{name}: кадры не идут", name=self.name))

    def close(self) -> None:
        self._open = False
        self._stream.close()
