"""What stands on the pictures: manifests in the format of a folder with `manifest.csv`, picture files beside it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from edge.core.alphabet import ALPHABET, PAD
from edge.core.errors import FileUnusable
from edge.core.geometry import Box
from models.training.tables import read_table

_SYMBOLS = frozenset(ALPHABET) - {PAD}


@dataclass(frozen=True, slots=True)
class Truth:
    """One plate that a reader should have read. An empty `text` is a picture without a plate."""

    file: Path
    text: str
    box: Box | None
    """Where it is; None where the whole picture is the plate."""
    width_px: float
    """0 where nobody can tell."""
    kind: str
    """Format id of a rendered plate, country of a real one."""
    condition: str


def read_manifest(path: Path) -> tuple[Truth, ...]:
    """The rows that can be scored: legible photographs with a text in the reader's alphabet, and plateless ones.

    Rows without any text are left out unless their `condition` is `no_plate`; rows that say the same are one plate. Raises
    FileUnusable.
    """
    return tuple(dict.fromkeys(_truth(path, line, row) for line, row in _rows(path) if _scored(row)))


def without_guessed_width(truth: Truth) -> Truth:
    """On a scene that has no box the picture is not the plate, and its width says nothing."""
    return truth if truth.box is not None else replace(truth, width_px=0.0)


def all_boxes(path: Path) -> Iterator[tuple[Path, Box]]:
    """Each box of the manifest with its picture, whether anybody has read it or not. Raises FileUnusable."""
    for line, row in _rows(path):
        box = _box(path, line, row)
        if box is not None:
            yield path.parent / row["file"], box


def _rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    return read_table(path, needed=("file", "text"))


def _scored(row: dict[str, str]) -> bool:
    if row.get("condition") == "no_plate":
        return True
    return (
        bool(row["text"])
        and _SYMBOLS.issuperset(row["text"])
        and row.get("legible", "yes") == "yes"
        and "cg_render" not in row.get("note", "")
    )


def _truth(path: Path, line: int, row: dict[str, str]) -> Truth:
    box = _box(path, line, row)
    file = path.parent / row["file"]
    if not file.is_file():  # counted as unread it would blame the reader
        raise FileUnusable(path, f"no picture {row['file']}", line=line)
    width = _number(path, line, row, "width_px") if row.get("width_px") else box.w if box else _picture_width(file)
    kind, condition = row.get("type") or row.get("country", ""), row.get("condition") or "photograph"
    return Truth(file, row["text"], box, width, kind, condition)


def _box(path: Path, line: int, row: dict[str, str]) -> Box | None:
    return Box(*(_number(path, line, row, key) for key in "xywh")) if row.get("x") else None


def _number(path: Path, line: int, row: dict[str, str], key: str) -> float:
    try:
        number = float(row.get(key, ""))
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise FileUnusable(path, f"{key} is no number: {row.get(key, '')!r}", line=line)
    return number


def _picture_width(file: Path) -> float:
    """Width in pixels; 0 where the picture cannot be opened."""
    import cv2  # noqa: PLC0415 - only for crops, whose manifests carry no sizes

    picture = cv2.imread(str(file), cv2.IMREAD_REDUCED_GRAYSCALE_2)
    return 0.0 if picture is None else float(picture.shape[1] * 2)
