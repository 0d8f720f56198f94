"""Many rendered visits with ground truth, to measure the result of fusing a visit's readings.

    python -m models.training.clips.visit_set --count 200 --out work/visits

Writes one clip per visit (alternately day and night), `visits.csv` (file, text, case, weather, format, t_from, t_to)
and `passes.csv` with the plates that may come in. A seed gives the same visits.
"""

from __future__ import annotations

import argparse
import csv
import functools
import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from core.errors import FileUnusable
from core.plates.formats import FORMATS
from models.training.clips.film import Film
from models.training.clips.visits import Case, Visit, Weather, random_visit
from models.training.clips.writing import TrueVisit, pictures, write_mp4
from models.training.options import folder, frame_side, positive_count, seed
from models.training.outputs import prepare_folder
from models.training.plates.texts import random_text

_DAY = (Weather.DAY, Weather.RAIN, Weather.SNOW)
_DARK = (Weather.DUSK, Weather.NIGHT, Weather.INFRARED)
_RUSSIAN_SHARE = 0.85
NOT_ON_CARS = ("motor", "moped", "tractor", "trailer")
"""Words in the names of formats whose plates are never mounted on the front of a car."""


def draw_visits(*, seed: int, count: int) -> list[Visit]:
    """`count` visits, alternately by day and in the dark, mostly with Russian one-line plates."""
    rng = np.random.default_rng([seed, 21])
    others = [
        format_id
        for format_id, plate_format in FORMATS.items()
        if format_id != "ru_1" and not any(word in plate_format.name_en for word in NOT_ON_CARS)
    ]
    visits: list[Visit] = []
    for number in range(count):
        format_id = "ru_1" if rng.random() < _RUSSIAN_SHARE else others[int(rng.integers(len(others)))]
        text, _ = random_text(rng, format_id, issued=True)
        light = (_DAY, _DARK)[number % 2]
        visits.append(random_visit(rng, text=text, format_id=format_id, weather=light[int(rng.integers(len(light)))]))
    return visits


@dataclass(frozen=True, slots=True)
class Clip:
    """One clip to write: its path, content and size."""

    path: Path
    visit: Visit
    seed: int
    width_px: int
    height_px: int


def write_visits(out: Path, *, seed: int, count: int, width_px: int, height_px: int, processes: int = 1) -> None:
    """Write the clips and both tables into `out`. The clips do not depend on the number of processes."""
    visits = draw_visits(seed=seed, count=count)
    clips = [Clip(out / f"{number:04d}.mp4", visit, seed, width_px, height_px) for number, visit in enumerate(visits)]
    out.mkdir(parents=True, exist_ok=True)
    with (out / "visits.csv").open("w", newline="", encoding="utf-8") as file, ExitStack() as stack:
        truths: Iterator[TrueVisit] = map(_write, clips)
        if processes > 1:
            spawn = multiprocessing.get_context("spawn")
            pool = ProcessPoolExecutor(processes, spawn, initializer=cv2.setNumThreads, initargs=(1,))
            truths = stack.enter_context(pool).map(_write, clips)
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["file", "text", "case", "weather", "format", "t_from", "t_to"])
        for clip, row in tqdm(zip(clips, truths, strict=True), total=count, unit="visit", mininterval=5):
            table.writerow(
                [clip.path.name, row.text, row.case, row.weather, clip.visit.format_id, row.t_from, row.t_to]
            )
    with (out / "passes.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["plate", "valid_from", "valid_until", "note"])
        known = dict.fromkeys(visit.text for visit in visits if visit.case is Case.KNOWN)
        table.writerows([text, "", "", ""] for text in known)


def _write(clip: Clip) -> TrueVisit:
    truth: list[TrueVisit] = []
    film = _film(clip.seed, clip.width_px, clip.height_px)
    frames = pictures(film, [clip.visit], gap_s=1.0, caption="", truth=truth)
    write_mp4(clip.path, frames, preset="veryfast")  # a temporary file, measured once
    return truth[0]


@functools.lru_cache(maxsize=1)
def _film(seed: int, width_px: int, height_px: int) -> Film:
    """One per process: it caches the empty entrance in every weather."""
    return Film(seed=seed, width_px=width_px, height_px=height_px)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=folder, default=Path("work/visits"))
    parser.add_argument("--count", type=positive_count, default=200)
    parser.add_argument("--seed", type=seed, default=77)
    parser.add_argument("--width", type=frame_side, default=1280)
    parser.add_argument("--height", type=frame_side, default=720)
    parser.add_argument("--processes", type=positive_count, default=1, help="that draw at once")
    given = parser.parse_args()
    try:
        prepare_folder(given.out, files=("visits.csv", "passes.csv"))
    except FileUnusable as error:
        parser.error(str(error))
    write_visits(
        given.out,
        seed=given.seed,
        count=given.count,
        width_px=given.width,
        height_px=given.height,
        processes=given.processes,
    )


if __name__ == "__main__":
    main()
