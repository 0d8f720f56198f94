"""The seal: identifies every picture of the benchmark, and tells another machine's drawing from a different picture.

Processors round differently: the same seed gives pictures in which one value in twenty thousand is off by one or two.
So each picture is sealed twice, by the SHA-256 of its values and by four sums of them under random signs. A different
digest with matching sums is the same picture drawn elsewhere; a changed character shifts a sum by twice the tolerance
or more.
"""

from __future__ import annotations

import csv
import functools
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import FileUnusable

SEAL: Final = Path(__file__).with_name("seal.csv")
TOLERANCE: Final = 0.1
"""For a sum of a picture with a plate.

Other processors stay within 0.02; one character of a 36 px wide plate shifts a sum by 0.2 or more.
"""
TOLERANCE_OF_STREETS: Final = 3.0
"""For a street without a plate. Whole façades are warped and rounded alike: 1.4 was seen between two processors. Between two
streets of the benchmark some sum differs by 8 or more.
"""
_SUMS: Final = 4
_COLUMNS: Final = ("picture", "text", "tellable", "sha256", *(f"sum{n}" for n in range(1, _SUMS + 1)))


@dataclass(frozen=True, slots=True)
class Mark:
    """What is stored of one picture and its ground truth."""

    text: str
    tellable: bool
    sha256: str
    sums: tuple[float, ...]

    def like(self, other: Mark) -> bool:
        """Whether both are the same picture with the same truth, possibly drawn on two machines."""
        within = TOLERANCE if self.text else TOLERANCE_OF_STREETS
        near = all(abs(mine - its) <= within for mine, its in zip(self.sums, other.sums, strict=True))
        return (self.text, self.tellable) == (other.text, other.tellable) and near


@dataclass(frozen=True, slots=True)
class Compared:
    """How a folder of pictures compares with the seal."""

    same: int
    """Byte for byte."""
    drawn_elsewhere: int
    """Within rounding."""
    other: tuple[str, ...]
    """Not the pictures of the benchmark."""

    @property
    def whole(self) -> bool:
        return not self.other


def mark(picture: NDArray[np.uint8], text: str, *, tellable: bool) -> Mark:
    """Seal one picture, `uint8 [h, w, 3]`."""
    values = picture.reshape(-1).astype(np.int64)
    sums = (_signs(values.size).astype(np.int64) @ values) / np.sqrt(values.size)
    digest = hashlib.sha256(np.ascontiguousarray(picture).tobytes()).hexdigest()[:32]
    return Mark(text, tellable, digest, tuple(round(float(v), 2) for v in sums))


@functools.lru_cache(maxsize=2)
def _signs(values: int) -> NDArray[np.int8]:
    drawn = np.random.default_rng([values, 4]).integers(0, 2, (_SUMS, values), dtype=np.int8)
    return np.asarray(drawn * 2 - 1, np.int8)


def compared(marks: Mapping[str, Mark], sealed: Mapping[str, Mark]) -> Compared:
    """The pictures of `marks` compared with those of the seal with the same names."""
    same = elsewhere = 0
    other = [name for name in marks if name not in sealed]
    for name, one in marks.items():
        if name in sealed:
            same += one == sealed[name]
            if one != sealed[name]:
                elsewhere += one.like(sealed[name])
                other += [] if one.like(sealed[name]) else [name]
    return Compared(same, elsewhere, tuple(other))


def write(path: Path, marks: Mapping[str, Mark]) -> None:
    """Write marks as CSV, one picture per line."""
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(_COLUMNS)
        for name, one in marks.items():
            sums = (f"{v:.2f}" for v in one.sums)
            table.writerow((name, one.text, "yes" if one.tellable else "no", one.sha256, *sums))


def read(path: Path = SEAL) -> dict[str, Mark]:
    """The marks in a file written by `write`, by picture. Raises FileUnusable."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return dict(_marks(path, csv.DictReader(file)))
    except (OSError, UnicodeDecodeError) as error:
        raise FileUnusable(path, str(getattr(error, "strerror", None) or error)) from error


def _marks(path: Path, rows: Iterable[Mapping[str, str]]) -> Iterable[tuple[str, Mark]]:
    for line, row in enumerate(rows, 2):
        try:
            sums = tuple(float(row[f"sum{n}"]) for n in range(1, _SUMS + 1))
            yield row["picture"], Mark(row["text"], row["tellable"] == "yes", row["sha256"], sums)
        except (KeyError, TypeError, ValueError) as error:
            raise FileUnusable(path, "no line of a seal", line=line) from error
