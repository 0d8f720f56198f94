"""Fakes of the seams: a scripted camera, a packet stream, and a reader with given answers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from camera.errors import CameraLost
from camera.frame import Frame, Picture
from camera.packets import Decoded, Packet
from core.reading.reads import PlateRead
from core.words.language import say


class ScriptedSource:
    """A camera with a script of pictures, and of exceptions to raise instead of a picture.

    When the source is opened again, the script continues where it stopped; at its end `read` returns None. `opened` and
    `closed` count the calls.
    """

    def __init__(
        self,
        script: Iterable[Picture | Exception],
        *,
        lane: str = "entry",
        clock: Callable[[], float] = time.monotonic,
        openings: Iterable[Exception | None] = (),
    ) -> None:
        self._script = iter(script)
        self._openings = iter(openings)
        self._lane = lane
        self._clock = clock
        self._is_open = False
        self._frames = 0
        self.opened = 0
        self.closed = 0

    @property
    def name(self) -> str:
        return "scripted:"

    def open(self) -> None:
        self.opened += 1
        failure = next(self._openings, None)
        if failure is not None:
            raise failure
        self._is_open = True

    def read(self) -> Frame | None:
        if not self._is_open:
            raise CameraLost(say("{name}: не открыта", name=self.name))
        step = next(self._script, None)
        if step is None:
            return None
        if isinstance(step, Exception):
            self._is_open = False
            raise step
        self._frames += 1
        return Frame(bgr=step, captured=self._clock(), frame_id=self._frames, lane=self._lane)

    def close(self) -> None:
        self.closed += 1
        self._is_open = False


class ScriptedPackets:
    """A `camera.packets.PacketStream` of numbered pictures, a key every `keys_every`; the number is its grey level.

    As with a real decoder, a packet cannot be decoded without the one before it. `decoded` holds the numbers that were
    decoded. With `fps` the packets are stamped. `on_packet` may make time pass.
    """

    def __init__(
        self,
        count: int,
        *,
        keys_every: int,
        fps: float | None = None,
        on_packet: Callable[[], None] = lambda: None,
    ) -> None:
        self._fps = fps
        self._left = iter(range(count))
        self._keys_every = keys_every
        self._on_packet = on_packet
        self._last: int | None = None
        self.decoded: list[int] = []

    def open(self) -> None:
        self._last = None

    def next(self) -> Packet:
        number = next(self._left, None)
        if number is None:
            raise CameraLost(say("{name}: кадры не идут", name="scripted:"))
        self._on_packet()
        stamp_s = None if self._fps is None else number / self._fps
        return Packet(number % self._keys_every == 0, number, stamp_s)

    def decode(self, packet: Packet) -> Callable[[], Decoded] | None:
        number = int(packet.coded)
        if self._last != number - 1 and not (packet.key and self._last is None):
            return None
        self._last = number
        self.decoded.append(number)
        picture = np.full((2, 4), number, np.uint8)
        return lambda: Decoded(picture, lambda: np.dstack([picture] * 3))

    def forget(self) -> None:
        self._last = None

    def close(self) -> None:
        self._last = None


class ScriptedReader:
    """A reader that answers by frame id, or raises the exception given for it; empty for all other ids."""

    def __init__(self, answers: Mapping[int, Sequence[PlateRead] | Exception]) -> None:
        self._answers = answers
        self.asked: list[int] = []

    def read(self, frame: Frame) -> tuple[PlateRead, ...]:
        self.asked.append(frame.frame_id)
        answer = self._answers.get(frame.frame_id, ())
        if isinstance(answer, Exception):
            raise answer
        return tuple(answer)
