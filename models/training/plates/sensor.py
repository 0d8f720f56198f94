"""Effects of lens, sensor and compression on a picture: blur, infrared bloom, exposure, noise, JPEG."""

from __future__ import annotations

import math

import cv2
import numpy as np

from models.training.plates.conditions import Conditions
from models.training.plates.pose import Float
from models.training.plates.surroundings import Grey


def blurred(rng: np.random.Generator, picture: Float, plate_px: float, conditions: Conditions) -> Float:
    scale = plate_px / 150.0  # what matters is blur relative to the height of the symbols
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


def sensed(rng: np.random.Generator, picture: Float, conditions: Conditions) -> Float:
    if rng.random() < conditions.infrared:  # retro-reflection: the ground saturates, ink erodes, bloom spreads
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


def compressed(rng: np.random.Generator, picture: Grey) -> Grey:
    """JPEG, once or twice; on small pictures its blocks resemble those of H.264."""
    for _ in range(1 if rng.random() < 0.8 else 2):
        quality = int(rng.integers(12, 90))
        _, data = cv2.imencode(".jpg", picture, (cv2.IMWRITE_JPEG_QUALITY, quality))
        picture = np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.uint8)
    return picture
