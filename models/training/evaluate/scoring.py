"""Computes figures from truths and answers.

A plate is read if the surest answer that overlaps it has exactly its text.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from models.training.evaluate.readers import Answer, Answers
from models.training.evaluate.truth import UNASSERTABLE, Truth

OVERLAP = 0.3
WIDTHS = (40, 60, 80, 100, 150, 200, 10_000)
_BINS = 10


@dataclass(frozen=True, slots=True)
class Scored:
    """One truth with the most confident answer at its place, if any: the answer that a gate would use."""

    truth: Truth
    answer: Answer | None
    accepted_wrong: int
    """Accepted answers at this place that differ; every accepted one if there is no plate or its text is unknowable."""

    @property
    def exact(self) -> bool:
        return self.answer is not None and self.answer.text == self.truth.text


@dataclass(frozen=True, slots=True)
class Figures:
    """The results of a set of plates."""

    plates: int
    exact: int
    found: int
    accepted: int
    accepted_wrong: int
    calibration_error: float

    @property
    def share(self) -> float:
        return self.exact / self.plates if self.plates else 0.0

    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval of the share read exactly."""
        if not self.plates:
            return 0.0, 1.0
        n, p, z = self.plates, self.share, 1.96
        middle = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
        return max(0.0, middle - half), min(1.0, middle + half)


def score(truths: Iterable[Truth], answers: Mapping[Path, Answers]) -> tuple[Scored, ...]:
    """Match answers to truths, picture by picture."""
    return tuple(_scored(truth, answers.get(truth.file)) for truth in truths)


def _scored(truth: Truth, answers: Answers | None) -> Scored:
    plates = answers.plates if answers else ()
    near = [answer for answer in plates if _at(answer, truth)]
    untold = truth.condition in UNASSERTABLE
    wrong = sum(answer.accepted and (untold or answer.text != truth.text) for answer in near)
    return Scored(truth, max(near, key=lambda answer: answer.confidence, default=None), wrong)


def _at(answer: Answer, truth: Truth) -> bool:
    """Whether the answer is about this truth; without a box it is about the whole picture."""
    return truth.box is None or answer.box is None or answer.box.iou(truth.box) > OVERLAP


def accepted_elsewhere(truths: Iterable[Truth], answers: Mapping[Path, Answers]) -> dict[Path, int]:
    """Number of accepted answers that match no truth of their picture, for the pictures with any.

    They are not necessarily errors: photographs contain plates that nobody boxed or could read. A person must check.
    """
    there: dict[Path, list[Truth]] = {}
    for truth in truths:
        there.setdefault(truth.file, []).append(truth)
    counts = {
        file: sum(answer.accepted and not any(_at(answer, truth) for truth in held) for answer in answers[file].plates)
        for file, held in there.items()
        if file in answers
    }
    return {file: count for file, count in counts.items() if count}


def figures(rows: Sequence[Scored]) -> Figures:
    """Aggregate the rows."""
    answered = [row.answer for row in rows if row.answer is not None]
    return Figures(
        plates=len(rows),
        exact=sum(row.exact for row in rows),
        found=len(answered),
        accepted=sum(answer.accepted for answer in answered),
        accepted_wrong=sum(row.accepted_wrong for row in rows),
        calibration_error=calibration_error(rows),
    )


def grouped(rows: Iterable[Scored], key: Callable[[Scored], str]) -> dict[str, list[Scored]]:
    """Rows by `key`, in order of first occurrence."""
    groups: dict[str, list[Scored]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups


def width_class(row: Scored) -> str:
    """The class of `row` by plate width, in pixels of the picture."""
    low = 0
    for high in WIDTHS:
        if row.truth.width_px < high:
            return f"{low}-{high}" if high < WIDTHS[-1] else f"{low}+"
        low = high
    return f"{low}+"


def reliability(rows: Iterable[Scored]) -> list[tuple[float, float, int]]:
    """For each decile of confidence: its mean, the share that was right, the count."""
    bins: list[list[Scored]] = [[] for _ in range(_BINS)]
    for row in rows:
        if row.answer is not None:
            bins[min(_BINS - 1, int(row.answer.confidence * _BINS))].append(row)
    return [
        (
            sum(row.answer.confidence for row in part if row.answer) / len(part),
            sum(row.exact for row in part) / len(part),
            len(part),
        )
        for part in bins
        if part
    ]


def calibration_error(rows: Iterable[Scored]) -> float:
    """Expected calibration error over confidence deciles, of the plates that got an answer."""
    curve = reliability(rows)
    total = sum(n for _, _, n in curve)
    return sum(abs(said - was) * n for said, was, n in curve) / total if total else 0.0


def confusions(rows: Iterable[Scored]) -> Counter[tuple[str, str]]:
    """Counts of (true, read) symbol pairs in answers as long as the truth; correct ones too."""
    pairs: Counter[tuple[str, str]] = Counter()
    for row in rows:
        if row.answer is not None and len(row.answer.text) == len(row.truth.text):
            pairs.update(zip(row.truth.text, row.answer.text, strict=True))
    return pairs
