"""The plates on the cars of a scene: mostly Russian, sometimes any other format."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from core.plates.formats import FORMATS
from models.training.plates import FlatPlate, render_flat

PlateSource = Callable[[np.random.Generator, bool], FlatPlate]
"""(rng, two lines wanted) -> a plate's face."""

_RUSSIAN = "ru_1"
_ONE_LINE = tuple(i for i, f in FORMATS.items() if f.lines == 1)
_TWO_LINES = tuple(i for i, f in FORMATS.items() if f.lines == 2)


def any_plate(rng: np.random.Generator, square: bool) -> FlatPlate:  # noqa: FBT001  # a Callable type has no keywords
    """A plate of a random format with the wanted number of lines."""
    ids = _TWO_LINES if square else _ONE_LINE
    chosen = _RUSSIAN if not square and rng.random() < 0.5 else ids[int(rng.integers(len(ids)))]
    return render_flat(rng, chosen, width_px=200 if square else 320)
