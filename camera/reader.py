"""From a frame to plate reads: combines detector, rectifier and OCR. The seam is `PlateReader`.

Runs on the vision thread. The fake is `camera.scripted.ScriptedReader`.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np

from camera.closeup import CloseUp, slant
from camera.contrast import evened
from camera.detector import PlateDetector
from camera.follow import Following, Look
from camera.frame import Frame, Picture
from camera.ocr import OcrOutput, PlateOcr, Rows
from camera.peaks import Detection, distinct
from camera.quality import difference_hash, sharpness
from camera.rectify import Margins, plate_width, rectify, within
from camera.shrink import to_grey
from camera.stack import stacked
from camera.weights import check_weights
from core.plates.alphabet import ALPHABET, UNSEEN
from core.reading.reads import PlateRead, View


class PlateReader(Protocol):
    """Reads the plates of one frame."""

    def read(self, frame: Frame) -> tuple[PlateRead, ...]:
        """Every plate that could be read at all, best detection first.

        Raises `InferenceFailed`: a failed network must not look like an empty road.
        """
        ...


USUAL_MARGINS = Margins(side=0.08, above=0.28)
"""The margins the reader was trained with."""


USUAL_CLOSE_UP = CloseUp(plate_px=96, width=192, height=96, floor=0.4)
"""Its floor keeps 215 of 215 plates of street photographs and 182 of 527 other peaks; a floor of 0.3 keeps 293 of
those."""
FOLLOWED_CLOSE_UP = CloseUp(plate_px=112, width=192, height=96, floor=0.4)
"""For a plate that is followed: this close-up is scaled by the corners of the last. At 96 px, a plate on a bright
bumper got too wide a box, was then smaller still in the next close-up, and never came out of it (ADR 186)."""
_EVERY_ONE = CloseUp(plate_px=96, width=192, height=96)


@dataclass(frozen=True, slots=True)
class ReadingEffort:
    """How hard the reader tries."""

    margins: Margins = USUAL_MARGINS
    long_sides: tuple[int, ...] = (640,)
    """Sizes at which the whole picture is searched; the results are merged."""
    close_up: CloseUp = USUAL_CLOSE_UP
    """The close-up that gives the corners of a plate that a search found."""
    followed: CloseUp = FOLLOWED_CLOSE_UP
    """The same for a plate that the frame before showed."""
    repeats: tuple[CloseUp, ...] = ()
    """An unsure read is repeated with corners from these close-ups, and all reads are pooled: where they differ,
    certainty drops. Not for video, where the next frame is the better repetition."""
    sure_at: float = 0.9
    """A first read is believed if its least certain character reaches this."""
    hopeless_below: float = 0.5
    """A first read whose mean character probability is lower than this does not improve with more reads."""
    least_characters: int = 3
    """Fewer characters are no plate, but a sign, a lamp or a badge that the detector took for one."""
    most_plates: int = 8
    min_width_px: float = 20.0


PATIENT = ReadingEffort(
    long_sides=(640, 1024, 224), close_up=_EVERY_ONE, repeats=(CloseUp(128, 256, 96), CloseUp(112, 192, 96))
)
"""For a single picture, which has no next frame."""


@dataclass(frozen=True, slots=True)
class PictureReads:
    """The plates of one picture, and the time they took."""

    plates: tuple[PlateRead, ...]
    detect_ms: float
    ocr_ms: float
    """Rectifying and reading."""
    candidates: int = 1
    """Peaks that were looked at in a close-up."""


@dataclass(frozen=True, slots=True, eq=False)
class _Read:
    """One plate of one picture, with what it was read from."""

    look: Look
    flat: Picture
    output: OcrOutput
    plate: PlateRead


class OnnxPlateReader:
    """The gate's reader, over our two networks.

    `read` remembers, for each lane, where the plates of the last frame were; `read_picture` remembers nothing.
    """

    def __init__(self, detector: PlateDetector, ocr: PlateOcr, *, effort: ReadingEffort | None = None) -> None:
        self._detector = detector
        self._ocr = ocr
        self._effort = effort or ReadingEffort()
        self._lanes: dict[str, Following] = {}

    @property
    def grey(self) -> bool:
        """Whether it reads grey pictures, so that colours need not be decoded for it."""
        return self._ocr.grey

    def read(self, frame: Frame) -> tuple[PlateRead, ...]:
        at, lane = frame.captured, self._lanes.setdefault(frame.lane, Following())
        grey = to_grey(frame.bgr)
        expected = lane.expected(at)
        again = [] if lane.must_search(at) else self._look_again(grey, expected)
        # If a plate is not where it should be, the whole frame is searched.
        searched = not again or len(again) < len(expected)
        found = self._look_again(grey, self._aims(grey, expected)) if searched else again
        # Every other frame is read with evened contrast: the two views err differently, at the cost of one read.
        read = self._read_plates(frame.bgr, grey, found, even=frame.frame_id % 2 == 0)
        plates = self._with_stacks(read, [lane.pictures_before(one.look, at) for one in read])
        lane.saw([(one.look, one.flat) for one in read], at, searched=searched)
        return plates

    def read_picture(self, picture: Picture, *, even: bool = False) -> PictureReads:
        """Every plate of a picture, best detection first. With `even`, the contrast of each plate is evened."""
        grey = to_grey(picture)
        started = time.perf_counter()
        aims = self._aims(grey)
        found = self._look_again(grey, aims)
        detected = time.perf_counter()
        plates = tuple(one.plate for one in self._read_plates(picture, grey, found, even=even))
        return PictureReads(
            plates, (detected - started) * 1e3, (time.perf_counter() - detected) * 1e3, candidates=len(aims)
        )

    def _sizes_for(self, grey: Picture) -> list[int]:
        """The sizes to search at. Of the sizes larger than the picture, only the first is used."""
        own = max(grey.shape)
        sizes = self._effort.long_sides
        return [side for i, side in enumerate(sizes) if side < own or not any(size >= own for size in sizes[:i])]

    def _aims(self, grey: Picture, expected: Sequence[Detection] = ()) -> list[Detection]:
        """Where plates may be, each place once: the expected ones, and what a search of the whole picture shows."""
        effort = self._effort
        # Merged before anything is read: a false peak at one size, or a near car, must not hide a plate found at
        # another size.
        wide = distinct(
            [
                plate
                for long_side in self._sizes_for(grey)
                for plate in self._detector.find(grey, long_side=long_side)
                if plate_width(plate.corners) >= effort.min_width_px
            ]
        )
        # An expected place is more accurate than a peak in the small frame. And a standing car only gives the same
        # picture in every frame if its window stays the same: another window would count as another look.
        new = [plate for plate in wide if all(plate.box.iou(known.box) <= _SAME_PLACE for known in expected)]
        return [*expected, *new][: effort.most_plates]

    def _look_again(self, grey: Picture, aims: Sequence[Detection]) -> list[Look]:
        """The `aims` that are plates in a close-up, with better corners, best first.

        The others were signs or lamps: of 84 real plates none was lost this way, of 128 other peaks half were.
        """
        expected, found = [aim for aim in aims if aim.is_expected], [aim for aim in aims if not aim.is_expected]
        looks = [
            *self._looks(grey, expected, self._effort.followed),
            *self._levelled(grey, self._looks(grey, found, self._effort.close_up)),
        ]
        size = (grey.shape[1], grey.shape[0])
        look_of = {look.plate: look for look in looks if within(look.plate.corners, size)}
        # Close-ups of two peaks on one plate end at the same corners.
        return [look_of[plate] for plate in distinct(list(look_of))]

    def _looks(self, grey: Picture, aims: Sequence[Detection], how: CloseUp) -> list[Look]:
        again = self._detector.look_again(grey, aims, how)
        return [Look(plate, aim.corners) for plate, aim in zip(again, aims, strict=True) if plate is not None]

    def _levelled(self, grey: Picture, looks: Sequence[Look]) -> list[Look]:
        """The looks, those at slanting plates taken once more.

        A search shows too roughly how a plate slants to level its first close-up by that.
        """
        slanting = [look.plate for look in looks if slant(look.plate.corners)]
        again = {look.aim: look for look in self._looks(grey, slanting, self._effort.close_up)}
        return [again.get(look.plate.corners, look) for look in looks]

    def _with_stacks(self, read: Sequence[_Read], before: Sequence[Sequence[Picture]]) -> tuple[PlateRead, ...]:
        """The plates. Those still in doubt get a second read, from the picture stacked on the pictures `before` it."""
        doubted = [
            (number, *stacked([*earlier, one.flat]))
            for number, (one, earlier) in enumerate(zip(read, before, strict=True))
            if earlier and one.output.certainty < self._effort.sure_at
        ]
        laid = [(number, flat) for number, flat, count in doubted if count > 1]
        plates = [one.plate for one in read]
        for (number, flat), output in zip(laid, self._ocr.read([flat for _, flat in laid]), strict=True):
            if output.length >= self._effort.least_characters:
                again = plate_read(read[number].look.plate, flat, output, self._ocr.format_ids, view=View.STACKED)
                plates[number] = replace(plates[number], stack=again)
        return tuple(plates)

    def _read_plates(self, picture: Picture, grey: Picture, looks: Sequence[Look], *, even: bool) -> list[_Read]:
        picture = grey if self._ocr.grey else picture
        found = [look.plate for look in looks]
        flats = [self._flatten(picture, plate) for plate in found]
        first = self._ocr.read([evened(flat) for flat in flats] if even else flats)
        outputs = self._repeated(picture, grey, found, first)
        view = View.EVENED if even else View.PLAIN
        return [
            _Read(look, flat, output, plate_read(look.plate, flat, output, self._ocr.format_ids, view=view))
            for look, flat, output in zip(looks, flats, outputs, strict=True)
            if output.length >= self._effort.least_characters
        ]

    def _repeated(
        self, picture: Picture, grey: Picture, found: Sequence[Detection], first: Sequence[OcrOutput]
    ) -> list[OcrOutput]:
        """The first reads; the unsure ones are pooled with reads from other close-ups."""
        reads = [[output] for output in first]
        unsure = [i for i, output in enumerate(first) if self._is_worth_more(output)]
        for how in self._effort.repeats:
            again = self._detector.look_again(grey, [found[i] for i in unsure], how)
            seen = [(i, plate) for i, plate in zip(unsure, again, strict=True) if plate is not None]
            outputs = self._ocr.read([self._flatten(picture, plate) for _, plate in seen])
            for (i, _), output in zip(seen, outputs, strict=True):
                reads[i].append(output)
        return [pooled(of_one) for of_one in reads]

    def _is_worth_more(self, output: OcrOutput) -> bool:
        effort = self._effort
        return (
            output.length >= effort.least_characters
            and output.certainty < effort.sure_at
            and output.likeness >= effort.hopeless_below
        )

    def _flatten(self, picture: Picture, plate: Detection) -> Picture:
        return rectify(
            picture,
            plate.corners,
            width=self._ocr.width,
            height=self._ocr.height,
            margins=self._effort.margins,
        )


def open_reader(folder: Path, *, effort: ReadingEffort | None = None, threads: int = 1) -> OnnxPlateReader:
    """The reader with the weights in `folder`, checked against its manifest. Raises `WeightsInvalid`."""
    weights = check_weights(folder)
    return OnnxPlateReader(
        PlateDetector.from_weights(weights, threads=threads), PlateOcr(weights, threads=threads), effort=effort
    )


def pooled(outputs: Sequence[OcrOutput]) -> OcrOutput:
    """Combines several reads of the same plate: their geometric mean, slightly sharpened.

    The reads share their pixels, so together they are worth little more than one. On 140 real crops, the plain
    arithmetic mean accepted 88 % of the plates and this mean 97 %, with no wrong one among them and as many read
    exactly.
    """
    if len(outputs) == 1:
        return outputs[0]
    slots = _pooled([output.slots for output in outputs])
    hidden = np.mean([output.slots[:, _UNSEEN] for output in outputs], axis=0)
    rest = slots.sum(axis=1) - slots[:, _UNSEEN]
    slots *= np.where(rest > 0, (1 - hidden) / np.maximum(rest, _LEAST), 0.0)[:, None]
    slots[:, _UNSEEN] = hidden  # looking again does not show what is hidden
    return OcrOutput(slots=slots, formats=_pooled([output.formats for output in outputs]))


def _pooled(rows: Sequence[Rows]) -> Rows:
    logs = _WORTH * np.mean([np.log(np.maximum(row, _LEAST)) for row in rows], axis=0)
    likely = np.exp(logs - logs.max(axis=-1, keepdims=True, initial=-np.inf))
    return np.asarray(likely / likely.sum(axis=-1, keepdims=True), np.float32)


_SAME_PLACE = 0.3
"""Boxes that overlap by more than this (IoU) belong to one plate."""
_WORTH = 1.3
"""Number of independent reads that several reads of one picture are worth."""
_LEAST = 1e-6
_UNSEEN = ALPHABET.index(UNSEEN)


def plate_read(
    plate: Detection, flat: Picture, output: OcrOutput, format_ids: tuple[str, ...], *, view: View = View.PLAIN
) -> PlateRead:
    """Puts everything known of one plate into the value that goes to the core."""
    order = np.argsort(-output.formats, kind="stable")
    return PlateRead(
        slots=tuple(tuple(row) for row in output.slots.tolist()),
        formats=tuple((format_ids[i], float(output.formats[i])) for i in order),
        box=plate.box,
        corners=plate.corners,
        detector_score=plate.score,
        sharpness=sharpness(flat),
        fingerprint=difference_hash(flat),
        view=view,
    )
