"""Rotates the pictures of a camera mounted sideways or upside down, before anything else sees them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import cv2
import numpy as np

from camera.frame import Frame, Picture
from camera.source import FrameSource

_TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}


class TurnedSource:
    """A `camera.source.FrameSource` over another one. `degrees` clockwise: 90, 180 or 270."""

    def __init__(self, source: FrameSource, degrees: int) -> None:
        self._source = source
        self._turn = _TURNS[degrees]

    @property
    def name(self) -> str:
        return self._source.name

    def open(self) -> None:
        self._source.open()

    def read(self) -> Frame | None:
        frame = self._source.read()
        if frame is None:
            return None
        colour = None if frame.colour is None else partial(self._turned, frame.colour)
        return replace(frame, bgr=self._turned(lambda: frame.bgr), colour=colour)

    def _turned(self, picture: Callable[[], Picture]) -> Picture:
        return np.asarray(cv2.rotate(picture(), self._turn), np.uint8)

    def close(self) -> None:
        self._source.close()
