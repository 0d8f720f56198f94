"""What a camera makes of a flat canvas: pose, crop, light, weather, blur, sensor, compression, in this order.

A sample ends as the reader's input: grey, 64 rows, 192 columns.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Final

import cv2
import numpy as np

from models.training.plates.conditions import INPUT, TRAINING, Conditions
from models.training.plates.covers import bare, beneath, covered, hidden_cells, hidden_shares, seen_ends
from models.training.plates.likeness import CELLS
from models.training.plates.pose import Float, boxed, project, rectified
from models.training.plates.sensor import blurred, compressed, sensed
from models.training.plates.surroundings import Grey
from models.training.plates.weather import lit, weathered

_LEAST_SEEN: Final = 0.5
"""A detector does not take less of a plate for all of it."""
NO_BOXES: Final = np.zeros((0, 4), np.float32)


@dataclass(frozen=True, slots=True)
class Photograph:
    """A picture of a plate, and where the plate is in it."""

    picture: Grey
    corners: Float
    """`[4, 2]` from the upper left on clockwise, x and y as shares of the picture's sides; how a sheet is bent is left out."""
    hidden: Float = field(default_factory=lambda: np.zeros(0, np.float32))
    """`[n]`: how much of each of the boxes that were asked for cannot be seen."""
    parts: Float = field(default_factory=lambda: np.zeros((0, *CELLS), np.float32))
    """`[n, *CELLS]`: the same of the parts of each box, by what lies on the plate alone."""
    noticed: Float = field(default_factory=lambda: np.zeros(0, np.float32))
    """`[1]`: the same of the last box without what has the tone of the plate; empty where no box was asked for."""


def photograph(
    rng: np.random.Generator,
    canvas: Grey,
    aspect: float,
    conditions: Conditions = TRAINING,
    *,
    boxes: Float = NO_BOXES,
) -> Photograph:
    """Take one picture, `uint8 [64, 192]`, of a canvas whose plate has `aspect` = width over height.

    `boxes`, `[n, 4]` as shares of the plate's sides, are the places of which it is to be told how much can be seen.
    """
    taken = _taken(rng, canvas, aspect, conditions, largest=(INPUT[0] + 64, INPUT[1] + 32), boxes=boxes)
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
    boxes: Float = NO_BOXES,
) -> Photograph:
    low, high = conditions.width_px
    plate_px = math.exp(rng.uniform(math.log(low), math.log(high)))
    if rng.random() < conditions.rectified:
        quad, shape = rectified(rng, aspect, plate_px, loose=rng.random() < conditions.loose)
    else:
        quad, shape = boxed(rng, aspect, plate_px, conditions)
    if conditions.cut and rng.random() < conditions.cut:
        quad = _cut(rng, quad)
    size = (max(shape[0], 16), max(shape[1], 10))
    if largest is not None:
        size = (min(size[0], largest[0]), min(size[1], largest[1]))
    laid = bare(canvas)
    if conditions.cover and rng.random() < conditions.cover:
        laid = covered(rng, canvas, boxes)
        if rng.random() < conditions.hugged:
            quad = _hugged(rng, quad, seen_ends(laid.opaque))
    flat, lying = weathered(rng, laid.canvas, conditions)
    if lying is not None:
        laid = beneath(laid, lying, flat)
    outside = _outside(boxes, quad)
    hidden = np.maximum(hidden_shares(laid.opaque, boxes), outside)
    noticed = np.maximum(hidden_shares(laid.noticed, boxes[-1:]), outside[-1:])  # asked of the last alone: a room
    parts = hidden_cells(laid.opaque, boxes)
    picture = project(rng, flat, quad * np.array(size, np.float32), size, conditions)
    picture = lit(rng, picture, conditions)
    picture = blurred(rng, picture, plate_px, conditions)
    picture = sensed(rng, picture, conditions)
    out: Grey = np.clip(picture, 0, 255).astype(np.uint8)
    return Photograph(compressed(rng, out) if rng.random() < conditions.jpeg else out, quad, hidden, parts, noticed)


def _cut(rng: np.random.Generator, quad: Float) -> Float:
    """The plate moved so that one of its ends lies outside of the picture."""
    beyond = 1 + float(rng.uniform(0.02, 0.3))
    right = rng.random() < 0.6
    moved = quad.copy()
    moved[:, 0] = moved[:, 0] * beyond if right else 1 - (1 - moved[:, 0]) * beyond
    return moved


def _hugged(rng: np.random.Generator, quad: Float, ends: tuple[float, float]) -> Float:
    """The plate stretched until what can be seen of it, from one of `ends` to the other, fills the place of the whole."""
    left, right = ends
    if right - left < _LEAST_SEEN or (left <= 0 and right >= 1):
        return quad
    left, right = (end + float(rng.normal(0, 0.01)) for end in (left, right))
    upper, lower = (quad[1] - quad[0]) / (right - left), (quad[2] - quad[3]) / (right - left)
    corners = [
        quad[0] - upper * left, quad[0] + upper * (1 - left), quad[3] + lower * (1 - left), quad[3] - lower * left,
    ]  # fmt: skip
    return np.asarray(corners, np.float32)


def _outside(boxes: Float, quad: Float) -> Float:
    """`[n]`: how much of the width of each box lies beside the picture; 0 for a plate that is in it."""
    if not len(boxes) or (quad.min() >= 0 and quad.max() <= 1):
        return np.zeros(len(boxes), np.float32)
    unit = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    matrix = cv2.getPerspectiveTransform(unit, np.asarray(quad, np.float32))
    middle = (boxes[:, 1] + boxes[:, 3]) / 2
    ends = np.stack([boxes[:, 0], middle, boxes[:, 2], middle], axis=1).reshape(1, -1, 2)
    left, right = cv2.perspectiveTransform(np.asarray(ends, np.float32), matrix)[0, :, 0].reshape(-1, 2).T
    inside = np.clip(np.minimum(right, 1) - np.maximum(left, 0), 0, None) / np.maximum(right - left, 1e-6)
    return np.asarray(1 - np.clip(inside, 0, 1), np.float32)
