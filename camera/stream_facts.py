"""Facts about a camera's stream from its packets: codec, size, rate, gaps, key frames.

No picture is decoded or kept.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median
from typing import Final

import cv2

from camera.backend import VideoCapture
from camera.errors import CameraLost
from core.words.language import say

SETTLE_PACKETS: Final = 5
"""The first packets come at once from the camera's own buffer: they say nothing about its rhythm."""
FIRST_BYTES: Final = 32
"""Kept of the first packet: parameter sets and the name of the encoder, too little to make a picture from."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One packet came: when, in seconds, the camera's own stamp, its size in bytes, and whether it is a key frame."""

    came: float
    stamped: float
    size: int
    key: bool


@dataclass(frozen=True, slots=True)
class StreamFacts:
    """What was observed of a stream; None for what could not be determined."""

    codec: str
    width: int
    height: int
    fps_told: float | None
    """As declared by the stream."""
    fps: float | None
    """As measured."""
    seconds: float | None
    packets: int
    gap_ms_median: float | None
    gap_ms_95: float | None
    gap_ms_longest: float | None
    key_every: int | None
    """Median number of packets between key frames."""
    key_every_longest: int | None
    bytes_per_s: int | None
    clock: float | None
    """Seconds of the camera's stamps per second here; 1 if both clocks run alike."""
    first_bytes: str


def listen(capture: VideoCapture, *, name: str, seconds: float, clock: Callable[[], float]) -> StreamFacts:
    """Collects the packets of an open capture for `seconds`, or to the end of a recording.

    Raises CameraLost if there are none.
    """
    packets: list[Arrival] = []
    first = ""
    started = clock()
    while clock() - started < seconds and capture.grab():
        ok, data = capture.retrieve()
        if not ok or data is None:
            break
        if not packets:
            first = data.reshape(-1)[:FIRST_BYTES].tobytes().hex()
        key = bool(capture.get(cv2.CAP_PROP_LRF_HAS_KEY_FRAME))
        packets.append(Arrival(clock(), capture.get(cv2.CAP_PROP_POS_MSEC) / 1000, int(data.size), key))
    if not packets:
        raise CameraLost(say("{name}: кадры не идут", name=name))
    return facts(
        packets,
        codec=_fourcc(int(capture.get(cv2.CAP_PROP_FOURCC))),
        width=int(capture.get(cv2.CAP_PROP_FRAME_WIDTH)),
        height=int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT)),
        fps_told=capture.get(cv2.CAP_PROP_FPS),
        first_bytes=first,
    )


def facts(
    packets: Sequence[Arrival], *, codec: str, width: int, height: int, fps_told: float, first_bytes: str
) -> StreamFacts:
    """The statistics of the packets."""
    steady = packets[SETTLE_PACKETS:]
    gaps = sorted((b.came - a.came) * 1000 for a, b in pairwise(steady))
    span = steady[-1].came - steady[0].came if gaps else 0.0
    keys = [at for at, packet in enumerate(packets) if packet.key]
    apart = [b - a for a, b in pairwise(keys)]
    told = math.isfinite(fps_told) and 0 < fps_told < 1000
    return StreamFacts(
        codec=codec,
        width=width,
        height=height,
        fps_told=round(fps_told, 2) if told else None,
        fps=round(len(gaps) / span, 2) if span else None,
        seconds=round(packets[-1].came - packets[0].came, 1),
        packets=len(packets),
        gap_ms_median=round(median(gaps), 1) if gaps else None,
        gap_ms_95=round(gaps[min(len(gaps) - 1, math.ceil(0.95 * len(gaps)) - 1)], 1) if gaps else None,
        gap_ms_longest=round(gaps[-1], 1) if gaps else None,
        key_every=round(median(apart)) if apart else None,
        key_every_longest=max(apart, default=None),
        bytes_per_s=round(sum(packet.size for packet in steady[1:]) / span) if span else None,
        clock=round((steady[-1].stamped - steady[0].stamped) / span, 4) if span else None,
        first_bytes=first_bytes,
    )


def of_a_file(found: StreamFacts) -> StreamFacts:
    """The same without what only a live stream can show: a file arrives as fast as the disk is read."""
    return replace(
        found,
        fps=None, seconds=None, gap_ms_median=None, gap_ms_95=None, gap_ms_longest=None, bytes_per_s=None, clock=None,
    )  # fmt: skip


def _fourcc(code: int) -> str:
    text = code.to_bytes(4, "little", signed=code < 0).decode("ascii", "replace").strip("\0 ")
    return text if text.isprintable() and text else "unknown"
