"""Reading a picture that is one plate with unknown margins, as parking cameras and testers send them."""

from __future__ import annotations

import time

from camera.closeup import CloseUp
from camera.detector import PlateDetector
from camera.frame import Picture
from camera.ocr import PlateOcr
from camera.peaks import Detection
from camera.reader import PictureReads, ReadingEffort, mean_of, plate_read
from camera.rectify import Margins, rectify, whole
from camera.shrink import to_grey
from edge.core.geometry import Corners

_CLOSE_UPS = (CloseUp(110, 192, 96), CloseUp(128, 256, 96))
"""The first takes the whole picture for the plate, the second the plate that the first has found."""
_STRETCH = Margins(side=0.04, above=0.04)
"""The picture as a whole, a little widened: nobody knows what margins it came with."""


class CropReader:
    """Reads pictures of one plate: by the corners where the detector finds them, and as a whole."""

    def __init__(self, detector: PlateDetector, ocr: PlateOcr, *, effort: ReadingEffort | None = None) -> None:
        self._detector = detector
        self._ocr = ocr
        self._effort = effort or ReadingEffort()

    def read_picture(self, picture: Picture) -> PictureReads:
        """The plate of `picture`, always exactly one. Raises `InferenceFailed`."""
        started = time.perf_counter()
        found = self._locate(to_grey(picture))
        detected = time.perf_counter()
        flats = [self._flatten(picture, plate.corners, self._effort.margins) for plate in found]
        flats.append(self._flatten(picture, whole(picture), _STRETCH))
        output = mean_of(self._ocr.read(flats))
        plate = found[-1] if found else Detection(corners=whole(picture), score=0.0)
        read = plate_read(plate, flats[-1], output, self._ocr.format_ids)
        return PictureReads((read,), (detected - started) * 1e3, (time.perf_counter() - detected) * 1e3)

    def _locate(self, grey: Picture) -> list[Detection]:
        """The plate by its corners, once a close-up that shows it; empty where the detector sees none."""
        found: list[Detection] = []
        guess = Detection(corners=whole(grey), score=0.0)
        for how in _CLOSE_UPS:
            (seen,) = self._detector.look_again(grey, [guess], how)
            if seen is not None:
                found.append(seen)
                guess = seen
        return found

    def _flatten(self, picture: Picture, corners: Corners, margins: Margins) -> Picture:
        return rectify(picture, corners, width=self._ocr.width, height=self._ocr.height, margins=margins)
