"""Photographs altered for a test: plates painted over, the picture shrunk until a plate has a given width, or seen from the side."""

from __future__ import annotations

import math
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
SLANTED_PX: Final = 110
SLANTED_SIZE: Final = (640, 448)
"""Width and height of a slanted picture, in pixels."""
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


def slanted(manifest: Path, degrees: float) -> Iterator[Made]:
    """Each legible plate with a box, as a camera beside the lane sees it, from the left and from the right.

    Its lines fall and rise by `degrees`, its uprights stay upright, and it is squeezed as a plate turned one and a half times as
    far, up to 50 degrees, would be. It is `SLANTED_PX` wide in the middle of a picture of `SLANTED_SIZE`. Raises FileUnusable.
    """
    squeeze = math.cos(math.radians(min(1.5 * degrees, 50.0)))
    for truth in read_manifest(manifest):
        if truth.box is None or not truth.text:
            continue
        picture = load_picture(truth.file)
        for side in (1, -1):
            scale = SLANTED_PX / truth.box.w / squeeze
            onto = scale * np.array([[squeeze, 0.0], [side * math.tan(math.radians(degrees)) * squeeze, 1.0]])
            seen = _mapped(picture, onto, truth.box.centre, scale=scale)
            tall = truth.box.h * scale + abs(float(onto[1, 0])) * truth.box.w
            (width, height), half = SLANTED_SIZE, (SLANTED_PX / 2, tall / 2)
            box = Box(width / 2 - half[0], height / 2 - half[1], 2 * half[0], 2 * half[1])
            yield Made(seen, truth.text, "photograph", truth.kind, SLANTED_PX, box)


def _mapped(picture: Picture, onto: NDArray[np.float64], centre: tuple[float, float], *, scale: float) -> Picture:
    """`picture` under the linear map `onto`, with `centre` in the middle; shrunk by area means first, where it shrinks."""
    by = min(1.0, scale)
    if by < 1:
        picture = np.asarray(cv2.resize(picture, None, fx=by, fy=by, interpolation=cv2.INTER_AREA), np.uint8)
    shift = np.array(SLANTED_SIZE) / 2 - onto @ centre
    whole = np.column_stack([onto / by, shift]).astype(np.float32)
    return np.asarray(cv2.warpAffine(picture, whole, SLANTED_SIZE, borderMode=cv2.BORDER_REPLICATE), np.uint8)


def _quad(box: Box) -> NDArray[np.float64]:
    left, top, right, bottom = box.x, box.y, box.x + box.w, box.y + box.h
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float64)
