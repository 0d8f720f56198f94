"""Throughput of recorded 720p video: decode, motion gate, reader."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np

from camera.frame import Picture
from camera.look import Attention, LaneView
from camera.reader import PlateReader
from camera.recording import Recording
from camera.settings import CameraSettings
from edge.bench.frames import at_height

_FPS = 25


@dataclass(frozen=True, slots=True)
class ReplaySpeed:
    """Frames per second, and how many times faster than real time."""

    fps: float
    times_real_time: float


def measure(reader: PlateReader, frames: Sequence[Picture], *, seconds: int = 8) -> ReplaySpeed:
    """Write a shaking 720p clip of `frames` to a temporary file and replay it with every frame read."""
    with TemporaryDirectory(prefix="okter-bench-") as folder:
        clip = Path(folder) / "clip.mp4"
        _write_clip(clip, [at_height(picture, 720) for picture in frames], count=_FPS * seconds)
        view = LaneView(reader, settings=CameraSettings())
        started = time.perf_counter()
        count = sum(
            1
            for frame in Recording(clip, lane="bench").frames()
            if view.look(frame, attention=Attention.UNREAD) is not None
        )
        fps = count / (time.perf_counter() - started)
    return ReplaySpeed(fps=fps, times_real_time=fps / _FPS)


def _write_clip(path: Path, pictures: Sequence[Picture], *, count: int) -> None:
    height, width = pictures[0].shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), _FPS, (width, height))
    for number in range(count):
        picture = pictures[number * len(pictures) // count]
        writer.write(np.roll(cv2.resize(picture, (width, height)), number % 7, axis=1))  # like a hand-held camera
    writer.release()
