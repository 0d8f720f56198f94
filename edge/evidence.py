"""Evidence pictures: the frame of a visit with its plate marked, the plate cut out, as JPEG. Pure functions."""

from __future__ import annotations

import math

import cv2
import numpy as np

from camera.frame import Picture
from camera.rectify import Margins, plate_width, rectify
from core.decision.record import Verdict, VisitRecord
from core.geometry import Corners

GREEN = (80, 200, 60)
RED = (60, 60, 230)
_JPEG_QUALITY = 85
_PLATE_WIDTH_PX = 320
_AROUND = Margins(side=0.03, above=0.08)


def jpeg(picture: Picture, *, max_width_px: int = 1280, quality: int = _JPEG_QUALITY) -> bytes:
    """The picture as JPEG, scaled down if it is wider than `max_width_px`."""
    encoded, data = cv2.imencode(".jpg", fit_width(picture, max_width_px), [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert encoded, "an 8-bit picture always encodes"
    return data.tobytes()


def fit_width(picture: Picture, width_px: int) -> Picture:
    """The picture at most `width_px` wide, keeping its aspect ratio."""
    height, width = picture.shape[:2]
    if width <= width_px:
        return picture
    size = (width_px, max(1, round(height * width_px / width)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def cut_plate(picture: Picture, corners: Corners) -> Picture:
    """The plate with a small margin, rectified by its corners, `_PLATE_WIDTH_PX` wide."""
    top_left, top_right, bottom_right, bottom_left = corners
    tall = max(math.dist(top_left, bottom_left), math.dist(top_right, bottom_right))
    shape = min(max(tall / max(plate_width(corners), 1.0), 0.1), 1.2)
    return rectify(
        picture, corners, width=_PLATE_WIDTH_PX, height=max(24, round(_PLATE_WIDTH_PX * shape)), margins=_AROUND
    )


def annotated(picture: Picture, record: VisitRecord) -> Picture:
    """A copy with the plate outlined and labelled, green for open, red for refused.

    The label uses Latin look-alikes: the built-in font of OpenCV 4 has no Cyrillic.
    """
    marked = picture.copy()
    colour = GREEN if record.decision is Verdict.OPEN else RED
    height, width = marked.shape[:2]
    line = max(1, round(width / 640))
    if record.best_corners is not None:
        outline = np.array(record.best_corners, np.float32).round().astype(np.int32)
        cv2.polylines(marked, [outline], isClosed=True, color=colour, thickness=2 * line, lineType=cv2.LINE_AA)
    elif record.best_box is not None:
        box = record.best_box
        near, far = (round(box.x), round(box.y)), (round(box.x + box.w), round(box.y + box.h))
        cv2.rectangle(marked, near, far, colour, 2 * line)
    text = f"{ascii_plate(record)}  {record.decision.value}: {record.reason.value}"
    scale = max(0.4, width / 1100)
    bar = round(34 * scale)
    cv2.rectangle(marked, (0, height - bar), (width, height), (0, 0, 0), -1)
    place = (round(8 * scale), height - round(11 * scale))
    cv2.putText(marked, text, place, cv2.FONT_HERSHEY_SIMPLEX, scale * 0.75, colour, line, cv2.LINE_AA)
    return marked


def ascii_plate(record: VisitRecord) -> str:
    """The plate in ASCII, which every font has."""
    plate = record.plate or record.masked or "-"
    return "".join(char if char.isascii() else "?" for char in plate)
