"""Pictures in which nothing may be accepted: streets whose plates are painted over, drawn ones and photographs.

Boards, telephone numbers, grilles, badges and lamps stay, and so does everything else a plate could be taken for. A
photograph may hold plates that its manifest does not name: what was accepted is to be looked at (`--keep`).
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from models.training.evaluate.truth import all_boxes
from models.training.scenes import Stock, render_scene
from models.training.scenes.textures import Picture

SIZE: Final = (960, 720)
"""Width and height of a drawn street, in pixels."""
GROWN: Final = (1.25, 1.9)
"""A painted patch covers a plate and its frame: so many times its width and its height."""
NEW_STOCK: Final = 50
"""After so many drawn streets, other cars and boards come."""


def covered(picture: Picture, quads: Iterable[NDArray[np.float64]]) -> Picture:
    """`picture` (uint8, BGR or grey) with each `[4, 2]` quadrilateral, grown, filled from its surroundings."""
    mask = np.zeros(picture.shape[:2], np.uint8)
    for quad in quads:
        centre = quad.mean(axis=0)
        grown = centre + (quad - centre) * np.array(GROWN)
        cv2.fillConvexPoly(mask, np.round(grown).astype(np.int32), 255)
    return np.asarray(cv2.inpaint(picture, mask, 3, cv2.INPAINT_TELEA), np.uint8)


def draw_plateless(folder: Path, *, count: int, seed: int) -> Path:
    """Draw `count` streets into `folder` and return the path of their manifest."""
    return _write(folder, _drawn(count, seed))


def cover_photographs(folder: Path, manifest: Path) -> Path:
    """Copy the photographs of `manifest` into `folder`, every box in it painted over; returns the new manifest."""
    return _write(folder, _photographs(manifest))


def _drawn(count: int, seed: int) -> Iterator[tuple[str, Picture]]:
    rng = np.random.default_rng((seed, 88))
    stock = Stock(seed=seed)
    for index in range(count):
        scene = render_scene(rng, stock, base=150 * (index // NEW_STOCK), width=SIZE[0], height=SIZE[1])
        yield f"{index:06d}.jpg", covered(scene.picture, (plate.corners for plate in scene.plates))


def _photographs(manifest: Path) -> Iterator[tuple[str, Picture]]:
    boxes = defaultdict(list)
    for file, box in all_boxes(manifest):
        boxes[file].append(box)
    for file, around in boxes.items():
        picture = cv2.imread(str(file))
        if picture is not None:
            quads = (np.array([[b.x, b.y], [b.x + b.w, b.y], [b.x + b.w, b.y + b.h], [b.x, b.y + b.h]]) for b in around)
            yield f"{file.stem}.jpg", covered(np.asarray(picture, np.uint8), quads)


def _write(folder: Path, pictures: Iterable[tuple[str, Picture]]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    manifest = folder / "manifest.csv"
    with manifest.open("w", encoding="utf-8", newline="") as lines:
        table = csv.writer(lines)
        table.writerow(("file", "text", "condition", "width_px"))
        for name, picture in pictures:
            cv2.imwrite(str(folder / name), picture, (cv2.IMWRITE_JPEG_QUALITY, 90))
            table.writerow((name, "", "no_plate", 0))
    return manifest
