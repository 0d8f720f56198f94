"""Reads pictures of a single plate with unknown margins, as parking cameras and testers send them."""

from __future__ import annotations

import time

from camera.closeup import CloseUp
from camera.detector import PlateDetector
from camera.frame import Picture
from camera.ocr import PlateOcr
from camera.peaks import Detection
from camera.reader import PictureReads, ReadingEffort, plate_read, pooled
from camera.rectify import Margins, rectify, whole
from camera.shrink import to_grey
from core.geometry import Corners

_FIRST_LOOK = CloseUp(110, 192, 96)
"""Treats the whole picture as the plate."""
_CLOSE_UPS = (CloseUp(96, 192, 96), CloseUp(128, 256, 96))
"""Start from what the first look has found."""
_AS_IT_IS = Margins(side=0.0, above=0.0)


class CropReader:
    """Reads pictures of one plate, both by the corners that the detector finds and as a whole."""

    def __init__(self, detector: PlateDetector, ocr: PlateOcr, *, effort: ReadingEffort | None = None) -> None:
        self._detector = detector
        self._ocr = ocr
        self._effort = effort or ReadingEffort()

    @property
    def grey(self) -> bool:
        """Whether it reads grey pictures, so that colours need not be decoded for it."""
        return self._ocr.grey

    def read_picture(self, picture: Picture) -> PictureReads:
        """The plate of `picture`, always exactly one. Raises `InferenceFailed`."""
        started = time.perf_counter()
        grey = to_grey(picture)
        found = self._locate(grey)
        detected = time.perf_counter()
        picture = grey if self._ocr.grey else picture
        flats = [self._flatten(picture, plate.corners, self._effort.margins) for plate in found]
        flats.append(self._flatten(picture, whole(picture), _AS_IT_IS))
        output = pooled(self._ocr.read(flats))
        plate = found[0] if found else Detection(corners=whole(picture), score=0.0)
        read = plate_read(plate, flats[0], output, self._ocr.format_ids)
        return PictureReads((read,), (detected - started) * 1e3, (time.perf_counter() - detected) * 1e3)

    def _locate(self, grey: Picture) -> list[Detection]:
        """The plate by its corners, once per close-up that shows it; empty if the detector finds none."""
        entire = Detection(corners=whole(grey), score=0.0)
        (first,) = self._detector.look_again(grey, [entire], _FIRST_LOOK)
        again = [self._detector.look_again(grey, [first or entire], how)[0] for how in _CLOSE_UPS]
        return [plate for plate in again if plate is not None]

    def _flatten(self, picture: Picture, corners: Corners, margins: Margins) -> Picture:
        return rectify(picture, corners, width=self._ocr.width, height=self._ocr.height, margins=margins)
