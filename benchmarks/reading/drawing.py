"""A folder of the benchmark's pictures: JPEG files by set, and `pictures.csv` with their seals and the ground truth."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

import cv2
from tqdm import tqdm

from benchmarks.reading import cases, seal
from benchmarks.reading.cases import Shot

PICTURES: Final = "pictures.csv"
QUALITY: Final = 92
"""Quality of the JPEG files: a camera's own compression is not measured here."""

Draw = Callable[[int], Iterator[Shot]]
SETS: Final[Mapping[str, tuple[Draw, int]]] = {
    "clear": (cases.clear, 100),
    "weather": (cases.weather, 100),
    "covered": (cases.covered, 80),
    "low_resolution": (cases.low_resolution, 80),
    "plateless": (cases.plateless, 80),
    "visits": (cases.visits, 32),
}
"""How each set is drawn, and its size in the small benchmark (for visits of five pictures each)."""
SIZES: Final = {"tiny": 0.04, "small": 1.0, "full": 10.0}
"""Relative to the small benchmark.

Each begins with the pictures of the smaller one; the tiny one is for trying a reader.
"""


def drawn(size: str) -> Iterator[tuple[str, Shot]]:
    """Every picture with its name, `SET/NUMBER.jpg`, or for visits `visits/NUMBER-PLACE.jpg`, ordered by place."""
    for name, (draw, count) in SETS.items():
        group, place = "", 0
        for shot in draw(max(2, round(count * SIZES[size]))):
            group, place = shot.group, place + 1 if shot.group == group else 1
            yield f"{name}/{shot.group}{f'-{place}' if draw is cases.visits else ''}.jpg", shot


def write(folder: Path, size: str) -> dict[str, seal.Mark]:
    """Draw the pictures into `folder` and seal them there. Raises OSError, e.g. on a full disk."""
    cv2.setNumThreads(1)
    marks: dict[str, seal.Mark] = {}
    for name, shot in tqdm(drawn(size), unit="picture", desc="drawn", mininterval=5, delay=1):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(cv2.imencode(".jpg", shot.picture, (cv2.IMWRITE_JPEG_QUALITY, QUALITY))[1].tobytes())
        marks[name] = seal.mark(shot.picture, shot.text, tellable=shot.tellable)
    seal.write(folder / PICTURES, marks)
    return marks
