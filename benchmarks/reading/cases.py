"""Draws the pictures of the benchmark, each from its own seed, so that a larger set begins with the smaller one.

All are whole camera frames of 1280 x 720, so a reader has to find the plate too. Streets without a plate are those of
the evaluation. Nothing depends on the machine: typefaces are our own strokes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from core.plates.formats import FORMATS
from models.training.clips.film import Cast, Film, cast_for
from models.training.clips.visit_set import NOT_ON_CARS
from models.training.clips.visits import Case, Visit, Weather, random_visit
from models.training.evaluate.rendered import streets_without_plates
from models.training.plates import FlatPlate
from models.training.plates.texts import random_text

Picture = NDArray[np.uint8]

SEED: Final = 20_261_129
"""Not used by any training."""
SIZE: Final = (1280, 720)
PLACES: Final = 8
"""Number of entrances, which the pictures share in turn: an empty one takes a second to draw."""
FRAMES: Final = 5
"""Pictures per visit."""
_RUSSIAN: Final = 0.85
_WEATHERS: Final = (Weather.RAIN, Weather.SNOW, Weather.DUSK, Weather.NIGHT, Weather.INFRARED)
_COVERS: Final = ((38.0, 42.0, 48.0), (92.0, 104.0, 112.0), (150.0, 158.0, 160.0), (25.0, 26.0, 30.0))
"""Strap, dried mud, rag, tape; as blue, green, red. None has the tone of a plate, so that a cover can be noticed."""


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture and the right answer for it."""

    group: str
    """The visit that the picture belongs to, or the picture itself."""
    picture: Picture
    text: str
    """Canonical; empty if there is no plate."""
    tellable: bool = True
    """False if nobody can have seen the whole plate: any sure answer is then a guess."""


def clear(count: int) -> Iterator[Shot]:
    """By day, the plate 70 to 160 pixels wide."""
    for number in range(count):
        yield _single("clear", number, Weather.DAY, (70.0, 160.0))


def weather(count: int) -> Iterator[Shot]:
    """Rain, snow, dusk, night and infrared in turn, the plate 70 to 160 pixels wide."""
    for number in range(count):
        yield _single("weather", number, _WEATHERS[number % len(_WEATHERS)], (70.0, 160.0))


def low_resolution(count: int) -> Iterator[Shot]:
    """Alternately by day and at dusk, the plate 36 to 60 pixels wide."""
    for number in range(count):
        yield _single("low_resolution", number, (Weather.DAY, Weather.DUSK)[number % 2], (36.0, 60.0))


def covered(count: int) -> Iterator[Shot]:
    """One character of a Russian plate completely hidden, the last in two of five pictures: the plate is unknowable."""
    for number in range(count):
        yield _single("covered", number, Weather.DAY, (90.0, 160.0), hide=True)


def plateless(count: int) -> Iterator[Shot]:
    """Streets with signs, telephone numbers, lamps and grilles, but no plate."""
    for number, made in enumerate(streets_without_plates(count, seed=SEED)):
        yield Shot(f"{number:05d}", made.picture, "")


def visits(count: int) -> Iterator[Shot]:
    """A car approaches over five pictures, its plate 40 to 110 pixels wide, in every light in turn."""
    lights = tuple(Weather)
    for number in range(count):
        rng = np.random.default_rng([SEED, 6, number])
        visit = _visit(rng, lights[number % len(lights)], russian=False)
        cast = cast_for(visit, own_typefaces=True)
        film = _film(number % PLACES)
        for width in np.geomspace(40, 110, FRAMES) * float(rng.uniform(0.92, 1.08)):
            yield _shot(film, visit, cast, number, float(width))


def _single(name: str, number: int, weather_now: Weather, width_px: tuple[float, float], *, hide: bool = False) -> Shot:
    rng = np.random.default_rng([SEED, sum(name.encode()), number])
    visit = _visit(rng, weather_now, russian=hide)
    cast = cast_for(visit, own_typefaces=True, altered=(lambda flat: _one_hidden(rng, flat)) if hide else None)
    width = float(np.exp(rng.uniform(*np.log(width_px))))
    return _shot(_film(number % PLACES), visit, cast, number, width, tellable=not hide)


def _shot(film: Film, visit: Visit, cast: Cast, number: int, width_px: float, *, tellable: bool = True) -> Shot:
    """The car where its plate is `width_px` wide, or as near to that as the whole plate is in the picture."""
    while True:
        at = _when(film, visit, cast.plate_mm, width_px)
        frame = film.frame(visit, cast, t=at, t_film=at + number)
        if frame.corners is not None:
            return Shot(f"{number:05d}", frame.picture, visit.text, tellable=tellable)
        width_px *= 0.9


def _visit(rng: np.random.Generator, weather_now: Weather, *, russian: bool) -> Visit:
    """A car that approaches, waits and drives in: the only way to see it close up."""
    others = [i for i, kind in FORMATS.items() if i != "ru_1" and not any(w in kind.name_en for w in NOT_ON_CARS)]
    usual = russian or rng.random() < _RUSSIAN
    format_id = "ru_1" if usual else others[int(rng.integers(len(others)))]
    text, _ = random_text(rng, format_id, issued=True)
    visit = random_visit(rng, text=text, format_id=format_id, weather=weather_now)
    return replace(visit, case=Case.KNOWN, barrier_opens=True)


def _when(film: Film, visit: Visit, plate_mm: float, width_px: float) -> float:
    """Seconds into the visit at which a plate `plate_mm` wide is `width_px` wide in the picture."""
    wanted = film.view.focal_px * plate_mm / 1000 / width_px
    early, late = 0.0, visit.length_s
    for _ in range(30):
        middle = (early + late) / 2
        early, late = (middle, late) if visit.distance_m(middle) > wanted else (early, middle)
    return round(late, 3)


@lru_cache(maxsize=PLACES)
def _film(place: int) -> Film:
    return Film(seed=SEED + place, width_px=SIZE[0], height_px=SIZE[1])


def _one_hidden(rng: np.random.Generator, flat: FlatPlate) -> Picture:
    """The plate's face with something opaque and uneven over one character and beyond its top and bottom."""
    at = len(flat.boxes_mm) - 1 if rng.random() < 0.4 else int(rng.integers(len(flat.boxes_mm)))
    face = flat.picture.astype(np.float32)
    height, width = face.shape[:2]
    scale = width / flat.size_mm[0]
    left, top, right, bottom = (v * scale for v in flat.boxes_mm[at])
    margin = 0.12 * (right - left)
    x0, x1 = max(0, round(left - margin)), min(width, round(right + margin))
    y0, y1 = max(0, round(top - 0.2 * height)), min(height, round(bottom + 0.2 * height))
    tone = np.array(_COVERS[int(rng.integers(len(_COVERS)))], np.float32)
    grain = rng.integers(-9, 10, (y1 - y0, x1 - x0, 1)).astype(np.float32)
    face[y0:y1, x0:x1] = tone + grain
    return np.asarray(cv2.convertScaleAbs(face), np.uint8)
