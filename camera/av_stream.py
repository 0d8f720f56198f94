"""A video stream read packet by packet, through PyAV. Import it only where needed: it loads a second copy of FFmpeg."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import av
import numpy as np
from av.video.reformatter import ColorRange

from camera.blocks import Blocks
from camera.bounded_pictures import bound_pictures
from camera.errors import CameraLost
from camera.frame import Picture
from camera.packets import Decoded, Packet
from camera.planes import copied, widened
from camera.redact import redact
from core.words.language import say

bound_pictures()  # must run once per process, before its first stream

_BROKEN = (av.FFmpegError, OSError, ValueError, MemoryError)
"""What PyAV raises: FFmpeg's refusals (401, 404, 5xx), time-outs (`ExitError`) and missing parts are not OSErrors."""


class AvStream:
    """A `PacketStream` over an RTSP or HTTP stream, or a file. Decodes on one thread."""

    def __init__(self, url: str, *, transport: str, open_timeout_s: float, read_timeout_s: float) -> None:
        self._url = url
        self._options = {"rtsp_transport": transport} if url.lower().startswith("rtsp") else {}
        self._timeout = (open_timeout_s, read_timeout_s)
        self._name = redact(url)
        self._container: Any = None
        self._decoder: Any = None
        self._packets: Iterator[Any] = iter(())
        self._blocks = Blocks()

    def open(self) -> None:
        self.close()
        try:
            self._container = av.open(self._url, options=self._options, timeout=self._timeout)
            stream = self._container.streams.video[0]
        except (*_BROKEN, IndexError):
            self.close()
            # The original error text contains the password.
            raise CameraLost(say("{name}: камера не отвечает", name=self._name)) from None
        self._decoder = stream.codec_context
        self._decoder.thread_count = 1
        self._packets = self._container.demux(stream)

    def next(self) -> Packet:
        try:
            packet = next(self._packets)
        except (*_BROKEN, StopIteration):
            self.close()
            raise CameraLost(say("{name}: кадры не идут", name=self._name)) from None
        return Packet(packet.is_keyframe, packet, self._stamp(packet))

    def _stamp(self, packet: Any) -> float | None:
        ticks = packet.pts if packet.dts is None else packet.dts  # with reordered pictures, only dts is monotonic
        if ticks is None or packet.time_base is None or self._container.format.name in _STAMPS_MADE_UP:
            return None
        return float(ticks * packet.time_base)

    def decode(self, packet: Packet) -> Callable[[], Decoded] | None:
        try:
            frames = self._decoder.decode(packet.coded)
        except _BROKEN:
            return None
        return partial(_decoded, frames[-1], self._blocks) if frames else None

    def forget(self) -> None:
        self._decoder.flush_buffers()

    def close(self) -> None:
        self._packets = iter(())
        self._decoder = None
        if self._container is not None:
            self._container.close()
            self._container = None


def _decoded(frame: Any, blocks: Blocks) -> Decoded:
    """The picture as brightness plus colour on demand.

    In every format that cameras send (4:2:0, 4:2:2, NV12) brightness is the first plane; for other formats it is
    computed.
    """
    name = frame.format.name
    full = frame.color_range == ColorRange.JPEG or name.startswith(("yuvj", "gray"))
    if name in _HELD and frame.width % 2 == 0 and frame.height % 2 == 0:
        luma, blue, red = (_rows(plane) for plane in frame.planes)
        return copied(luma, blue, red, full=full, blocks=blocks)
    alone = threading.Lock()

    def colour() -> Picture:
        with alone:  # a frame has one converter, which runs without the GIL
            return np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)

    if not name.startswith(("yuv", "nv12", "nv21", "gray")) or name in _PACKED:
        return Decoded(np.asarray(frame.to_ndarray(format="gray"), np.uint8), colour)
    luma = _rows(frame.planes[0])
    return Decoded(luma if full else widened(luma), colour)


def _rows(plane: Any) -> Picture:
    """The pixels of a plane, without the padding of its lines."""
    return np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[: plane.height, : plane.width]


_STAMPS_MADE_UP = ("mpjpeg", "mjpeg")
"""Formats without time stamps: in a sequence of JPEGs FFmpeg merely counts 25 per second (libavformat/mpjpegdec.c)."""
_HELD = ("yuv420p", "yuvj420p")
_PACKED = ("yuyv422", "yuv420p10le", "yuv422p10le")
"""Formats in which brightness is not stored separately, one byte per pixel."""
