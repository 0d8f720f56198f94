"""From a frame to plate reads: detector, rectifier and OCR composed. The seam is `PlateReader`.

Runs on the vision thread; its fake is `camera.scripted.ScriptedReader`.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from camera.detector import PlateDetector
from camera.frame import Frame, Picture
from camera.ocr import OcrOutput, PlateOcr
from camera.peaks import Detection
from camera.quality import difference_hash, sharpness
from camera.rectify import Margins, plate_width, rectify
from camera.shrink import to_grey
from camera.weights import check_weights
from edge.core.geometry import Point
from edge.core.reads import PlateRead


class PlateReader(Protocol):
    """Reads the plates of one frame."""

    def read(self, frame: Frame) -> tuple[PlateRead, ...]:
        """Every plate found, best detection first. Raises `InferenceFailed`: a dead network is no empty road."""
        ...


USUAL_MARGINS = Margins(side=0.08, above=0.28)
"""Those the reader was trained with."""


@dataclass(frozen=True, slots=True)
class ReadingEffort:
    """How hard the reader tries."""

    margins: Margins = USUAL_MARGINS
    sure_at: float = 0.9
    """A first read whose least certain character reaches this is believed; others are read again, shifted."""
    shifts: tuple[Point, ...] = ((-0.02, 0.05), (0.02, -0.05))
    """The shifts of the other reads, in fractions of the plate's width and height; their mean counts."""
    most_plates: int = 8
    min_width_px: float = 24.0


@dataclass(frozen=True, slots=True)
class PictureReads:
    """The plates of one picture, and what they cost."""

    plates: tuple[PlateRead, ...]
    detect_ms: float
    ocr_ms: float
    """Rectifying and reading."""


class OnnxPlateReader:
    """The reader of the gate: our two networks, one thread each."""

    def __init__(self, detector: PlateDetector, ocr: PlateOcr, *, effort: ReadingEffort | None = None) -> None:
        self._detector = detector
        self._ocr = ocr
        self._effort = effort or ReadingEffort()

    def read(self, frame: Frame) -> tuple[PlateRead, ...]:
        return self.read_picture(frame.bgr).plates

    def read_picture(self, picture: Picture) -> PictureReads:
        """Every plate of a picture, best detection first."""
        started = time.perf_counter()
        found = [
            plate
            for plate in self._detector.find(to_grey(picture))
            if plate_width(plate.corners) >= self._effort.min_width_px
        ][: self._effort.most_plates]
        detected = time.perf_counter()
        plates = self.read_plates(picture, found)
        return PictureReads(plates, (detected - started) * 1e3, (time.perf_counter() - detected) * 1e3)

    def read_plates(self, picture: Picture, found: Sequence[Detection]) -> tuple[PlateRead, ...]:
        """Read plates whose corners are known."""
        flats = [self._flatten(picture, plate) for plate in found]
        outputs = list(self._ocr.read(flats))
        unsure = [i for i, output in enumerate(outputs) if output.certainty < self._effort.sure_at]
        shifted = [self._flatten(picture, found[i], shift) for i in unsure for shift in self._effort.shifts]
        others = self._ocr.read(shifted)
        count = len(self._effort.shifts)
        for place, i in enumerate(unsure):
            outputs[i] = mean_of((outputs[i], *others[place * count : (place + 1) * count]))
        return tuple(
            plate_read(plate, flat, output, self._ocr.format_ids)
            for plate, flat, output in zip(found, flats, outputs, strict=True)
        )

    def _flatten(self, picture: Picture, plate: Detection, shift: Point = (0.0, 0.0)) -> Picture:
        return rectify(
            picture,
            plate.corners,
            width=self._ocr.width,
            height=self._ocr.height,
            margins=self._effort.margins,
            shift=shift,
        )


def open_reader(folder: Path, *, effort: ReadingEffort | None = None, threads: int = 1) -> OnnxPlateReader:
    """The reader with the weights of `folder`, checked against its manifest. Raises `WeightsInvalid`."""
    weights = check_weights(folder)
    return OnnxPlateReader(
        PlateDetector.from_weights(weights, threads=threads), PlateOcr(weights, threads=threads), effort=effort
    )


def mean_of(outputs: Sequence[OcrOutput]) -> OcrOutput:
    """The mean of several reads of the same plate: where they differ, nobody is certain."""
    return OcrOutput(
        slots=np.mean([output.slots for output in outputs], axis=0, dtype=np.float32),
        formats=np.mean([output.formats for output in outputs], axis=0, dtype=np.float32),
    )


def plate_read(plate: Detection, flat: Picture, output: OcrOutput, format_ids: tuple[str, ...]) -> PlateRead:
    """Put everything known of one plate into the value that crosses into the core."""
    order = np.argsort(-output.formats, kind="stable")
    return PlateRead(
        slots=tuple(tuple(row) for row in output.slots.tolist()),
        formats=tuple((format_ids[i], float(output.formats[i])) for i in order),
        box=plate.box,
        corners=plate.corners,
        detector_score=plate.score,
        sharpness=sharpness(flat),
        fingerprint=difference_hash(flat),
    )
