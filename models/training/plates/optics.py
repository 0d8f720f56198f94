"""What a camera makes of a flat canvas: pose, crop, light, weather, blur, sensor, compression.

`Conditions` says how often each effect comes; its strength is drawn inside the effect. Training uses `TRAINING`,
the test sets use one named condition each. A sample ends as the reader's input: grey, 64 rows, 192 columns.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from models.training.plates.surroundings import CANVAS, FACE, ORIGIN, Grey

INPUT: Final = (192, 64)
"""Width and height of the reader's input."""
MARGINS: Final = (0.08, 0.28)
"""What the rectifier leaves around a plate, per side: share of its width, share of its height."""

Float = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Conditions:
    """How a set of pictures is taken. Plain floats are probabilities unless a unit is named."""

    width_px: tuple[float, float] = (40.0, 320.0)
    """Width of the plate in the camera's picture, drawn log-uniformly."""
    rectified: float = 0.6
    """Cut along detected corners; the others are upright boxes around a plate in some pose."""
    loose: float = 0.08
    """Of those cut along corners: a grille or a frame has pulled the corners outwards."""
    yaw_deg: float = 45.0
    roll_deg: float = 20.0
    steep: float = 0.25
    """Share of poses drawn up to the limits rather than near the middle."""
    bend: float = 0.3
    shade: float = 0.35
    glare: float = 0.12
    dirt: float = 0.3
    snow: float = 0.12
    rain: float = 0.05
    infrared: float = 0.12
    defocus: float = 0.45
    motion: float = 0.25
    under: float = 0.16
    over: float = 0.1
    noise: float = 0.6
    jpeg: float = 0.6


TRAINING: Final = Conditions()
"""Harder than any gate; much of it is past reading."""
GATE: Final = Conditions(
    width_px=(60.0, 320.0), loose=0.04, yaw_deg=35.0, roll_deg=12.0, steep=0.15, bend=0.2, glare=0.06, dirt=0.2, snow=0.08, rain=0.04,
    infrared=0.08, defocus=0.3, motion=0.15, under=0.12, over=0.05,
)  # fmt: skip
"""What comes to a gate: between the test sets, which are mild, and training."""
EASY: Final = Conditions(
    width_px=(100.0, 320.0), roll_deg=8.0, yaw_deg=20.0, bend=0.1, shade=0.2, glare=0.0, dirt=0.1, snow=0.0, rain=0.0,
    infrared=0.0, defocus=0.2, motion=0.05, under=0.0, over=0.0,
)  # fmt: skip
"""For the first minutes of a training: where symbols stand is learned sooner when they can be seen."""


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
        quad, shape = _rectified(rng, aspect, plate_px, loose=rng.random() < conditions.loose)
    else:
        quad, shape = _boxed(rng, aspect, plate_px, conditions)
    size = (max(shape[0], 16), max(shape[1], 10))
    if largest is not None:
        size = (min(size[0], largest[0]), min(size[1], largest[1]))
    flat = _weathered(rng, canvas, conditions)
    picture = _project(rng, flat, quad * np.array(size, np.float32), size, conditions)
    picture = _lit(rng, picture, conditions)
    picture = _blurred(rng, picture, plate_px, conditions)
    picture = _sensed(rng, picture, conditions)
    out: Grey = np.clip(picture, 0, 255).astype(np.uint8)
    return Photograph(_compressed(rng, out) if rng.random() < conditions.jpeg else out, quad)


def _rectified(
    rng: np.random.Generator, aspect: float, plate_px: float, *, loose: bool
) -> tuple[Float, tuple[int, int]]:
    """Corners in the crop (0 to 1), jittered as a detector errs, and the crop's size in pixels of the camera."""
    mx, my = MARGINS
    wide, tall = 1 + 2 * mx, 1 + 2 * my
    quad = np.array([[mx, my], [1 + mx, my], [1 + mx, 1 + my], [mx, 1 + my]], np.float32)
    error = 0.012 + 0.025 * abs(float(rng.normal())) if rng.random() < 0.85 else 0.06
    # Errors are alike in pixels: against the height of a long plate they weigh more, and partly move all corners.
    unit = np.array([error, min(error * aspect * 0.6, 0.16)], np.float32)
    quad += rng.normal(0, 0.75, (4, 2)).astype(np.float32) * unit + rng.normal(0, 0.6, 2).astype(np.float32) * unit
    quad /= np.array([wide, tall], np.float32)
    if loose:
        sides = rng.uniform(0, 0.22, 4).astype(np.float32)
        span = 1 + sides[:2] + sides[2:]
        quad = np.asarray((quad + sides[:2]) / span, np.float32)
        wide, tall = wide * float(span[0]), tall * float(span[1])
    return quad, (round(plate_px * wide), round(plate_px / aspect * tall * float(rng.uniform(0.85, 1.1))))


def _boxed(
    rng: np.random.Generator, aspect: float, plate_px: float, conditions: Conditions
) -> tuple[Float, tuple[int, int]]:
    """An upright box around a plate turned in space."""
    wide = rng.random() < conditions.steep
    yaw, roll, pitch = (
        math.radians(float(rng.uniform(-limit, limit) if wide else np.clip(rng.normal(0, limit * 0.28), -limit, limit)))
        for limit in (conditions.yaw_deg, conditions.roll_deg, 25.0)
    )
    x, y = 1.0, 1.0 / aspect
    corners = np.array([[-x, -y, 0], [x, -y, 0], [x, y, 0], [-x, y, 0]])
    turn = _rotation(yaw, pitch, roll)
    space = corners @ turn.T
    depth = float(rng.uniform(5, 14))
    flat = space[:, :2] / (1 + space[:, 2:] / depth)
    flat[:, 1] += flat[:, 0] * float(rng.normal(0, 0.05 if not wide else 0.12))  # shear of a rolling shutter
    low, high = flat.min(axis=0), flat.max(axis=0)
    extent = high - low
    loose = rng.random() < 0.5
    sides = rng.uniform(-0.015, 0.17 if loose else 0.07, 4) * np.array([1, 1.5, 1, 1.5])
    low, high = low - extent * sides[:2], high + extent * sides[2:]
    span = high - low
    scale = plate_px / (2 * x)
    return ((flat - low) / span).astype(np.float32), (round(span[0] * scale), round(span[1] * scale))


def _rotation(yaw: float, pitch: float, roll: float) -> NDArray[np.float64]:
    cy, sy, cp, sp, cr, sr = (
        math.cos(yaw),
        math.sin(yaw),
        math.cos(pitch),
        math.sin(pitch),
        math.cos(roll),
        math.sin(roll),
    )
    turn: NDArray[np.float64] = (
        np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
        @ np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
        @ np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    )
    return turn


def _project(rng: np.random.Generator, flat: Grey, quad: Float, size: tuple[int, int], conditions: Conditions) -> Float:
    x, y = ORIGIN
    w, h = FACE
    source = np.array([[x, y], [x + w, y], [x + w, y + h], [x, y + h]], np.float32)
    across = float(np.linalg.norm(quad[1] - quad[0])) / w
    if across < 0.6:  # shrink with averaging first, as a sensor does
        factor = max(across * 1.4, 0.1)
        flat = np.asarray(
            cv2.resize(flat, None, fx=factor, fy=max(factor, 0.3), interpolation=cv2.INTER_AREA), np.uint8
        )
        source = source * np.array([flat.shape[1] / CANVAS[0], flat.shape[0] / CANVAS[1]], np.float32)
    matrix = cv2.getPerspectiveTransform(quad, source)
    if rng.random() >= conditions.bend:
        warped = cv2.warpPerspective(
            flat, matrix, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE
        )
        return np.asarray(warped, np.float32)
    columns, rows = np.meshgrid(np.arange(size[0], dtype=np.float32), np.arange(size[1], dtype=np.float32))
    depth = matrix[2, 0] * columns + matrix[2, 1] * rows + matrix[2, 2]
    map_x = (matrix[0, 0] * columns + matrix[0, 1] * rows + matrix[0, 2]) / depth
    map_y = (matrix[1, 0] * columns + matrix[1, 1] * rows + matrix[1, 2]) / depth
    phase, waves = float(rng.uniform(0, 2 * math.pi)), float(rng.uniform(0.3, 1.2))
    swing = np.sin(columns / size[0] * waves * 2 * math.pi + phase)
    map_y = map_y + swing * float(rng.normal(0, 2.2)) * flat.shape[0] / CANVAS[1]
    map_x = map_x + swing * float(rng.normal(0, 2.5)) * flat.shape[1] / CANVAS[0]
    bent = cv2.remap(
        flat, map_x.astype(np.float32), map_y.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(bent, np.float32)


def _cloud(rng: np.random.Generator, size: tuple[int, int], grain: tuple[int, int]) -> Float:
    """Smooth noise about 0 with deviation 1; `grain` = cells across and down."""
    coarse = rng.standard_normal((grain[1], grain[0]), dtype=np.float32)
    return np.asarray(cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC), np.float32)


def _weathered(rng: np.random.Generator, canvas: Grey, conditions: Conditions) -> Grey:
    """Dirt and snow lie on the plate itself, before any pose."""
    dirty, snowy = rng.random() < conditions.dirt, rng.random() < conditions.snow
    if not dirty and not snowy:
        return canvas
    picture = canvas.astype(np.float32)
    if dirty:
        pale = rng.random() < 0.4  # dust, or ink that is worn off
        tone = float(rng.uniform(150, 235) if pale else rng.uniform(20, 150))
        grain = int(rng.choice([6, 14, 40, 90]))
        cover = _cloud(rng, CANVAS, (grain, max(3, grain // 3))) - float(rng.uniform(0.2, 1.6))
        if rng.random() < 0.4:  # thrown up from below
            cover += np.linspace(-1.2, 1.0, CANVAS[1], dtype=np.float32)[:, None]
        alpha = np.clip(cover, 0, 1) * float(rng.uniform(0.25, 0.85))
        picture += (tone - picture) * alpha
    if snowy:
        cover = _cloud(rng, CANVAS, (int(rng.integers(4, 24)), int(rng.integers(3, 9))))
        edge = float(rng.choice([-1.0, 1.0])) * np.linspace(-1.4, 1.4, CANVAS[1], dtype=np.float32)[:, None]
        alpha = np.clip((cover * 0.8 + edge - float(rng.uniform(0.7, 1.5))) * 3, 0, 1)
        picture += (float(rng.uniform(190, 250)) - picture) * alpha * 0.93
    return np.clip(picture, 0, 255).astype(np.uint8)


def _lit(rng: np.random.Generator, picture: Float, conditions: Conditions) -> Float:
    rows, columns = picture.shape
    if rng.random() < conditions.shade:
        field = _cloud(rng, (columns, rows), (int(rng.integers(2, 5)), 2))
        picture = picture * np.clip(1 + field * float(rng.uniform(0.05, 0.3)), 0.25, 1.8)
        if rng.random() < 0.5:  # the hard edge of a shadow
            slope, offset = float(rng.normal(0, 1.2)), float(rng.uniform(0.1, 0.9))
            across = np.linspace(0, 1, columns, dtype=np.float32)[None, :]
            down = np.linspace(0, 1, rows, dtype=np.float32)[:, None]
            side = (across + slope * (down - 0.5) - offset) * float(rng.choice([-1, 1]))
            soft = float(rng.uniform(8, 120))
            dimmed = float(rng.uniform(0.2, 0.65)) / (1 + np.exp(-np.clip(side * soft, -30, 30)))
            picture = np.asarray(picture * (1 - dimmed), np.float32)
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


def _blurred(rng: np.random.Generator, picture: Float, plate_px: float, conditions: Conditions) -> Float:
    scale = plate_px / 150.0  # blur is felt against the height of the symbols
    if rng.random() < conditions.defocus:
        sigma = float(rng.uniform(0.3, 2.3)) * min(max(scale, 0.35), 1.6)
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), np.float32)
    if rng.random() < conditions.motion:
        length = float(rng.uniform(1.5, 9.0)) * min(max(scale, 0.3), 1.8)
        angle = float(rng.normal(0, 0.4)) if rng.random() < 0.6 else float(rng.uniform(0, math.pi))
        reach = math.ceil(length / 2)
        kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
        dx, dy = math.cos(angle) * length / 2, math.sin(angle) * length / 2
        for step in np.linspace(-1, 1, 4 * reach + 3):
            kernel[round(reach + dy * step), round(reach + dx * step)] += 1
        picture = np.asarray(
            cv2.filter2D(picture, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE), np.float32
        )
    return picture


def _sensed(rng: np.random.Generator, picture: Float, conditions: Conditions) -> Float:
    if rng.random() < conditions.infrared:  # retro-reflection: the ground saturates, ink eats in, bloom spreads
        lift = float(rng.uniform(1.1, 2.4))
        picture = np.clip(picture * lift - float(rng.uniform(0, 40)), 0, 330)
        bloom = cv2.GaussianBlur(np.clip(picture - 190, 0, None), (0, 0), float(rng.uniform(0.8, 3.5)))
        picture = picture + bloom * float(rng.uniform(0.2, 1.3))
    if rng.random() < conditions.over:
        picture = picture * float(rng.uniform(1.1, 1.8)) + float(rng.uniform(0, 40))
    elif rng.random() < conditions.under:
        picture = picture * float(rng.uniform(0.12, 0.5))
    else:
        gain = float(rng.uniform(0.35, 1.1))
        picture = picture * gain + float(rng.uniform(0, 70)) * (1.1 - gain)
    picture = np.clip(picture, 0, 255)
    if rng.random() < 0.5:
        picture = np.asarray(255 * (picture / 255) ** np.float32(math.exp(rng.normal(0, 0.35))), np.float32)
    if rng.random() < conditions.noise:
        sigma = abs(float(rng.normal(0, 6)))
        grains = rng.standard_normal(picture.shape, dtype=np.float32)
        if rng.random() < 0.4:
            grains = np.asarray(cv2.GaussianBlur(grains, (3, 3), 0.8), np.float32) * 2
        picture = picture + grains * sigma
    if rng.random() < 0.15:  # a camera that sharpens
        soft = cv2.GaussianBlur(np.asarray(picture, np.float32), (0, 0), 1.2)
        picture = picture + (picture - soft) * float(rng.uniform(0.5, 2.0))
    return np.asarray(picture, np.float32)


def _compressed(rng: np.random.Generator, picture: Grey) -> Grey:
    """JPEG, once or twice; on small pictures its blocks look like those of H.264."""
    for _ in range(1 if rng.random() < 0.8 else 2):
        quality = int(rng.integers(12, 90))
        _, data = cv2.imencode(".jpg", picture, (cv2.IMWRITE_JPEG_QUALITY, quality))
        picture = np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.uint8)
    return picture
