"""Random surfaces: noise fields, asphalt, foliage, brick. Float32 fields are in 0..1, pictures are BGR uint8."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Field = NDArray[np.float32]
Colour = tuple[float, float, float]


def fractal(rng: np.random.Generator, *, height: int, width: int, coarse: int = 4, octaves: int = 4) -> Field:
    """Smooth noise in 0..1: octaves of random grids, each twice as fine and half as strong as the previous one."""
    total = np.zeros((height, width), np.float32)
    strength, cells = 1.0, coarse
    for _ in range(octaves):
        grid = rng.random((max(2, min(cells, height)), max(2, min(cells * width // height, width))), dtype=np.float32)
        total += strength * cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC)
        strength *= 0.55
        cells *= 2
    low, high = float(total.min()), float(total.max())
    return (total - low) / max(high - low, 1e-6)


def grain(rng: np.random.Generator, *, height: int, width: int) -> Field:
    """Pixel noise around 0 with deviation 1, made by shifting one block: cheap, and good enough for film grain."""
    side = 256
    block = rng.standard_normal((side, side), dtype=np.float32)
    tiled = np.tile(block, (height // side + 2, width // side + 2))
    top, left = int(rng.integers(side)), int(rng.integers(side))
    return tiled[top : top + height, left : left + width]


def tinted(field: Field, *, dark: Colour, light: Colour) -> Picture:
    """A field painted from one colour to another."""
    low, high = np.asarray(dark, np.float32), np.asarray(light, np.float32)
    return np.clip(low + field[..., None] * (high - low), 0, 255).astype(np.uint8)


def grey_colour(rng: np.random.Generator, *, low: float, high: float, spread: float = 8) -> Colour:
    """A nearly grey colour of random lightness."""
    value = rng.uniform(low, high)
    blue, green, red = value + rng.normal(0, spread, 3)
    return (float(np.clip(blue, 0, 255)), float(np.clip(green, 0, 255)), float(np.clip(red, 0, 255)))


def asphalt(rng: np.random.Generator, *, height: int, width: int) -> Picture:
    """Road surface with patches, stains and cracks."""
    base = grey_colour(rng, low=55, high=150, spread=5)
    field = 0.6 * fractal(rng, height=height, width=width, coarse=3) + 0.4
    picture = tinted(field, dark=tuple(0.6 * v for v in base), light=tuple(1.15 * v for v in base))  # type: ignore[arg-type]
    rough = grain(rng, height=height, width=width) * rng.uniform(2, 10)
    picture = np.clip(picture + rough[..., None], 0, 255).astype(np.uint8)
    for _ in range(int(rng.integers(0, 6))):
        points = np.cumsum(rng.normal(0, 14, (12, 2)), axis=0) + rng.uniform(0, [width, height])
        cv2.polylines(picture, [points.astype(np.int32)], False, (40, 40, 40), 1, cv2.LINE_AA)
    return picture


def brick(rng: np.random.Generator, *, height: int, width: int) -> Picture:
    """A wall of bricks, blocks or panels."""
    row, column = int(rng.integers(6, 40)), int(rng.integers(14, 90))
    base = rng.uniform(60, 210, 3)
    picture = tinted(fractal(rng, height=height, width=width), dark=tuple(base * 0.8), light=tuple(base))
    joint = tuple(float(v) for v in np.clip(base * rng.uniform(0.6, 1.3), 0, 255))
    for index, y in enumerate(range(0, height, row)):
        cv2.line(picture, (0, y), (width, y), joint, 1)
        for x in range((index % 2) * column // 2, width, column):
            cv2.line(picture, (x, y), (x, y + row), joint, 1)
    return picture


def foliage(rng: np.random.Generator, *, height: int, width: int) -> Picture:
    """Leaves and grass: contrasty noise in greens, autumn colours or bare branches."""
    field = fractal(rng, height=height, width=width, coarse=int(rng.integers(8, 30)), octaves=5) ** rng.uniform(0.7, 2)
    if rng.random() < 0.4:  # the sky through the leaves: small bright gaps
        gaps = fractal(rng, height=height, width=width, coarse=int(rng.integers(20, 60)), octaves=3)
        field = np.asarray(np.where(gaps > rng.uniform(0.6, 0.8), rng.uniform(1.2, 2.4), field), np.float32)
    greens = [((20, 40, 20), (70, 150, 90)), ((20, 45, 60), (60, 150, 200)), ((40, 45, 50), (140, 150, 155))]
    dark, light = greens[int(rng.integers(len(greens)))]
    return tinted(field, dark=dark, light=light)
