"""Recorded video: either as fast as possible with the file's own times (replay), or in real time in a loop."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2

from camera import backend
from camera.errors import CameraLost
from camera.frame import Frame, Picture
from core.errors import FileUnusable
from core.words.language import say
from core.words.system import system_words

_USUAL_FPS = 25.0
_SMALLEST_PX = 16
"""A picture smaller than this in either direction shows nothing."""
_MISSING_SHARE = 0.05
"""A file counts as cut off if it ends earlier than its header says by more than this share, both in frames and in time.
Headers are often off by a frame or two. Matroska stores no count: OpenCV guesses one from the length, far too high
for uneven frames."""


class Recording:
    """A video file as a `FrameSource`. `captured` is the time in the file, so a replay repeats itself.

    At the end of a file that is cut off, `read` raises `FileUnusable`, after it has returned all frames.
    """

    def __init__(self, path: Path, *, lane: str) -> None:
        self.name = str(path)
        self.fps = _USUAL_FPS
        self.size = (0, 0)
        self._path = path
        self._lane = lane
        self._capture: backend.VideoCapture | None = None
        self._first: Picture | None = None
        self._frames = 0
        self._read = 0
        self._promised = 0.0
        self._promised_s = 0.0
        self._last_s = 0.0

    def open(self) -> None:
        self.close()
        why = _why_unreadable(self._path)
        if why:
            raise FileUnusable(self._path, why)
        capture = backend.open_file(str(self._path.absolute()))  # otherwise FFmpeg takes `cam1:` for a protocol
        ok, bgr = capture.read() if capture.isOpened() else (False, None)
        if not ok or bgr is None:
            capture.release()
            raise FileUnusable(self._path, say("это не видео, или файл повреждён"))
        height, width = bgr.shape[:2]
        if min(width, height) < _SMALLEST_PX:
            capture.release()
            raise FileUnusable(self._path, say("кадр {width}x{height} слишком мал", width=width, height=height))
        fps = capture.get(cv2.CAP_PROP_FPS)
        self.fps = fps if math.isfinite(fps) and 0 < fps <= 1000 else _USUAL_FPS
        self.size = (width, height)
        self._promised = capture.get(cv2.CAP_PROP_FRAME_COUNT)
        self._promised_s = self._promised / fps if fps > 0 else 0.0
        self._capture, self._first, self._read, self._last_s = capture, bgr, 0, 0.0

    def read(self) -> Frame | None:
        if self._capture is None:
            raise CameraLost(say("{name}: не открыто", name=self.name))
        bgr, self._first = self._first, None
        if bgr is None:
            ok, bgr = self._capture.read()
            if not ok or bgr is None:
                self._check_whole()
                return None
        self._read += 1
        self._frames += 1
        media_s = self._time_of_frame(self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000)
        return Frame(bgr=bgr, captured=media_s, frame_id=self._frames, lane=self._lane, media_s=media_s)

    @property
    def promised_s(self) -> float:
        """The length according to the file's header, once opened; 0 if it has none."""
        return self._promised_s if math.isfinite(self._promised_s) else 0.0

    def close(self) -> None:
        if self._capture is not None:
            self._capture.release()
        self._capture = self._first = None

    def frames(self) -> Iterator[Frame]:
        """Every frame from the start, as fast as it can be decoded."""
        self.open()
        try:
            while (frame := self.read()) is not None:
                yield frame
        finally:
            self.close()

    def _time_of_frame(self, stamp_s: float) -> float:
        # Damaged and joined files repeat time stamps or run backwards; time in a replay must not.
        step_s = 1 / self.fps
        if self._read == 1:
            self._last_s = stamp_s if math.isfinite(stamp_s) and stamp_s > 0 else 0.0
        elif math.isfinite(stamp_s) and stamp_s > self._last_s:
            self._last_s = stamp_s
        else:
            self._last_s += step_s
        return self._last_s

    def _check_whole(self) -> None:
        missing = self._promised - self._read
        missing_s = self._promised_s - self._last_s
        if (
            math.isfinite(missing)
            and missing > max(5.0, _MISSING_SHARE * self._promised)
            and missing_s > max(5.0 / self.fps, _MISSING_SHARE * self._promised_s)
        ):
            raise FileUnusable(
                self._path,
                say("обрывается: {read} кадров из {promised}", read=self._read, promised=int(self._promised)),
            )


class LoopedRecording:
    """A video file that plays in real time in a loop, like a camera: for `camera = "file:clip.mp4"`.

    It skips nothing for a slow reader; the `LatestSlot` behind the capture drops frames.
    """

    def __init__(
        self,
        path: Path,
        *,
        lane: str,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._recording = Recording(path, lane=lane)
        self.name = f"file:{path}"
        self._clock = clock
        self._sleep = sleep
        self._started: float | None = None

    def open(self) -> None:
        self._recording.open()
        self._started = None

    def read(self) -> Frame | None:
        frame = self._next_frame()
        pause_s = 0.0
        if frame is None:  # start again
            self.open()
            frame = self._next_frame()
            if frame is None:
                return None
            pause_s = 1 / self._recording.fps  # the duration of the last frame: a file of one frame would spin
        assert frame.media_s is not None
        now = self._clock()
        if self._started is None:
            self._started = now + pause_s - frame.media_s
        due = self._started + frame.media_s
        if due > now:
            self._sleep(due - now)
        return Frame(
            bgr=frame.bgr,
            captured=self._clock(),
            frame_id=frame.frame_id,
            lane=frame.lane,
            media_s=frame.media_s,
        )

    def close(self) -> None:
        self._recording.close()

    def _next_frame(self) -> Frame | None:
        try:
            return self._recording.read()
        except FileUnusable:  # cut off at the end: play again what there is
            return None


def _why_unreadable(path: Path) -> str:
    try:
        if not path.exists():
            return say("нет такого файла")
        if path.is_dir():
            return say("это папка, а не видео")
        if path.stat().st_size == 0:
            return say("файл пуст")
        with path.open("rb"):
            return "" if _is_utf8(path) else say("имя файла не в UTF-8")
    except OSError as error:
        return say("не читается: {strerror}", strerror=system_words(error))


def _is_utf8(path: Path) -> bool:
    # OpenCV does not reject such a name: it ends the process.
    try:
        str(path.absolute()).encode()
    except UnicodeEncodeError:
        return False
    return True
