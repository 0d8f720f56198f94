"""Rendered test sets: one per plate type, condition and width, and pictures and streets without a plate. Seeded.

Texts follow real numbering, except in the set `awkward_text`, which has those that training emphasises: look-alike
letters and region codes that do not exist. Training never uses these seeds. Typefaces, layouts and optics are the same
as in training, so the figures compare conditions with each other and do not predict results on a street.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np

from core.plates.formats import FORMAT_IDS, FORMATS, UNKNOWN
from core.plates.regions import REGIONS
from models.training.evaluate.made import Made
from models.training.evaluate.photographs import covered
from models.training.evaluate.truth import COVERED, HALF_COVERED, UNKNOWN_LAYOUT
from models.training.plates import FlatPlate, render_flat
from models.training.plates.conditions import Conditions
from models.training.plates.covers import covered_to
from models.training.plates.distractors import distractor
from models.training.plates.optics import crop
from models.training.plates.samples import Drawn, draw
from models.training.plates.texts import random_text
from models.training.scenes import Stock, render_scene

DAY: Final = Conditions(
    width_px=(80.0, 300.0), rectified=0.6, loose=0.0, yaw_deg=25.0, roll_deg=8.0, steep=0.1, bend=0.15, shade=0.3, glare=0.0, dirt=0.15,
    snow=0.0, rain=0.0, infrared=0.0, defocus=0.2, motion=0.05, under=0.05, over=0.02, noise=0.5, jpeg=0.5,
)  # fmt: skip
CLEAR: Final = replace(DAY, dirt=0.0, motion=0.0, under=0.0, over=0.0, defocus=0.0, jpeg=0.0)
"""For the sets of single types: they show the difficulty of the type, not of dirt, blur and compression."""
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
ANY: Final = replace(
    DAY, width_px=(40.0, 320.0), yaw_deg=45.0, roll_deg=20.0, glare=0.12, dirt=0.3, snow=0.1, rain=0.05, infrared=0.12, defocus=0.45,
    motion=0.25, under=0.16, over=0.1,
)  # fmt: skip
"""For pictures without a plate: any condition of a camera.

Defined separately, so that changes of training do not affect it.
"""
_CASTS: Final = {"sodium": (0.12, 0.62, 1.0), "led": (1.0, 0.9, 0.75)}
WIDTHS: Final = (40, 50, 60, 80, 120, 200)
THREE_DIGIT: Final = tuple(sorted(code for code in REGIONS["ru"] if len(code) == 3))
_LETTERS: Final = "ABEKMHOPCTYX"

HIDDEN: Final = {HALF_COVERED: (0.5, 0.75), COVERED: (0.97, 1.0)}
"""How much of one character of a Russian plate is hidden in these sets; in two of five it is the last region digit."""
SIZE: Final = (960, 720)
"""Width and height of a rendered street, in pixels."""
NEW_STOCK: Final = 50
"""After this many rendered streets, cars and signs are renewed."""


def streets_without_plates(count: int, *, seed: int) -> Iterator[Made]:
    """Rendered streets with their plates painted over. Signs, telephone numbers, grilles, badges and lamps remain."""
    rng = np.random.default_rng((seed, 88))
    stock = Stock(seed=seed, plates=_plate)
    for index in range(count):
        scene = render_scene(rng, stock, base=150 * (index // NEW_STOCK), width=SIZE[0], height=SIZE[1])
        yield Made(covered(scene.picture, (plate.corners for plate in scene.plates)), "", "no_plate")


def count_by_set(plates: int) -> int:
    """Number of pictures from `plates_by_set`."""
    return plates * (len(FORMAT_IDS) + len(CONDITIONS) + len(WIDTHS) + 2 + 2 + 5 + len(HIDDEN) + 1)


def plates_by_set(plates: int, *, seed: int) -> Iterator[Made]:
    """Every set, `plates` pictures each, as crops around the plate."""
    rng = np.random.default_rng((seed, 77))
    for format_id in FORMAT_IDS:
        for _ in range(plates):
            yield _pictured(rng, _drawn(rng, format_id), "by_type", CLEAR)
    for name, conditions in CONDITIONS.items():
        for _ in range(plates):
            yield _pictured(rng, _drawn(rng, "ru_1"), name, conditions)
    for width in WIDTHS:
        fixed = replace(DAY, width_px=(float(width), float(width) + 1e-6), yaw_deg=15.0)
        for _ in range(plates):
            yield _pictured(rng, _drawn(rng, "ru_1"), f"width_{width}", fixed)
    for _ in range(2 * plates):
        code = THREE_DIGIT[rng.integers(len(THREE_DIGIT))]
        letters = [_LETTERS[i] for i in rng.integers(0, 12, 3)]
        text = f"{letters[0]}{rng.integers(1, 1000):03d}{letters[1]}{letters[2]}{code}"
        yield _pictured(rng, _drawn(rng, "ru_1", text), "three_digit_region", DAY)
    for _ in range(2 * plates):
        format_id = FORMAT_IDS[rng.integers(len(FORMAT_IDS))]
        yield _pictured(rng, _drawn(rng, format_id, random_text(rng, format_id)[0]), "awkward_text", CLEAR)
    for _ in range(5 * plates):
        yield _pictured(rng, Drawn(distractor(rng, own_typefaces=True), "", None, 4.64), "no_plate", ANY)
    yield from _untellable(rng, plates)


def _untellable(rng: np.random.Generator, plates: int) -> Iterator[Made]:
    """The sets with unknowable text: a character hidden partly or completely, plates of unknown kinds."""
    for name, shares in HIDDEN.items():
        for _ in range(plates):
            drawn = _drawn(rng, "ru_1")
            at = len(drawn.text) - 1 if rng.random() < 0.4 else int(rng.integers(len(drawn.text)))
            hidden = covered_to(rng, drawn.canvas, drawn.boxes, at=at, shares=shares)
            yield _pictured(rng, replace(drawn, canvas=hidden), name, DAY)
    for _ in range(plates):
        yield _pictured(rng, draw(rng, UNKNOWN, own_typefaces=True), UNKNOWN_LAYOUT, CLEAR)


def _plate(rng: np.random.Generator, square: bool) -> FlatPlate:  # noqa: FBT001 - a scene's PlateSource
    """A plate to mount and paint over, of any type with one line, or with two for a `square` place."""
    ids = [i for i in FORMAT_IDS if FORMATS[i].lines == (2 if square else 1)]
    return render_flat(rng, ids[int(rng.integers(len(ids)))], width_px=200 if square else 320, own_typefaces=True)


def _drawn(rng: np.random.Generator, format_id: str, text: str | None = None) -> Drawn:
    text = text or random_text(rng, format_id, issued=True)[0]
    return draw(rng, format_id, text, own_typefaces=True)  # otherwise the sets would depend on the machine's fonts


def _pictured(rng: np.random.Generator, drawn: Drawn, condition: str, conditions: Conditions) -> Made:
    width = float(np.exp(rng.uniform(*np.log(conditions.width_px))))
    fixed = replace(conditions, width_px=(width, width))
    picture = crop(rng, drawn.canvas, drawn.aspect, fixed)
    cast = _CASTS.get(condition)
    if cast is not None:
        picture = np.clip(picture[:, :, None] * np.array(cast, np.float32), 0, 255).astype(np.uint8)
    return Made(picture, drawn.text, condition, drawn.format_id or "", width)
