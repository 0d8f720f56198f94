"""The pose of a plate in its crop, along detected corners or in an upright box, and the canvas drawn there."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from models.training.plates.conditions import MARGINS, Conditions
from models.training.plates.surroundings import CANVAS, FACE, ORIGIN, Grey

Float = NDArray[np.float32]


def rectified(
    rng: np.random.Generator, aspect: float, plate_px: float, *, loose: bool
) -> tuple[Float, tuple[int, int]]:
    """Corners in the crop (0 to 1), with jitter like a detector's errors, and the crop's size in camera pixels."""
    mx, my = MARGINS
    wide, tall = 1 + 2 * mx, 1 + 2 * my
    quad = np.array([[mx, my], [1 + mx, my], [1 + mx, 1 + my], [mx, 1 + my]], np.float32)
    error = 0.012 + 0.025 * abs(float(rng.normal())) if rng.random() < 0.85 else 0.06
    # Errors are equal in pixels: they weigh more against the height of a long plate, and partly move all corners.
    unit = np.array([error, min(error * aspect * 0.6, 0.16)], np.float32)
    quad += rng.normal(0, 0.75, (4, 2)).astype(np.float32) * unit + rng.normal(0, 0.6, 2).astype(np.float32) * unit
    quad /= np.array([wide, tall], np.float32)
    if loose:
        sides = rng.uniform(0, 0.22, 4).astype(np.float32)
        span = 1 + sides[:2] + sides[2:]
        quad = np.asarray((quad + sides[:2]) / span, np.float32)
        wide, tall = wide * float(span[0]), tall * float(span[1])
    return quad, (round(plate_px * wide), round(plate_px / aspect * tall * float(rng.uniform(0.85, 1.1))))


def boxed(
    rng: np.random.Generator, aspect: float, plate_px: float, conditions: Conditions
) -> tuple[Float, tuple[int, int]]:
    """An upright box around a plate rotated in space."""
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


def project(rng: np.random.Generator, flat: Grey, quad: Float, size: tuple[int, int], conditions: Conditions) -> Float:
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
