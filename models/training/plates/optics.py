"""What a camera makes of a flat canvas: pose, crop, light, weather, blur, sensor, compression, in this order.

A sample ends as the reader's input: grey, 64 rows, 192 columns.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np

from models.training.plates.conditions import INPUT, TRAINING, Conditions
from models.training.plates.pose import Float, boxed, project, rectified
from models.training.plates.sensor import blurred, compressed, sensed
from models.training.plates.surroundings import Grey
from models.training.plates.weather import lit, weathered


@dataclass(frozen=True, slots=True)
class Photograph:
    """A picture of a plate, and where the plate is in it."""

    picture: Grey
    corners: Float
    """`[4, 2]` from the upper left on clockwise, x and y as shares of the picture's sides; how a sheet is bent is left out."""


def photograph(rng: np.random.Generator, canvas: Grey, aspect: float, conditions: Conditions = TRAINING) -> Photograph:
    """Take one picture, `uint8 [64, 192]`, of a canvas whose plate has `aspect` = width over height."""
    taken = _taken(rng, canvas, aspect, conditions, largest=(INPUT[0] + 64, INPUT[1] + 32))
    if taken.picture.shape == (INPUT[1], INPUT[0]):
        return taken
    return replace(
        taken, picture=np.asarray(cv2.resize(taken.picture, INPUT, interpolation=cv2.INTER_LINEAR), np.uint8)
    )


def crop(rng: np.random.Generator, canvas: Grey, aspect: float, conditions: Conditions) -> Grey:
    """The same picture as a camera would give it: not stretched to the reader's input."""
    return _taken(rng, canvas, aspect, conditions, largest=None).picture


def _taken(
    rng: np.random.Generator,
    canvas: Grey,
    aspect: float,
    conditions: Conditions,
    *,
    largest: tuple[int, int] | None,
) -> Photograph:
    low, high = conditions.width_px
    plate_px = math.exp(rng.uniform(math.log(low), math.log(high)))
    if rng.random() < conditions.rectified:
        quad, shape = rectified(rng, aspect, plate_px, loose=rng.random() < conditions.loose)
    else:
        quad, shape = boxed(rng, aspect, plate_px, conditions)
    size = (max(shape[0], 16), max(shape[1], 10))
    if largest is not None:
        size = (min(size[0], largest[0]), min(size[1], largest[1]))
    flat = weathered(rng, canvas, conditions)
    picture = project(rng, flat, quad * np.array(size, np.float32), size, conditions)
    picture = lit(rng, picture, conditions)
    picture = blurred(rng, picture, plate_px, conditions)
    picture = sensed(rng, picture, conditions)
    out: Grey = np.clip(picture, 0, 255).astype(np.uint8)
    return Photograph(compressed(rng, out) if rng.random() < conditions.jpeg else out, quad)
