"""The path of one frame through the reader, stage by stage, on one thread."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from camera.detector import PlateDetector
from camera.frame import Frame, Picture
from camera.look import LaneView
from camera.ocr import PlateOcr
from camera.peaks import decode as decode_peaks
from camera.reader import PATIENT, USUAL_CLOSE_UP, USUAL_MARGINS, OnnxPlateReader, ReadingEffort
from camera.rectify import rectify, whole
from camera.scripted import ScriptedReader
from camera.settings import CameraSettings
from camera.shrink import shrink, to_grey
from camera.weights import check_weights
from core.reading.decode import decode
from core.reading.reads import PlateRead
from edge.bench.timing import Timing, interleaved


@dataclass(frozen=True, slots=True)
class Stage:
    """One line of the table."""

    name: str
    name_ru: str
    timing: Timing


_NAMES = {
    "frame": "весь кадр: найти, выпрямить, прочитать",
    "shrink": "серый и уменьшенный кадр",
    "detect": "сеть детектора",
    "peaks": "номера из карт детектора",
    "close_up": "уточнить углы одного номера вблизи",
    "rectify": "выпрямить один номер",
    "read": "сеть чтения, один номер",
    "decode": "разобрать одно чтение по правилам номеров",
    "motion": "датчик движения (кадр без чтения)",
    "reference": "эталонная цепочка: yolo-v9-t-416 + cct-xs-v2",
}


class Subject:
    """Our reader, opened once and measured as it runs in the gate."""

    def __init__(self, weights_folder: Path) -> None:
        weights = check_weights(weights_folder)
        self.detector = PlateDetector.from_weights(weights)
        self.ocr = PlateOcr(weights)
        self.reader = OnnxPlateReader(self.detector, self.ocr)
        self.patient = OnnxPlateReader(self.detector, self.ocr, effort=PATIENT)

    def read(self, picture: Picture) -> tuple[PlateRead, ...]:
        """Frame in, read plates out. The plate grammar comes after this, as it does for the other chain."""
        return self.reader.read_picture(picture).plates


def measure(
    subject: Subject,
    frames: Sequence[Picture],
    *,
    rounds: int,
    reference: Callable[[Picture], object] | None = None,
) -> tuple[Stage, ...]:
    """Time the whole frame, each stage separately and, if given, the reference chain, in turn on the same frames."""
    calls: dict[str, Callable[[], object]] = {"frame": _over(frames, subject.read)}
    if reference is not None:
        calls["reference"] = _over(frames, reference)
    calls |= _stage_calls(subject, frames)
    timings = interleaved(calls, rounds=rounds)
    return tuple(Stage(name=name, name_ru=_NAMES[name], timing=timing) for name, timing in timings.items())


def _stage_calls(subject: Subject, frames: Sequence[Picture]) -> dict[str, Callable[[], object]]:
    picture, facts, ocr = frames[0], subject.detector.facts, subject.ocr
    grey = to_grey(picture)
    side = ReadingEffort().long_sides[0]
    shrunk = shrink(grey, long_side=side, multiple=facts.multiple, pad=facts.pad)
    heatmap, offsets = subject.detector.infer(shrunk.grey)
    found = subject.detector.find(grey, long_side=side)
    corners = found[0].corners if found else whole(picture)
    flat = rectify(grey, corners, width=ocr.width, height=ocr.height, margins=USUAL_MARGINS)
    plates = subject.reader.read_picture(picture).plates
    view = LaneView(ScriptedReader({}), settings=CameraSettings())
    stream = _stream(frames)
    return {
        "shrink": _over(frames, lambda frame: shrink(to_grey(frame), long_side=side)),
        "detect": lambda: subject.detector.infer(shrunk.grey),
        "peaks": lambda: decode_peaks(heatmap, offsets, stride=facts.stride, scale=shrunk.scale, floor=facts.floor),
        "close_up": lambda: subject.detector.look_again(grey, found[:1], USUAL_CLOSE_UP),
        "rectify": lambda: rectify(grey, corners, width=ocr.width, height=ocr.height, margins=USUAL_MARGINS),
        "read": lambda: ocr.read([flat]),
        "decode": lambda: [decode(plate) for plate in plates[:1]],
        "motion": lambda: view.look(next(stream)),
    }


def _over(frames: Sequence[Picture], call: Callable[[Picture], object]) -> Callable[[], object]:
    """`call` on the next frame each time, cyclically."""
    turn = itertools.cycle(frames)
    return lambda: call(next(turn))


def _stream(frames: Sequence[Picture]) -> Iterator[Frame]:
    for number, picture in enumerate(itertools.cycle(frames), 1):
        yield Frame(bgr=picture, captured=number / 25, frame_id=number, lane="bench")
