"""Picture and sound of a lane's camera for the length of one call; a separate thread reads, the newest is kept.

It is a second connection to the camera (to its small stream, if known), so the frames for decisions are not affected.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Iterator
from typing import Any

import av
import numpy as np

from camera.redact import redact
from edge.call.errors import FeedLost
from edge.call.settings import gives_pictures
from edge.language import say

log = logging.getLogger(__name__)
SAMPLE_RATE = 48_000
CHUNK_SAMPLES = 960
"""20 ms, the frame size of Opus (RFC 6716)."""
MOST_CHUNKS = 25
"""Half a second. Older sound is dropped, so that a talk does not lag."""
AGAIN_S = 2.0
FILE_SCHEME = "file:"
OPEN_S, READ_S = 8.0, 5.0
_BROKEN = (av.FFmpegError, OSError, ValueError)
"""FFmpeg's errors and timeouts are not OSError."""


class CameraFeed(threading.Thread):
    """Reads `url` until `stop`. `newest` and `chunk` may be called from any thread."""

    def __init__(self, url: str, *, transport: str, with_sound: bool) -> None:
        super().__init__(name="call-feed", daemon=True)
        self._url = url
        self._transport = transport
        self._with_sound = with_sound
        self._over = threading.Event()
        self._newest: tuple[int, float, Any] | None = None
        self._chunks: deque[np.ndarray[Any, np.dtype[np.int16]]] = deque(maxlen=MOST_CHUNKS)
        self._rest = np.zeros(0, np.int16)
        self.trouble = ""
        """Why nothing comes, in words; empty while it does."""

    @property
    def newest(self) -> tuple[int, float, Any] | None:
        """Number, time (monotonic) and `av.VideoFrame` of the newest picture."""
        return self._newest

    def chunk(self) -> np.ndarray[Any, np.dtype[np.int16]] | None:
        """The oldest waiting 20 ms of sound: mono, 48 kHz, signed 16 bit; None if there is none."""
        try:
            return self._chunks.popleft()
        except IndexError:
            return None

    def stop(self) -> None:
        self._over.set()

    def run(self) -> None:
        while not self._over.is_set():
            try:
                self._read()
            except FeedLost as error:
                if not self.trouble:
                    log.warning("звонок: %s", error)
                self.trouble = str(error)
            self._over.wait(0.0 if self._of_file and not self.trouble else AGAIN_S)

    @property
    def _of_file(self) -> bool:
        return self._url.startswith(FILE_SCHEME)

    def _read(self) -> None:
        """One connection, or one pass through a recording. Raises FeedLost."""
        name = redact(self._url)
        if not gives_pictures(self._url):
            raise FeedLost(say("{name}: камера USB или CSI занята зрением, картинки в звонке нет", name=name))
        options = {"rtsp_transport": self._transport} if self._url.startswith("rtsp") else {}
        try:
            with av.open(self._url.removeprefix(FILE_SCHEME), options=options, timeout=(OPEN_S, READ_S)) as container:
                self._take_all(container)
        except (*_BROKEN, IndexError):
            raise FeedLost(say("{name}: камера не отвечает", name=name)) from None  # the cause's text has the password

    def _take_all(self, container: Any) -> None:
        video = container.streams.video[0]
        video.codec_context.thread_count = 1
        wanted = [video, *(container.streams.audio[:1] if self._with_sound else ())]
        resampler = av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)
        begun, number = time.monotonic(), self._newest[0] if self._newest else 0
        for frame in _frames(container, wanted):
            if self._over.is_set():
                return
            if self._of_file:  # at the recording's own speed
                self._over.wait(max(0.0, begun + (frame.time or 0.0) - time.monotonic()))
            if isinstance(frame, av.VideoFrame):
                number += 1
                self._newest = number, time.monotonic(), frame
                self.trouble = ""
            else:
                self._add_sound(resampler, frame)

    def _add_sound(self, resampler: Any, frame: Any) -> None:
        for part in resampler.resample(frame):
            self._rest = np.concatenate([self._rest, part.to_ndarray().reshape(-1)])
        while len(self._rest) >= CHUNK_SAMPLES:
            self._chunks.append(self._rest[:CHUNK_SAMPLES])
            self._rest = self._rest[CHUNK_SAMPLES:]


def _frames(container: Any, streams: list[Any]) -> Iterator[Any]:
    for packet in container.demux(streams):
        try:
            yield from packet.decode()
        except av.InvalidDataError:  # a lost packet spoils a frame, not the call
            continue
