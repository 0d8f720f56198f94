"""Rendered test sets: one a plate type, one a condition, one a width, and pictures without a plate. Seeded, not kept.

Training never uses these seeds; the typefaces, layouts and optics are the same ones, so the figures tell how a
condition compares with another, not what a street will bring.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.core.formats import FORMAT_IDS
from edge.core.regions import REGIONS
from models.training.plates.distractors import distractor
from models.training.plates.optics import Conditions, crop
from models.training.plates.samples import Drawn, draw

DAY: Final = Conditions(
    width_px=(80.0, 300.0), rectified=0.6, yaw_deg=25.0, roll_deg=8.0, steep=0.1, bend=0.15, shade=0.3, glare=0.0, dirt=0.15,
    snow=0.0, rain=0.0, infrared=0.0, defocus=0.2, motion=0.05, under=0.05, over=0.02, noise=0.5, jpeg=0.5,
)  # fmt: skip
CONDITIONS: Final[dict[str, Conditions]] = {
    "day": DAY,
    "infrared": replace(DAY, infrared=1.0),
    "glare": replace(DAY, glare=1.0),
    "rain": replace(DAY, rain=1.0, under=0.2),
    "snow": replace(DAY, snow=1.0),
    "dirt": replace(DAY, dirt=1.0),
    "motion_blur": replace(DAY, motion=1.0),
    "defocus": replace(DAY, defocus=1.0),
    "yaw": replace(DAY, rectified=0.0, yaw_deg=45.0, roll_deg=4.0, steep=1.0),
    "roll": replace(DAY, rectified=0.0, yaw_deg=8.0, roll_deg=20.0, steep=1.0),
    "under_exposed": replace(DAY, under=1.0, over=0.0),
    "over_exposed": replace(DAY, over=1.0, under=0.0),
    "compressed": replace(DAY, jpeg=1.0, width_px=(80.0, 160.0)),
    "sodium": replace(DAY, under=0.4),
    "led": replace(DAY, under=0.4, glare=0.3),
}
_CASTS: Final = {"sodium": (0.12, 0.62, 1.0), "led": (1.0, 0.9, 0.75)}
WIDTHS: Final = (40, 50, 60, 80, 120, 200)
THREE_DIGIT: Final = tuple(sorted(code for code in REGIONS["ru"] if len(code) == 3))
_LETTERS: Final = "ABEKMHOPCTYX"

Case = tuple[str, str, str, float, NDArray[np.uint8]]


def render_sets(folder: Path, *, plates: int, seed: int) -> Path:
    """Draw every set into `folder`, `plates` pictures each, and return the path of its manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    manifest = folder / "manifest.csv"
    with manifest.open("w", encoding="utf-8", newline="") as lines:
        table = csv.writer(lines)
        table.writerow(("file", "text", "type", "condition", "width_px"))
        for index, (text, kind, condition, width, picture) in enumerate(_cases(plates, seed)):
            name = f"{index:06d}.png"
            cv2.imwrite(str(folder / name), picture)
            table.writerow((name, text, kind, condition, f"{width:.0f}"))
    return manifest


def _cases(plates: int, seed: int) -> Iterator[Case]:
    rng = np.random.default_rng((seed, 77))
    for format_id in FORMAT_IDS:
        for _ in range(plates):
            yield _taken(rng, draw(rng, format_id), "by_type", DAY)
    for name, conditions in CONDITIONS.items():
        for _ in range(plates):
            yield _taken(rng, draw(rng, "ru_1"), name, conditions)
    for width in WIDTHS:
        fixed = replace(DAY, width_px=(float(width), float(width) + 1e-6), yaw_deg=15.0)
        for _ in range(plates):
            yield _taken(rng, draw(rng, "ru_1"), f"width_{width}", fixed)
    for _ in range(2 * plates):
        code = THREE_DIGIT[rng.integers(len(THREE_DIGIT))]
        letters = [_LETTERS[i] for i in rng.integers(0, 12, 3)]
        text = f"{letters[0]}{rng.integers(1, 1000):03d}{letters[1]}{letters[2]}{code}"
        yield _taken(rng, draw(rng, "ru_1", text), "three_digit_region", DAY)
    for _ in range(5 * plates):
        yield _taken(rng, Drawn(distractor(rng), "", None, 4.64), "no_plate", Conditions())


def _taken(rng: np.random.Generator, drawn: Drawn, condition: str, conditions: Conditions) -> Case:
    width = float(np.exp(rng.uniform(*np.log(conditions.width_px))))
    fixed = replace(conditions, width_px=(width, width))
    picture = crop(rng, drawn.canvas, drawn.aspect, fixed)
    cast = _CASTS.get(condition)
    if cast is not None:
        picture = np.clip(picture[:, :, None] * np.array(cast, np.float32), 0, 255).astype(np.uint8)
    return drawn.text, drawn.format_id or "", condition, width, picture
