"""One picture of a gate: a backdrop, vehicles with plates, things that are not plates, light and weather.

A pure function of the random generator and the stock. Pixels follow `core.geometry`: the origin is the top left
corner of the top left pixel.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from models.training.scenes.labels import PlatePlace, behind, carried
from models.training.scenes.light import Light, glow, pick_light, rain, snow, through_camera
from models.training.scenes.placing import place_board, place_loose_plate, place_vehicle
from models.training.scenes.stock import Stock
from models.training.scenes.textures import Picture


@dataclass(frozen=True, slots=True)
class Scene:
    """`picture` uint8, BGR [h, w, 3] or grey [h, w]; `decoys` are the outlines [4, 2] of boards that are not plates."""

    picture: Picture
    plates: tuple[PlatePlace, ...]
    light: Light
    decoys: tuple[NDArray[np.float64], ...] = ()


def render_scene(
    rng: np.random.Generator, stock: Stock, *, base: int = 0, width: int = 384, height: int = 288
) -> Scene:
    """Draw a picture as a camera would deliver it; `base` is the start of the stock's window (see `Stock.pick`)."""
    street = compose_scene(rng, stock, base=base, width=width, height=height)
    return replace(street, picture=through_camera(rng, street.picture, street.light))


def compose_scene(
    rng: np.random.Generator, stock: Stock, *, base: int = 0, width: int = 384, height: int = 288
) -> Scene:
    """A picture without the camera's degradations."""
    light = pick_light(rng)
    frame = _backdrop(rng, stock, base=base, width=width, height=height)
    plates: list[PlatePlace] = []
    boards = int(rng.choice([0, 1, 2, 4], p=[0.4, 0.3, 0.2, 0.1]))
    decoys = [place_board(rng, stock, frame, base=base) for _ in range(boards)]
    if light.scene_gain != 1:
        frame = np.asarray(cv2.convertScaleAbs(frame, alpha=light.scene_gain), np.uint8)
    count = int(rng.choice([0, 1, 2, 3, 4], p=[0.1, 0.3, 0.28, 0.2, 0.12]))
    widest = np.where(rng.random(count) < 0.4, 45.0, 330.0)  # distant cars are the hardest to find, so there are many
    widths = np.exp(rng.uniform(np.log(12.0), np.log(widest))) * width / 384
    for width_px in np.sort(widths):
        if rng.random() < 0.72:
            covered, plate, parts = place_vehicle(rng, stock, frame, light, base=base, plate_px=float(width_px))
            decoys += parts
        else:
            covered, plate = place_loose_plate(rng, stock, frame, light, base=base, plate_px=float(width_px))
        plates = [behind(old, covered) for old in plates]
        if plate is not None:
            plates.append(plate)
    if light.lamps and rng.random() < 0.3:
        at = (rng.uniform(0, width), rng.uniform(0, height))
        glow(frame, at, radius=rng.uniform(6, 60) * width / 384, strength=rng.uniform(80, 300))
    if rng.random() < 0.08:
        rain(rng, frame, amount=rng.uniform(0.2, 1.5))
    elif rng.random() < 0.08:
        snow(rng, frame, amount=rng.uniform(0.2, 1.5))
    shown = tuple(decoy for decoy in decoys if decoy is not None)
    return Scene(picture=frame, plates=tuple(p for p in plates if p.visible > 0.05), light=light, decoys=shown)


def look_again(
    rng: np.random.Generator, street: Scene, *, width: int, height: int, zoom: tuple[float, float] = (0.84, 1.25)
) -> Scene:
    """Another photograph of the same scene: nearer, farther, shifted, tilted, exposed differently.

    Cheaper than drawing.
    """
    rows, columns = street.picture.shape[:2]
    scale = np.exp(rng.uniform(*np.log(zoom)))
    lean, stretch = np.radians(rng.normal(0, 3)), np.exp(rng.normal(0, 0.08))
    turn = scale * np.array([[np.cos(lean) * stretch, -np.sin(lean)], [np.sin(lean), np.cos(lean) / stretch]])
    spare = np.maximum([columns * scale - width, rows * scale - height], 0.0)
    middle = np.array([width / 2, height / 2]) + rng.uniform(-0.5, 0.5, 2) * spare
    matrix = np.hstack([turn, (middle - turn @ [columns / 2, rows / 2])[:, None]])
    moved = matrix.copy()
    moved[:, 2] += turn @ [0.5, 0.5] - 0.5  # from pixel corners to pixel centres
    frame = cv2.warpAffine(
        street.picture, moved, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    picture = through_camera(rng, np.asarray(frame, np.uint8), street.light)
    return seen_through(street, matrix, picture)


def seen_through(scene: Scene, matrix: NDArray[np.float64], picture: Picture) -> Scene:
    """The scene's labels moved by an affine `matrix` [2, 3] onto `picture`."""
    plates = tuple(carried(plate, matrix, picture) for plate in scene.plates)
    decoys = tuple(decoy @ matrix[:, :2].T + matrix[:, 2] for decoy in scene.decoys)
    return Scene(picture=picture, plates=tuple(p for p in plates if p.visible > 0.05), light=scene.light, decoys=decoys)


def _backdrop(rng: np.random.Generator, stock: Stock, *, base: int, width: int, height: int) -> Picture:
    source = stock.backdrop(stock.pick(rng, base=base, kind="backdrop"))
    share = rng.uniform(0.45, 1.0)
    crop_h, crop_w = int(source.shape[0] * share), int(source.shape[1] * share)
    top, left = int(rng.integers(source.shape[0] - crop_h + 1)), int(rng.integers(source.shape[1] - crop_w + 1))
    frame = cv2.resize(
        source[top : top + crop_h, left : left + crop_w], (width, height), interpolation=cv2.INTER_LINEAR
    )
    return np.asarray(cv2.flip(frame, 1) if rng.random() < 0.5 else frame, np.uint8).copy()
