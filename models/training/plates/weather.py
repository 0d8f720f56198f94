"""What covers a plate: dirt, snow, shadows, glare, rain."""

from __future__ import annotations

import math

import cv2
import numpy as np

from models.training.plates.conditions import Conditions
from models.training.plates.pose import Float
from models.training.plates.surroundings import CANVAS, Grey


def _cloud(rng: np.random.Generator, size: tuple[int, int], grain: tuple[int, int]) -> Float:
    """Smooth noise about 0 with deviation 1; `grain` = cells across and down."""
    coarse = rng.standard_normal((grain[1], grain[0]), dtype=np.float32)
    return np.asarray(cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC), np.float32)


def weathered(rng: np.random.Generator, canvas: Grey, conditions: Conditions) -> tuple[Grey, Float | None]:
    """Dirt and snow on the plate itself, before any pose.

    Also their opacity at each place; None if there is neither.
    """
    dirty, snowy = rng.random() < conditions.dirt, rng.random() < conditions.snow
    if not dirty and not snowy:
        return canvas, None
    picture = canvas.astype(np.float32)
    clear = np.ones(CANVAS[::-1], np.float32)
    if dirty:
        pale = rng.random() < 0.4  # dust, or ink that is worn off
        tone = float(rng.uniform(150, 235) if pale else rng.uniform(20, 150))
        grain = int(rng.choice([6, 14, 40, 90]))
        cover = _cloud(rng, CANVAS, (grain, max(3, grain // 3))) - float(rng.uniform(0.2, 1.6))
        if rng.random() < 0.4:  # thrown up from below
            cover += np.linspace(-1.2, 1.0, CANVAS[1], dtype=np.float32)[:, None]
        alpha = np.clip(cover, 0, 1) * float(rng.uniform(0.25, 0.85))
        picture += (tone - picture) * alpha
        clear *= 1 - alpha
    if snowy:
        cover = _cloud(rng, CANVAS, (int(rng.integers(4, 24)), int(rng.integers(3, 9))))
        edge = float(rng.choice([-1.0, 1.0])) * np.linspace(-1.4, 1.4, CANVAS[1], dtype=np.float32)[:, None]
        alpha = np.clip((cover * 0.8 + edge - float(rng.uniform(0.7, 1.5))) * 3, 0, 1)
        picture += (float(rng.uniform(190, 250)) - picture) * alpha * 0.93
        clear *= 1 - alpha * 0.93
    return np.clip(picture, 0, 255).astype(np.uint8), 1 - clear


def lit(rng: np.random.Generator, picture: Float, conditions: Conditions) -> Float:
    rows, columns = picture.shape
    if rng.random() < conditions.shade:
        field = _cloud(rng, (columns, rows), (int(rng.integers(2, 5)), 2))
        picture = picture * np.clip(1 + field * float(rng.uniform(0.05, 0.3)), 0.25, 1.8)
        if rng.random() < 0.5:
            picture = half_in_shadow(rng, picture)
    if rng.random() < conditions.glare:
        across = np.arange(columns, dtype=np.float32)[None, :] - float(rng.uniform(0, columns))
        down = np.arange(rows, dtype=np.float32)[:, None] - float(rng.uniform(-0.3, 1.3)) * rows
        reach = float(rng.uniform(0.05, 0.3)) * columns
        picture = picture + float(rng.uniform(40, 190)) * np.exp(
            -(across**2 + (down * float(rng.uniform(0.5, 3))) ** 2) / (2 * reach**2)
        )
    if rng.random() < conditions.rain:
        for _ in range(int(rng.integers(3, 22))):
            x, y = float(rng.uniform(0, columns)), float(rng.uniform(0, rows))
            length, lean = float(rng.uniform(3, rows * 0.7)), float(rng.normal(0, 0.2))
            layer = np.zeros_like(picture)
            cv2.line(layer, (round(x), round(y)), (round(x + lean * length), round(y + length)), 1.0, 1, cv2.LINE_8)
            picture = picture + layer * float(rng.uniform(15, 60))
    return np.asarray(picture, np.float32)


def half_in_shadow(rng: np.random.Generator, picture: Float) -> Float:
    """The edge of a shadow: of a bumper or bonnet, along the plate; of a post or wall, at any angle."""
    rows, columns = picture.shape
    along = rng.random() < 0.5
    turned = float(rng.normal(math.pi / 2, 0.12) if along else rng.uniform(0, math.pi))
    # In picture heights, so that angles do not depend on the plate's shape.
    across = (np.arange(columns, dtype=np.float32) - float(rng.uniform(0.1, 0.9)) * columns) / rows
    down = (np.arange(rows, dtype=np.float32) - float(rng.uniform(0.15, 0.85)) * rows) / rows
    side = (math.cos(turned) * across[None, :] + math.sin(turned) * down[:, None]) * float(rng.choice([-1, 1]))
    soft = float(rng.uniform(4, 40))
    dimmed = float(rng.uniform(0.2, 0.75)) / (1 + np.exp(-np.clip(side * soft, -30, 30)))
    return np.asarray(picture * (1 - dimmed), np.float32)
