"""A plate mounted on a car: in a dealer's frame, unevenly lit, with mud, snow or glare."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from models.training.scenes.textures import Picture, fractal, grey_colour

_DEALERS = (
    "AUTOMIR",
    "AVTOSALON",
    "ROLF",
    "MAJOR",
    "FAVORIT MOTORS",
    "www.auto.ru",
    "8 800 555 35 35",
    "GENSER",
    "DILER-CENTR",
    "KLYUCH",
)


@dataclass(frozen=True, slots=True)
class MountedPlate:
    """`picture` BGR [h, w, 3]; the plate's face is at `left`, `top` in it, `width` x `height` pixels large."""

    picture: Picture
    left: int
    top: int
    width: int
    height: int


def mount_plate(rng: np.random.Generator, face: Picture, *, patches: bool = True) -> MountedPlate:
    """Put a face into a random frame (or none), and weather it; `patches` of mud and snow may hide characters."""
    height, width = face.shape[:2]
    face = weathered(rng, face, patches=patches)
    if rng.random() < 0.3:
        return MountedPlate(picture=face, left=0, top=0, width=width, height=height)
    unit = width / 520
    sides = [max(1, round(unit * v)) for v in rng.uniform(2, 14, 3)]
    foot = max(1, round(unit * rng.uniform(3, 42)))
    colour = grey_colour(rng, low=10, high=60) if rng.random() < 0.8 else grey_colour(rng, low=120, high=245)
    framed = cv2.copyMakeBorder(face, sides[0], foot, sides[1], sides[2], cv2.BORDER_CONSTANT, value=colour)
    picture = np.asarray(framed, np.uint8)
    if foot > 14 * unit and rng.random() < 0.8:
        scale = 0.8 * foot / 22
        text = str(rng.choice(_DEALERS))
        ink = grey_colour(rng, low=150, high=250) if sum(colour) < 300 else grey_colour(rng, low=0, high=70)
        place = (round(rng.uniform(0.1, 0.55) * width), sides[0] + height + round(0.8 * foot))
        cv2.putText(picture, text, place, cv2.FONT_HERSHEY_DUPLEX, scale, ink, 1, cv2.LINE_AA)
    return MountedPlate(picture=picture, left=sides[1], top=sides[0], width=width, height=height)


def weathered(rng: np.random.Generator, face: Picture, *, patches: bool = True) -> Picture:
    """Shadow edges, grime, mud, snow and lamp glare on a face; without `patches`, nothing that hides a symbol."""
    height, width = face.shape[:2]
    light = 0.85 + 0.3 * fractal(rng, height=height, width=width, coarse=2, octaves=3)
    if rng.random() < 0.3:  # a hard shadow across
        angle, offset = rng.uniform(0, np.pi), rng.uniform(-0.4, 0.4)
        yy, xx = np.mgrid[0:height, 0:width].astype(np.float32)
        side = (xx / width - 0.5) * np.cos(angle) + (yy / height - 0.5) * np.sin(angle) - offset
        light *= 1 - rng.uniform(0.2, 0.6) / (1 + np.exp(-np.clip(side * rng.uniform(10, 120), -30, 30)))
    if rng.random() < 0.35:
        light *= 1 - rng.uniform(0.1, 0.5) * fractal(rng, height=height, width=width, coarse=5, octaves=5)
    out = face * light[..., None].astype(np.float32)
    if rng.random() < 0.12 and patches:  # mud or snow
        patch = fractal(rng, height=height, width=width, coarse=4, octaves=5)
        cover = 1 / (1 + np.exp(-np.clip((patch - rng.uniform(0.55, 0.85)) * 40, -30, 30)))[..., None]
        stuff = np.array(grey_colour(rng, low=200, high=255) if rng.random() < 0.5 else (50.0, 70.0, 90.0), np.float32)
        out = out * (1 - 0.9 * cover) + stuff * 0.9 * cover
    if rng.random() < 0.1 and patches:  # the reflection of a lamp
        yy, xx = np.mgrid[0:height, 0:width].astype(np.float32)
        spot = np.exp(-(((xx / width - rng.random()) / 0.3) ** 2 + ((yy / height - rng.random()) / 0.8) ** 2))
        out += rng.uniform(60, 220) * spot[..., None]
    return np.clip(out, 0, 255).astype(np.uint8)
