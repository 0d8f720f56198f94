"""The cost of single pictures by how much there is in them: our reader beside the reference chain, on one thread.

Both sides also decode each picture's file: we in grey, the chain in colour, as each needs it.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from camera.frame import Frame, Picture
from camera.reader import OnnxPlateReader
from camera.stills import load_grey, load_picture
from core.errors import FileUnusable
from core.reading.decode import decode
from edge.language import say

_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp")
_FRAME_S = 1 / 15
_FEW = ((0, 0), (1, 1), (2, 2), (3, 4), (5, 99))
"""Ranges of candidates for the rows of the table, from and to."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Processor milliseconds of one picture including its decoding; the minimum over the rounds."""

    file: str
    candidates: int
    """Detector peaks that were examined closely."""
    plates: int
    live_ms: float
    """A frame that is searched, read, and decoded by the plate grammar."""
    followed_ms: float
    """The next frame, in which the plates are tracked."""
    patient_ms: float
    reference_ms: float | None


@dataclass(frozen=True, slots=True)
class Row:
    """The mean over the pictures with that many candidates."""

    candidates: str
    pictures: int
    plates: float
    live_ms: float
    followed_ms: float
    patient_ms: float
    reference_ms: float | None


def pictures_in(folder: Path) -> list[Path]:
    """The pictures of a folder. Raises `FileUnusable` if there are none."""
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in _SUFFIXES) if folder.is_dir() else []
    if not files:
        raise FileUnusable(folder, say("здесь нет картинок"))
    return files


def measure(
    live: OnnxPlateReader,
    patient: OnnxPlateReader,
    files: Iterable[Path],
    *,
    rounds: int = 3,
    reference: Callable[[Picture], object] | None = None,
) -> tuple[Cost, ...]:
    """Time every file in turn. Raises `FileUnusable` for one that is not a picture."""
    return tuple(
        _cost(live, patient, file, number=number, rounds=rounds, reference=reference)
        for number, file in enumerate(files)
    )


def _cost(
    live: OnnxPlateReader,
    patient: OnnxPlateReader,
    file: Path,
    *,
    number: int,
    rounds: int,
    reference: Callable[[Picture], object] | None,
) -> Cost:
    grey = load_grey(file)
    seen = live.read_picture(grey)
    lane = f"{number}"  # so that nothing is tracked from one picture to the next
    at_s = 0.0

    def searched() -> None:
        for plate in live.read_picture(load_grey(file)).plates:
            decode(plate)

    def followed() -> None:
        nonlocal at_s
        at_s += _FRAME_S
        for plate in live.read(Frame(bgr=load_grey(file), captured=at_s, frame_id=1, lane=lane)):
            decode(plate)

    def patiently() -> None:
        for plate in patient.read_picture(load_grey(file)).plates:
            decode(plate)

    calls: dict[str, Callable[[], object]] = {"live": searched, "patient": patiently}
    if reference is not None:
        calls["reference"] = lambda: reference(load_picture(file))
    found: dict[str, list[float]] = {name: [] for name in [*calls, "followed"]}
    for _ in range(rounds):
        for name, call in calls.items():
            found[name].append(_processor_ms(call))
        at_s += 10.0  # a long pause: the next frame is searched, the one after it tracked
        followed()
        found["followed"].append(_processor_ms(followed))
    return Cost(
        file=file.name,
        candidates=seen.candidates,
        plates=len(seen.plates),
        live_ms=min(found["live"]),
        followed_ms=min(found["followed"]),
        patient_ms=min(found["patient"]),
        reference_ms=min(found["reference"]) if reference is not None else None,
    )


def _processor_ms(call: Callable[[], object]) -> float:
    started = time.thread_time()
    call()
    return (time.thread_time() - started) * 1e3


def table(costs: Sequence[Cost]) -> tuple[Row, ...]:
    """The means by number of candidates, and finally over all pictures."""
    rows = []
    for least, most in _FEW:
        group = [cost for cost in costs if least <= cost.candidates <= most]
        name = f"{least}" if least == most else f"{least}+" if most == _FEW[-1][1] else f"{least}-{most}"
        if group:
            rows.append(_row(name, group))
    return (*rows, _row("", costs))


def _row(name: str, group: Sequence[Cost]) -> Row:
    theirs = [cost.reference_ms for cost in group if cost.reference_ms is not None]
    return Row(
        candidates=name,
        pictures=len(group),
        plates=statistics.fmean(cost.plates for cost in group),
        live_ms=statistics.fmean(cost.live_ms for cost in group),
        followed_ms=statistics.fmean(cost.followed_ms for cost in group),
        patient_ms=statistics.fmean(cost.patient_ms for cost in group),
        reference_ms=statistics.fmean(theirs) if theirs else None,
    )
