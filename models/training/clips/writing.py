"""Writes a clip and its ground truth to disk."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2

from models.training.clips.film import FPS, Film, cast_for
from models.training.clips.visits import Visit, Weather
from models.training.scenes.textures import Picture


@dataclass(frozen=True, slots=True)
class TrueVisit:
    """One row of the ground truth: from the first to the last sight of the car, in seconds of the clip."""

    visit: int
    text: str
    case: str
    weather: str
    t_from: float
    t_to: float


def pictures(
    film: Film, visits: Sequence[Visit], *, gap_s: float, caption: str, truth: list[TrueVisit]
) -> Iterator[Picture]:
    """All pictures of a clip; fills `truth` as it goes.

    The entrance is empty for `gap_s` before each visit and at the end.
    """
    t, boom = 0.0, 0.0
    weather = Weather.DAY
    for number, visit in enumerate([*visits, None], 1):
        weather = visit.weather if visit is not None else weather
        for _ in range(round(gap_s * FPS)):
            boom = max(0.0, boom - 1 / (1.2 * FPS))  # the boom closes behind the last car
            yield film.empty(weather, t=t, raised=boom, caption=_clock(caption, t)).picture
            t += 1 / FPS
        if visit is None:
            return
        first, cast = t, cast_for(visit)
        for index in range(round(visit.length_s * FPS)):
            yield film.frame(visit, cast, t=index / FPS, t_film=t, caption=_clock(caption, t)).picture
            t += 1 / FPS
        boom = visit.raised(visit.length_s)
        truth.append(TrueVisit(number, visit.text, visit.case.value, visit.weather.value, round(first, 2), round(t, 2)))


def _clock(caption: str, t: float) -> str:
    return f"{caption} {int(t) // 60:02d}:{int(t) % 60:02d}" if caption else ""


def write_mp4(path: Path, frames: Iterable[Picture], *, quality: int = 27, preset: str = "slow") -> int:
    """Write a clip that every OpenCV wheel can read; returns the number of frames. Raises OSError.

    H.264 at the constant rate factor `quality` with x264's `preset` if the package `av` is installed; otherwise MPEG-4
    part 2, four times as large.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        import av  # noqa: PLC0415  # only makes smaller files: the product does not need it
    except ImportError:
        return _write_mpeg4(path, frames)
    count = 0
    with av.open(str(path), "w") as file:
        stream = None
        for frame in frames:
            if stream is None:
                # no reordered frames: a gate sees each one as it comes
                options = {"crf": str(quality), "preset": preset, "bf": "0", "threads": "1"}
                stream = file.add_stream("libx264", rate=FPS, options=options)
                stream.height, stream.width = frame.shape[:2]
                stream.pix_fmt = "yuv420p"
            file.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="bgr24")))
            count += 1
        if stream is not None:
            file.mux(stream.encode())
    return count


def _write_mpeg4(path: Path, frames: Iterable[Picture]) -> int:
    writer: cv2.VideoWriter | None = None
    count = 0
    for frame in frames:
        if writer is None:
            writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), FPS, (frame.shape[1], frame.shape[0]))
            if not writer.isOpened():
                raise OSError(f"{path}: cannot be written as MPEG-4 video")
        writer.write(frame)
        count += 1
    if writer is not None:
        writer.release()
    return count


def write_truth(path: Path, truth: Iterable[TrueVisit]) -> None:
    """The ground truth as CSV: visit, text, case, weather, t_from, t_to."""
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["visit", "text", "case", "weather", "t_from", "t_to"])
        for row in truth:
            table.writerow([row.visit, row.text, row.case, row.weather, f"{row.t_from:.2f}", f"{row.t_to:.2f}"])
