"""Light, weather and the camera: the effects on a picture between street and file."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import cv2
import numpy as np

from models.training.scenes.textures import Picture, grain


class Hour(Enum):
    """The kinds of light at a gate."""

    DAY = "day"
    DUSK = "dusk"
    NIGHT = "night"
    SODIUM = "sodium"
    LED = "led"
    INFRARED = "infrared"


_SHARES = {Hour.DAY: 0.66, Hour.DUSK: 0.10, Hour.NIGHT: 0.08, Hour.SODIUM: 0.04, Hour.LED: 0.04, Hour.INFRARED: 0.08}
_TINT = {Hour.SODIUM: (0.35, 0.75, 1.15), Hour.LED: (1.15, 1.0, 0.9), Hour.DUSK: (1.05, 0.95, 0.95)}


@dataclass(frozen=True, slots=True)
class Light:
    """`scene_gain` dims everything, `plate_gain` is a reflective plate's extra gain, `lamps`: whether they are on."""

    hour: Hour
    scene_gain: float
    plate_gain: float
    lamps: bool


def pick_light(rng: np.random.Generator) -> Light:
    hours = list(_SHARES)
    hour = hours[int(rng.choice(len(hours), p=list(_SHARES.values())))]
    if hour is Hour.DAY:
        return Light(
            hour=hour,
            scene_gain=rng.uniform(0.8, 1.4),
            plate_gain=rng.uniform(0.6, 1.15),
            lamps=bool(rng.random() < 0.15),
        )
    if hour is Hour.DUSK:
        return Light(
            hour=hour,
            scene_gain=rng.uniform(0.35, 0.8),
            plate_gain=rng.uniform(0.8, 1.5),
            lamps=bool(rng.random() < 0.7),
        )
    if hour is Hour.INFRARED:
        return Light(
            hour=hour,
            scene_gain=rng.uniform(0.12, 0.5),
            plate_gain=rng.uniform(1.5, 5.0),
            lamps=bool(rng.random() < 0.5),
        )
    return Light(
        hour=hour, scene_gain=rng.uniform(0.1, 0.5), plate_gain=rng.uniform(1.0, 4.0), lamps=bool(rng.random() < 0.75)
    )


def glow(frame: Picture, at: tuple[float, float], *, radius: float, strength: float, warm: bool = True) -> None:
    """Add a lamp's bloom in place."""
    height, width = frame.shape[:2]
    reach = 2.5 * radius
    x0, x1 = int(max(0, at[0] - reach)), int(min(width, at[0] + reach + 1))
    y0, y1 = int(max(0, at[1] - reach)), int(min(height, at[1] + reach + 1))
    if x1 - x0 < 2 or y1 - y0 < 2:
        return
    xx = np.exp(-(((np.arange(x0, x1, dtype=np.float32) - at[0]) / radius) ** 2))
    yy = np.exp(-(((np.arange(y0, y1, dtype=np.float32) - at[1]) / radius) ** 2))
    bloom = strength * yy[:, None] * xx[None, :]
    part = frame[y0:y1, x0:x1]
    if frame.ndim == 3:
        bloom = bloom[..., None] * np.array([0.8, 0.93, 1.0] if warm else [0.2, 0.2, 1.0], np.float32)
    part[:] = np.clip(part + bloom, 0, 255).astype(np.uint8)


def rain(rng: np.random.Generator, frame: Picture, *, amount: float) -> None:
    """Streaks of rain, all in the same direction; in place."""
    height, width = frame.shape[:2]
    lean = rng.normal(0, 0.25)
    streaks = np.zeros((height, width), np.uint8)
    scale = width / 384
    for _ in range(int(180 * amount)):
        x, y = rng.uniform(0, width), rng.uniform(0, height)
        length = rng.uniform(4, 26) * scale
        cv2.line(
            streaks,
            (int(x), int(y)),
            (int(x + lean * length), int(y + length)),
            int(rng.integers(40, 130)),
            1,
            cv2.LINE_AA,
        )
    frame[:] = cv2.add(frame, cv2.merge([streaks] * 3) if frame.ndim == 3 else streaks)


def snow(rng: np.random.Generator, frame: Picture, *, amount: float) -> None:
    """Flakes, large and soft if near; in place."""
    height, width = frame.shape[:2]
    flakes = np.zeros((height, width), np.uint8)
    for _ in range(int(160 * amount)):
        radius = int(rng.choice([1, 1, 1, 2, 3])) * max(1, width // 384)
        cv2.circle(
            flakes,
            (int(rng.integers(width)), int(rng.integers(height))),
            radius,
            int(rng.integers(90, 230)),
            -1,
            cv2.LINE_AA,
        )
    frame[:] = cv2.add(frame, cv2.merge([flakes] * 3) if frame.ndim == 3 else flakes)


def _motion_blur(rng: np.random.Generator, frame: Picture, length: int) -> Picture:
    kernel = np.zeros((length, length), np.float32)
    angle = rng.normal(0, 0.5)
    half = (length - 1) / 2
    dx, dy = half * np.cos(angle), half * np.sin(angle)
    cv2.line(kernel, (round(half - dx), round(half - dy)), (round(half + dx), round(half + dy)), 1.0, 1)
    return np.asarray(cv2.filter2D(frame, -1, kernel / kernel.sum()), np.uint8)


def _lens(rng: np.random.Generator, frame: Picture) -> Picture:
    """Out of focus, in motion, of too few pixels, or sharpened by the camera; or none of these."""
    width = frame.shape[1]
    choice = rng.random()
    if choice < 0.3:
        frame = np.asarray(cv2.GaussianBlur(frame, (0, 0), rng.uniform(0.3, 1.2) * width / 384), np.uint8)
    elif choice < 0.42:
        frame = _motion_blur(rng, frame, int(rng.integers(2, 8) * width / 384) + 1)
    elif choice < 0.55:  # a small picture blown up
        small = rng.uniform(0.45, 0.9)
        way = int(rng.choice([cv2.INTER_AREA, cv2.INTER_LINEAR]))
        frame = np.asarray(
            cv2.resize(
                cv2.resize(frame, None, fx=small, fy=small, interpolation=way), (frame.shape[1], frame.shape[0])
            ),
            np.uint8,
        )
    elif choice < 0.68:  # sharpened by the camera
        soft = cv2.GaussianBlur(frame, (0, 0), 1.2)
        frame = np.asarray(
            cv2.addWeighted(frame, 1.0 + rng.uniform(0.3, 1.5), soft, -rng.uniform(0.3, 1.5), 0), np.uint8
        )
    return frame


def through_camera(rng: np.random.Generator, frame: Picture, light: Light) -> Picture:
    """Exposure, tint, blur, noise and compression; a new picture of the same shape."""
    width = frame.shape[1]
    gain, gamma = rng.uniform(0.75, 1.25), float(np.exp(rng.normal(0, 0.22)))
    lift = rng.uniform(0, 45) if rng.random() < 0.35 else 0.0
    table = np.clip(255 * gain * (np.arange(256) / 255) ** gamma * (1 - lift / 255) + lift, 0, 255)
    if rng.random() < 0.01:
        table = table[::-1]
    frame = np.asarray(cv2.LUT(frame, table.astype(np.uint8)), np.uint8)
    if frame.ndim == 3:
        if light.hour is Hour.INFRARED:
            frame = np.repeat(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)[..., None], 3, axis=2)
        else:
            tint = np.array(_TINT.get(light.hour, (1.0, 1.0, 1.0))) * rng.uniform(0.94, 1.06, 3)
            frame = np.clip(frame * tint, 0, 255).astype(np.uint8)
    frame = _lens(rng, frame)
    dark = light.hour not in {Hour.DAY, Hour.DUSK}
    noise = abs(rng.normal(0, 9 if dark else 4))
    if noise > 1:
        speckle = grain(rng, height=frame.shape[0], width=width) * noise
        frame = np.clip(frame + (speckle[..., None] if frame.ndim == 3 else speckle), 0, 255).astype(np.uint8)
    if rng.random() < 0.6:
        ok, data = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, int(rng.uniform(18, 95))])
        if ok:
            frame = np.asarray(cv2.imdecode(data, cv2.IMREAD_UNCHANGED), np.uint8)
    return frame
