"""The Raspberry Pi's ribbon-cable camera, through picamera2, which comes from Debian and not from PyPI.

Install it with `apt install python3-picamera2`, and make the venv with `--system-site-packages`.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable
from typing import Any

from camera.errors import CameraError, CameraLost
from camera.frame import Frame
from camera.settings import CameraSettings
from core.words.language import say


class CsiSource:
    """A CSI camera by its number. Owned by one capture thread."""

    def __init__(
        self, number: int, *, lane: str, settings: CameraSettings, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.name = f"csi:{number}"
        self._number = number
        self._lane = lane
        self._settings = settings
        self._clock = clock
        self._camera: Any = None
        self._frames = 0

    def open(self) -> None:
        self.close()
        try:
            picamera2 = importlib.import_module("picamera2")
        except ImportError as error:
            raise CameraError(
                say(
                    "{name}: нет пакета picamera2; поставьте python3-picamera2 из apt и сделайте venv с --system-site-packages",
                    name=self.name,
                )
            ) from error
        settings = self._settings
        try:
            self._camera = camera = picamera2.Picamera2(self._number)
            # libcamera's "RGB888" is stored as blue-green-red, which is what OpenCV expects.
            camera.configure(
                camera.create_video_configuration(
                    main={"format": "RGB888", "size": (settings.width, settings.height)},
                    controls={"FrameRate": settings.fps},
                )
            )
            camera.start()
        except (RuntimeError, IndexError, OSError) as error:
            self.close()  # libcamera lends a camera only once: if kept, it would be busy at every later opening
            raise CameraLost(f"{self.name}: {error}") from error

    def read(self) -> Frame | None:
        if self._camera is None:
            raise CameraLost(say("{name}: камера не открыта", name=self.name))
        try:
            # A job with a time-out: capture_array() alone would wait for ever for a stalled sensor.
            job = self._camera.capture_array("main", wait=False)
            bgr = self._camera.wait(job, timeout=self._settings.read_timeout_s)
        except (RuntimeError, TimeoutError, OSError) as error:
            self.close()
            raise CameraLost(say("{name}: кадры не идут", name=self.name)) from error
        self._frames += 1
        return Frame(bgr=bgr, captured=self._clock(), frame_id=self._frames, lane=self._lane)

    def close(self) -> None:
        if self._camera is not None:
            self._camera.close()
            self._camera = None
