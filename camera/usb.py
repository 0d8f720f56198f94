"""USB cameras, through OpenCV."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path

import cv2

from camera import backend
from camera.errors import CameraLost
from camera.frame import Frame, Picture
from camera.redact import redact
from camera.settings import CameraSettings
from camera.source import RESTING_S
from core.words.language import say


class UsbSource:
    """`camera.source.FrameSource` over OpenCV: `connect` opens the camera, and every frame is stamped on arrival.

    While `resting` returns True (nothing is in the lane), all frames are taken from the camera, but only five pictures
    per second are made: converting a frame to colour costs half as much as decoding it. Frame ids count all frames.
    Owned by one capture thread, because OpenCV's captures must not be shared.
    """

    def __init__(
        self,
        address: str,
        *,
        lane: str,
        connect: Callable[[], backend.VideoCapture],
        clock: Callable[[], float] = time.monotonic,
        resting: Callable[[], bool] = lambda: False,
    ) -> None:
        self.name = redact(address)
        self._lane = lane
        self._connect = connect
        self._clock = clock
        self._resting = resting
        self._shown_at = -math.inf
        self._capture: backend.VideoCapture | None = None
        self._frames = 0

    def open(self) -> None:
        self.close()
        capture = self._connect()
        if not capture.isOpened():
            capture.release()
            raise CameraLost(say("{name}: камера не отвечает", name=self.name))
        self._capture = capture

    def read(self) -> Frame | None:
        if self._capture is None:
            raise CameraLost(say("{name}: камера не открыта", name=self.name))
        bgr = self._next_picture(self._capture)
        if bgr is None or bgr.size == 0:
            self.close()  # a failed capture fails at once for ever: never read it again
            raise CameraLost(say("{name}: кадры не идут", name=self.name))
        self._shown_at = self._clock()
        return Frame(bgr=bgr, captured=self._shown_at, frame_id=self._frames, lane=self._lane)

    def _next_picture(self, capture: backend.VideoCapture) -> Picture | None:
        """The next frame that a picture is wanted of; None if the camera gives none."""
        try:
            while capture.grab():
                self._frames += 1
                if not self._resting() or self._clock() - self._shown_at >= RESTING_S:
                    ok, bgr = capture.retrieve()
                    return bgr if ok else None
        except cv2.error:  # a picture that cannot be decoded, or a driver that gave up
            return None
        return None

    def close(self) -> None:
        if self._capture is not None:
            self._capture.release()
            self._capture = None


def usb_source(
    device: Path,
    *,
    lane: str,
    settings: CameraSettings,
    clock: Callable[[], float] = time.monotonic,
    resting: Callable[[], bool] = lambda: False,
) -> UsbSource:
    """A USB camera, by `/dev/videoN` or, better, by `/dev/v4l/by-id/…`, which survives replugging."""

    def connect() -> backend.VideoCapture:
        return backend.open_device(
            # by-id names are links to /dev/videoN. They are resolved at each opening, because N changes on replugging.
            str(device.resolve()),
            width=settings.width,
            height=settings.height,
            fps=settings.fps,
            read_timeout_s=settings.read_timeout_s,
        )

    return UsbSource(str(device), lane=lane, connect=connect, clock=clock, resting=resting)
