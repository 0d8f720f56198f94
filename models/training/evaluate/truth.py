"""What stands on the pictures: manifests in the format of a folder with `manifest.csv`, picture files beside it."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from edge.core.geometry import Box


@dataclass(frozen=True, slots=True)
class Truth:
    """One plate that a reader should have read. An empty `text` is a picture without a plate."""

    file: Path
    text: str
    box: Box | None
    """Where it is; None where the whole picture is the plate."""
    width_px: float
    kind: str
    """Format id of a rendered plate, country of a real one."""
    condition: str


def read_manifest(path: Path) -> tuple[Truth, ...]:
    """The rows that can be scored: legible photographs with a text in the reader's alphabet, and plateless ones.

    Rows without any text are left out unless their `condition` is `no_plate`.
    """
    with path.open(encoding="utf-8", newline="") as lines:
        rows = [_truth(path.parent, row) for row in csv.DictReader(lines) if _scored(row)]
    return tuple(rows)


def all_boxes(path: Path) -> Iterator[tuple[Path, Box]]:
    """Each box of the manifest with its picture, whether anybody has read it or not."""
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            if row.get("x"):
                yield path.parent / row["file"], Box(*(float(row[key]) for key in "xywh"))


def _scored(row: dict[str, str]) -> bool:
    if row.get("condition") == "no_plate":
        return True
    return bool(row["text"]) and row.get("legible", "yes") == "yes" and "cg_render" not in row.get("note", "")


def _truth(folder: Path, row: dict[str, str]) -> Truth:
    box = Box(*(float(row[key]) for key in "xywh")) if row.get("x") else None
    file = folder / row["file"]
    width = float(row["width_px"]) if row.get("width_px") else box.w if box else _picture_width(file)
    return Truth(
        file, row["text"], box, width, row.get("type") or row.get("country", ""), row.get("condition", "photograph")
    )


def _picture_width(file: Path) -> float:
    import cv2  # noqa: PLC0415 - only for crops, whose manifests carry no sizes

    picture = cv2.imread(str(file), cv2.IMREAD_REDUCED_GRAYSCALE_2)
    return 0.0 if picture is None else float(picture.shape[1] * 2)
