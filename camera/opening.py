"""Makes a camera source from its address in the config."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from camera.csi import CsiSource
from camera.errors import CameraError
from camera.lookout import Lookout
from camera.packets import PacketStream
from camera.recording import LoopedRecording
from camera.redact import redact
from camera.settings import CameraSettings
from camera.source import FrameSource
from camera.stream import StreamSource
from camera.turned import TurnedSource
from camera.two_streams import TwoStreams
from camera.usb import usb_source
from core.words.language import say

STREAM_SCHEMES = ("rtsp://", "rtsps://", "http://", "https://")


def open_source(
    address: str,
    *,
    lane: str,
    settings: CameraSettings,
    clock: Callable[[], float] = time.monotonic,
    resting: Callable[[], bool] = lambda: False,
    small: str = "",
) -> FrameSource:
    """Makes the source for `address`, without connecting yet.

    Addresses: `rtsp://…`, `rtsps://…`, `http://…`, `/dev/videoN` (or any `/dev/…` link), `csi:0`, `file:clip.mp4`.
    Raises `CameraError` for anything else. While `resting` returns True (nothing is in the lane), a network camera may
    deliver fewer pictures. `small` is the address of the camera's small stream, which is watched while the lane rests.
    """
    if small:
        source: FrameSource = _two_streams(address, small, lane=lane, settings=settings, clock=clock, resting=resting)
    else:
        source = _open(address, lane=lane, settings=settings, clock=clock, resting=resting)
    return TurnedSource(source, settings.rotate) if settings.rotate else source


def packets(address: str, settings: CameraSettings) -> PacketStream:
    """A stream by its packets, without connecting yet."""
    from camera.av_stream import AvStream  # noqa: PLC0415 - FFmpeg's libraries once more: for those who have a stream

    return AvStream(
        address,
        transport=settings.transport,
        open_timeout_s=settings.open_timeout_s,
        read_timeout_s=settings.read_timeout_s,
    )


def _two_streams(
    address: str,
    small: str,
    *,
    lane: str,
    settings: CameraSettings,
    clock: Callable[[], float],
    resting: Callable[[], bool],
) -> FrameSource:
    if not address.lower().startswith(STREAM_SCHEMES):
        raise CameraError(say("{address}: малый поток бывает только у сетевой камеры", address=redact(address)))
    watched = _open(small, lane=lane, settings=settings, clock=clock, resting=lambda: True)  # five pictures per second
    return TwoStreams(
        address,
        lane=lane,
        stream=packets(address, settings),
        lookout=Lookout(watched, settings=settings, clock=clock),
        patience_s=settings.read_timeout_s,
        clock=clock,
        resting=resting,
    )


def _open(
    address: str, *, lane: str, settings: CameraSettings, clock: Callable[[], float], resting: Callable[[], bool]
) -> FrameSource:
    if address.lower().startswith(STREAM_SCHEMES):
        return StreamSource(
            address,
            lane=lane,
            stream=packets(address, settings),
            patience_s=settings.read_timeout_s,
            clock=clock,
            resting=resting,
        )
    if address.startswith("/dev/"):
        return usb_source(Path(address), lane=lane, settings=settings, clock=clock, resting=resting)
    if address.startswith("csi:") and address[4:].isdecimal():
        return CsiSource(int(address[4:]), lane=lane, settings=settings, clock=clock)
    if address.startswith("file:") and address[5:]:
        return LoopedRecording(Path(address[5:]), lane=lane, clock=clock)
    raise CameraError(
        say(
            "{address}: неизвестный адрес камеры; годятся rtsp://…, http://…, /dev/videoN, csi:0, file:ВИДЕО",
            address=redact(address),
        )
    )
