"""Reading a picture that is one plate with unknown margins, as parking cameras and testers send them."""

from __future__ import annotations

import time

import cv2
import numpy as np

from camera.detector import PlateDetector
from camera.frame import Picture
from camera.ocr import PlateOcr
from camera.peaks import Detection
from camera.reader import PictureReads, ReadingEffort, mean_of, plate_read
from camera.rectify import Margins, plate_width, rectify, whole
from camera.shrink import to_grey
from edge.core.geometry import Corners

_RIM = 0.5
"""Rim put around the crop before the detector looks, as a fraction of its size: it learned plates in scenes."""
_DETECTOR_SIDE = 256
_LEAST_SHARE = 0.4
"""A plate found in its own crop covers at least so much of the width; anything less is a part of it."""
_STRETCHES = (0.0, -0.03, 0.04)
"""The crop as it is, then cut and widened by so much on every side: nobody knows what margins it came with."""


class CropReader:
    """Reads pictures of one plate: by the corners where the detector finds them, and as a whole."""

    def __init__(self, detector: PlateDetector, ocr: PlateOcr, *, effort: ReadingEffort | None = None) -> None:
        self._detector = detector
        self._ocr = ocr
        self._effort = effort or ReadingEffort()

    def read_picture(self, picture: Picture) -> PictureReads:
        """The plate of `picture`, always exactly one. Raises `InferenceFailed`."""
        started = time.perf_counter()
        found = self.locate(picture)
        detected = time.perf_counter()
        flats = self._flats(picture, found)
        output = mean_of(self._ocr.read(flats))
        plate = found or Detection(corners=whole(picture), score=0.0)
        read = plate_read(plate, flats[0], output, self._ocr.format_ids)
        return PictureReads((read,), (detected - started) * 1e3, (time.perf_counter() - detected) * 1e3)

    def locate(self, picture: Picture) -> Detection | None:
        """The plate's corners in its crop, if the detector sees a plate that fills it."""
        height, width = picture.shape[:2]
        rim_x, rim_y = round(width * _RIM), round(max(height, width / 4) * _RIM)
        wide = cv2.copyMakeBorder(to_grey(picture), rim_y, rim_y, rim_x, rim_x, cv2.BORDER_REPLICATE)
        for plate in self._detector.find(np.asarray(wide, np.uint8), long_side=_DETECTOR_SIDE, upscale=4.0):
            if plate_width(plate.corners) >= _LEAST_SHARE * width:
                (a, b), (c, d), (e, f), (g, h) = plate.corners
                corners: Corners = (
                    (a - rim_x, b - rim_y),
                    (c - rim_x, d - rim_y),
                    (e - rim_x, f - rim_y),
                    (g - rim_x, h - rim_y),
                )
                return Detection(corners=corners, score=plate.score)
        return None

    def _flats(self, picture: Picture, found: Detection | None) -> list[Picture]:
        width, height = self._ocr.width, self._ocr.height
        flats = [
            rectify(picture, whole(picture), width=width, height=height, margins=Margins(side=by, above=by))
            for by in _STRETCHES
        ]
        if found is not None:
            by_corners = rectify(picture, found.corners, width=width, height=height, margins=self._effort.margins)
            flats.insert(0, by_corners)
        return flats
