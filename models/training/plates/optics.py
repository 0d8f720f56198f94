"""Simulates how a camera takes a flat canvas: pose and crop, covers, weather, projection, light, blur, sensor, compression.

The result is the reader's input: grey, 64 rows, 192 columns.
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
from models.training.plates.video import MARGIN_PX, filmed
from models.training.plates.weather import lit, weathered

_LEAST_SEEN: Final = 0.5
"""If less than this share of a plate is visible, a detector does not mistake that part for the whole plate."""
NO_BOXES: Final = np.zeros((0, 4), np.float32)


@dataclass(frozen=True, slots=True)
class Photograph:
    """A picture of a plate, the place of the plate in it, and what is hidden."""

    picture: Grey
    corners: Float
    """`[4, 2]`, clockwise from the upper left, x and y as shares of the picture's sides. Bending of the sheet is ignored."""
    width_px: float
    """Width of the plate in the camera's picture."""
    hidden: Float = field(default_factory=lambda: np.zeros(0, np.float32))
    """`[n]`: the share of each requested box that cannot be seen."""
    parts: Float = field(default_factory=lambda: np.zeros((0, *CELLS), np.float32))
    """`[n, *CELLS]`: the same for the cells of each box, but only by what lies on the plate, not by the crop."""
    noticed: Float = field(default_factory=lambda: np.zeros(0, np.float32))
    """`[1]`: `hidden` of the last box, without covers in the tone of the plate. Empty if no box was requested."""


def photograph(
    rng: np.random.Generator,
    canvas: Grey,
    aspect: float,
    conditions: Conditions = TRAINING,
    *,
    boxes: Float = NO_BOXES,
) -> Photograph:
    """Takes one picture, `uint8 [64, 192]`, of a canvas whose plate has `aspect` = width over height.

    `boxes`, `[n, 4]` as shares of the plate's sides: the places for which to report how much is hidden.
    """
    taken = _photographed(rng, canvas, aspect, conditions, largest=(INPUT[0] + 64, INPUT[1] + 32), boxes=boxes)
    if taken.picture.shape == (INPUT[1], INPUT[0]):
        return taken
    return replace(
        taken, picture=np.asarray(cv2.resize(taken.picture, INPUT, interpolation=cv2.INTER_LINEAR), np.uint8)
    )


def crop(rng: np.random.Generator, canvas: Grey, aspect: float, conditions: Conditions) -> Grey:
    """A picture as a camera would give it, not stretched to the reader's input size."""
    return _photographed(rng, canvas, aspect, conditions, largest=None).picture


def _photographed(
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
        laid = covered(rng, canvas, boxes, partly=conditions.partly)
        if rng.random() < conditions.hugged:
            quad = _hugged(rng, quad, seen_ends(laid.opaque))
    flat, lying = weathered(rng, laid.canvas, conditions)
    if lying is not None:
        laid = beneath(laid, lying, flat)
    outside = _outside(boxes, quad)
    hidden = np.maximum(hidden_shares(laid.opaque, boxes), outside)
    noticed = np.maximum(hidden_shares(laid.noticed, boxes[-1:]), outside[-1:])  # the last box may be an empty room
    parts = hidden_cells(laid.opaque, boxes)
    video = bool(conditions.video) and rng.random() < conditions.video
    margin = MARGIN_PX if video else 0
    window = (size[0] + 2 * margin, size[1] + 2 * margin)
    picture = project(rng, flat, quad * np.array(size, np.float32) + margin, window, conditions)
    picture = lit(rng, picture, conditions)
    picture = blurred(rng, picture, plate_px, conditions)
    picture = sensed(rng, picture, conditions)
    if video:
        return Photograph(filmed(rng, picture, plate_px), quad, plate_px, hidden, parts, noticed)
    out: Grey = np.clip(picture, 0, 255).astype(np.uint8)
    out = compressed(rng, out) if rng.random() < conditions.jpeg else out
    return Photograph(out, quad, plate_px, hidden, parts, noticed)


def _cut(rng: np.random.Generator, quad: Float) -> Float:
    """Stretches the plate so that one of its ends lies outside the picture."""
    beyond = 1 + float(rng.uniform(0.02, 0.3))
    right = rng.random() < 0.6
    moved = quad.copy()
    moved[:, 0] = moved[:, 0] * beyond if right else 1 - (1 - moved[:, 0]) * beyond
    return moved


def _hugged(rng: np.random.Generator, quad: Float, ends: tuple[float, float]) -> Float:
    """Stretches the plate until its visible part, between the two `ends`, fills the place of the whole plate."""
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
    """`[n]`: the share of each box's width that lies outside the picture; 0 if the whole plate is inside."""
    if not len(boxes) or (quad.min() >= 0 and quad.max() <= 1):
        return np.zeros(len(boxes), np.float32)
    unit = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    matrix = cv2.getPerspectiveTransform(unit, np.asarray(quad, np.float32))
    middle = (boxes[:, 1] + boxes[:, 3]) / 2
    ends = np.stack([boxes[:, 0], middle, boxes[:, 2], middle], axis=1).reshape(1, -1, 2)
    left, right = cv2.perspectiveTransform(np.asarray(ends, np.float32), matrix)[0, :, 0].reshape(-1, 2).T
    inside = np.clip(np.minimum(right, 1) - np.maximum(left, 0), 0, None) / np.maximum(right - left, 1e-6)
    return np.asarray(1 - np.clip(inside, 0, 1), np.float32)
