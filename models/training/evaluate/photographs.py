"""Photographs altered for a test: every plate painted over, or the picture shrunk until a plate has a given width."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from camera.stills import load_picture
from core.errors import FileUnusable
from core.geometry import Box
from models.training.evaluate.made import Made
from models.training.evaluate.truth import all_boxes, read_manifest

Picture = NDArray[np.uint8]

GROWN: Final = (1.25, 1.9)
"""Size of a painted patch relative to the plate, in width and height, so that it covers the frame too."""
SMALLEST_PX: Final = 8
"""Smaller pictures are refused by every reader."""


def covered(picture: Picture, quads: Iterable[NDArray[np.float64]]) -> Picture:
    """`picture` (uint8, BGR or grey) with each `[4, 2]` quadrilateral, grown, filled from its surroundings."""
    mask = np.zeros(picture.shape[:2], np.uint8)
    for quad in quads:
        centre = quad.mean(axis=0)
        grown = centre + (quad - centre) * np.array(GROWN)
        cv2.fillConvexPoly(mask, np.round(grown).astype(np.int32), 255)
    return np.asarray(cv2.inpaint(picture, mask, 3, cv2.INPAINT_TELEA), np.uint8)


def without_plates(manifest: Path) -> Iterator[Made]:
    """Each photograph of `manifest` once, with every box in it painted over.

    Plates that the manifest does not list remain, so accepted readings must be checked by eye. Raises FileUnusable.
    """
    boxes = defaultdict(list)
    for file, box in all_boxes(manifest):
        boxes[file].append(box)
    for file, around in boxes.items():
        yield Made(covered(load_picture(file), (_quad(box) for box in around)), "", "no_plate")


def shrunk(manifest: Path, width_px: float) -> Iterator[Made]:
    """Each legible plate of `manifest` on its own copy of the photograph, shrunk until the plate is `width_px` wide.

    Plates already narrower are left out. Raises FileUnusable, also if nothing of a picture would remain.
    """
    for truth in read_manifest(manifest):
        if truth.width_px < width_px:
            continue
        picture = load_picture(truth.file)
        factor = width_px / truth.width_px
        if min(picture.shape[:2]) * factor < SMALLEST_PX:
            why = f"less than {SMALLEST_PX} pixels high or wide where its plate is {width_px:g} pixels wide"
            raise FileUnusable(truth.file, why)
        small = cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        box = truth.box and Box(*(v * factor for v in (truth.box.x, truth.box.y, truth.box.w, truth.box.h)))
        yield Made(np.asarray(small, np.uint8), truth.text, "photograph", truth.kind, width_px, box)


def _quad(box: Box) -> NDArray[np.float64]:
    left, top, right, bottom = box.x, box.y, box.x + box.w, box.y + box.h
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float64)
