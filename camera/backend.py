"""OpenCV as a video backend: opened with explicit time-outs, and silent on stderr.

Facts behind the choices, measured with OpenCV 4.14 and 5.0. Without time-outs in the open parameters, a camera that
accepts and stays silent blocks for 30 s. The parameters only count if the backend is given too. After one failed read,
a capture stays "open" and fails at once for ever. The FFmpeg options come from one environment variable of the whole
process.
"""

from __future__ import annotations

import math
import os
from typing import Protocol

import cv2

from camera.frame import Picture

_QUIET = -8
"""AV_LOG_QUIET."""


class VideoCapture(Protocol):
    """The part of `cv2.VideoCapture` used here."""

    def isOpened(self) -> bool: ...  # noqa: N802 - OpenCV's name

    def read(self) -> tuple[bool, Picture | None]: ...

    def grab(self) -> bool: ...

    def retrieve(self) -> tuple[bool, Picture | None]: ...

    def get(self, prop: int, /) -> float: ...

    def release(self) -> None: ...


def silence() -> None:
    """Stops OpenCV and FFmpeg from writing to stderr; the gate reports errors itself, in one line."""
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", str(_QUIET))
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)


def limit_threads(threads: int) -> None:
    """Limits the threads of OpenCV's own work (resizing, warping); by default it uses every core."""
    cv2.setNumThreads(threads)


def open_packets(url: str, *, transport: str, open_timeout_s: float, read_timeout_s: float) -> VideoCapture:
    """Opens a stream or a recording to get its packets as they were sent, without decoding."""
    silence()
    # Setting the variable replaces OpenCV's defaults, and it is read at each opening, of files too. So it must only
    # name options that files ignore: `fflags;nobuffer` cost recordings their first frame, `low_delay` their order.
    os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"] = f"rtsp_transport;{transport}"
    return _capture(
        url,
        cv2.CAP_FFMPEG,
        [
            cv2.CAP_PROP_FORMAT,
            -1,
            cv2.CAP_PROP_OPEN_TIMEOUT_MSEC,
            int(open_timeout_s * 1000),
            cv2.CAP_PROP_READ_TIMEOUT_MSEC,
            int(read_timeout_s * 1000),
        ],
    )


def open_device(path: str, *, width: int, height: int, fps: float, read_timeout_s: float) -> VideoCapture:
    """Opens a USB camera through V4L2 as motion JPEG: raw 1080p pictures exceed the bandwidth of USB 2."""
    silence()
    # V4L2 has no time-out parameter, and one unknown parameter makes the opening fail. Its environment variable holds
    # whole seconds, applies to all cameras of the process from the first wait on, and defaults to 10 s.
    os.environ["OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT"] = str(math.ceil(read_timeout_s))
    index = path.removeprefix("/dev/video")
    return _capture(
        int(index) if index.isdecimal() else path,
        cv2.CAP_V4L2,
        [
            cv2.CAP_PROP_FOURCC,
            cv2.VideoWriter.fourcc(*"MJPG"),
            cv2.CAP_PROP_FRAME_WIDTH,
            width,
            cv2.CAP_PROP_FRAME_HEIGHT,
            height,
            cv2.CAP_PROP_FPS,
            int(fps),
        ],
    )


def open_file(path: str) -> VideoCapture:
    """Opens a recording through FFmpeg, decoding on one thread: the other cores belong to the reader."""
    silence()
    return _capture(path, cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])


def _capture(source: str | int, backend: int, params: list[int]) -> VideoCapture:
    try:
        capture: VideoCapture = cv2.VideoCapture(source, backend, params)  # type: ignore[assignment]
    except cv2.error:  # some backends raise where others return isOpened() == False
        capture = cv2.VideoCapture()  # type: ignore[assignment]
    return capture
