"""What the gate sends: the lane's newest picture and its sound, as aiortc tracks.

A track with nothing new sends nothing. A frozen picture is not sent again and silence is not synthesised. So what the
person's browser counts is what the camera and the microphone really gave.
"""

from __future__ import annotations

import asyncio
import fractions
import time
from typing import Any

import av
import numpy as np
from aiortc import MediaStreamTrack

from edge.call.errors import SoundLost
from edge.call.feed import CHUNK_SAMPLES, SAMPLE_RATE, CameraFeed
from edge.call.sound import Microphone

STALE_S = 2.0
LOOK_S = 0.01
VIDEO_CLOCK = 90_000
"""RTP clock rate for video, in Hz (RFC 3551)."""
AGAIN_S = 2.0


class PictureTrack(MediaStreamTrack):
    """The camera's newest frame, at most `fps` times a second and at most `width_px` wide."""

    kind = "video"

    def __init__(self, feed: CameraFeed, *, width_px: int, fps: float) -> None:
        super().__init__()
        self._feed = feed
        self._width_px = width_px
        self._period_s = 1.0 / fps
        self._begun = time.monotonic()
        self._sent = 0
        self._due = 0.0

    async def recv(self) -> Any:
        await asyncio.sleep(max(0.0, self._due - time.monotonic()))
        number, at, frame = await self._fresh()
        self._sent, self._due = number, time.monotonic() + self._period_s
        small = await asyncio.to_thread(self._small, frame)
        small.pts = int((at - self._begun) * VIDEO_CLOCK)
        small.time_base = fractions.Fraction(1, VIDEO_CLOCK)
        return small

    async def _fresh(self) -> tuple[int, float, Any]:
        """Wait for a picture that is new and recent."""
        while True:
            newest = self._feed.newest
            if newest is not None and newest[0] != self._sent and time.monotonic() - newest[1] <= STALE_S:
                return newest
            await asyncio.sleep(LOOK_S)

    def _small(self, frame: Any) -> Any:
        width = min(self._width_px, frame.width) // 2 * 2
        height = max(2, round(frame.height * width / frame.width / 2) * 2)
        return frame.reformat(width=width, height=height, format="yuv420p")


class _Sound(MediaStreamTrack):
    """Chunks of 20 ms; timestamps count samples and jump over gaps."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._begun: float | None = None
        self._samples = 0

    def _frame(self, chunk: Any) -> Any:
        now = time.monotonic()
        self._begun = now if self._begun is None else self._begun
        behind = int((now - self._begun) * SAMPLE_RATE) - self._samples
        if behind > SAMPLE_RATE // 2:  # after a gap, timestamps must jump ahead too
            self._samples += behind // CHUNK_SAMPLES * CHUNK_SAMPLES
        frame = av.AudioFrame.from_ndarray(chunk.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.pts = SAMPLE_RATE, self._samples
        frame.time_base = fractions.Fraction(1, SAMPLE_RATE)
        self._samples += CHUNK_SAMPLES
        return frame


class CameraSoundTrack(_Sound):
    """The sound of the camera's own stream."""

    def __init__(self, feed: CameraFeed) -> None:
        super().__init__()
        self._feed = feed

    async def recv(self) -> Any:
        while True:
            chunk = self._feed.chunk()
            if chunk is not None:
                return self._frame(chunk)
            await asyncio.sleep(LOOK_S)


class MicrophoneTrack(_Sound):
    """A microphone's sound. If it was unplugged it is tried again, and nothing is sent meanwhile."""

    def __init__(self, microphone: Microphone) -> None:
        super().__init__()
        self._microphone = microphone

    async def recv(self) -> Any:
        while True:
            try:
                return self._frame(np.frombuffer(await self._microphone.chunk(), np.int16))
            except SoundLost:
                await asyncio.sleep(AGAIN_S)
