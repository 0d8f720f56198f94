"""Ground truth of pictures: manifests in the form of a folder with `manifest.csv` and picture files beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from core.errors import FileUnusable
from core.geometry import Box
from core.plates.alphabet import ALPHABET, PAD, UNSEEN
from core.plates.canonical import PlateInvalid, canonical
from models.training.tables import box_of, check_picture, number_of, read_table

_SYMBOLS = frozenset(ALPHABET) - {PAD, UNSEEN}


HALF_COVERED, COVERED, UNKNOWN_LAYOUT = "half_covered", "covered", "unknown_layout"
"""Conditions in which a character is hidden partly or completely, or the plate is of a kind not trained on."""
UNASSERTABLE = frozenset({COVERED, UNKNOWN_LAYOUT})
"""In these conditions every accepted answer is wrong, even the true text: nobody can have seen it."""


@dataclass(frozen=True, slots=True)
class Truth:
    """One plate that a reader should have read. An empty `text` means a picture without a plate."""

    file: Path
    text: str
    box: Box | None
    """Its place; None if the whole picture is the plate."""
    width_px: float
    """0 if unknown."""
    kind: str
    """Format id of a rendered plate, country of a real one."""
    condition: str


def read_manifest(path: Path) -> tuple[Truth, ...]:
    """The rows that can be scored: legible photographs with a text in the reader's alphabet, and plateless ones.

    Rows without a text are left out unless their `condition` is `no_plate`; identical rows count as one plate. Texts
    may be in the usual spelling of plates. Raises FileUnusable.
    """
    checked: set[str] = set()
    truths: dict[Truth, None] = {}
    for line, row in _rows(path):
        if _left_out(row):
            continue
        text, box = _text(path, line, row), box_of(path, line, row)
        if _SYMBOLS.issuperset(text):
            if row["file"] not in checked:
                checked.add(row["file"])
                check_picture(path, line, row["file"])
            truths[_truth(path, line, row, text, box)] = None
    return tuple(truths)


def left_out(path: Path) -> Counter[str]:
    """Number of rows that `read_manifest` leaves out, by reason. Raises FileUnusable."""
    why: Counter[str] = Counter()
    for line, row in _rows(path):
        reason = _left_out(row)
        if not reason and not _SYMBOLS.issuperset(_text(path, line, row)):
            reason = "not in the reader's alphabet"
        if reason:
            why[reason] += 1
    return why


def without_guessed_width(truth: Truth) -> Truth:
    """For a scene without a box, drop the width: it would be the picture's, not the plate's."""
    return truth if truth.box is not None else replace(truth, width_px=0.0)


def all_boxes(path: Path) -> Iterator[tuple[Path, Box]]:
    """Each box of the manifest with its picture, whether or not its plate was transcribed. Raises FileUnusable."""
    boxes = []
    for line, row in _rows(path):
        box = box_of(path, line, row)
        if box is not None:
            check_picture(path, line, row["file"])
            boxes.append((path.parent / row["file"], box))
    yield from boxes


def _rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    return read_table(path, needed=("file", "text"))


def _left_out(row: dict[str, str]) -> str:
    """Why the plate of `row` is not expected to be read; empty if it is. Such rows are there on purpose."""
    if row.get("condition") == "no_plate":
        return ""
    if not row["text"].strip():
        return "without a text"
    if (row.get("legible") or "yes") != "yes":
        return "not legible"
    return "no photograph" if "cg_render" in row.get("note", "") else ""


def _text(path: Path, line: int, row: dict[str, str]) -> str:
    if not row["text"].strip():
        return ""
    try:
        return canonical(row["text"])
    except PlateInvalid as error:
        raise FileUnusable(path, f"text is no plate: {row['text']!r:.40}", line=line) from error


def _truth(path: Path, line: int, row: dict[str, str], text: str, box: Box | None) -> Truth:
    file = path.parent / row["file"]
    if row.get("width_px"):
        width = number_of(path, line, row, "width_px")
        if width < 0:
            raise FileUnusable(path, f"width_px is below 0: {row['width_px']!r:.40}", line=line)
    else:
        width = box.w if box else _picture_width(file)
    kind, condition = row.get("type") or row.get("country", ""), row.get("condition") or "photograph"
    return Truth(file, text, box, width, kind, condition)


def _picture_width(file: Path) -> float:
    """Width in pixels."""
    import cv2  # noqa: PLC0415 - only for crops, whose manifests carry no sizes

    picture = cv2.imread(str(file), cv2.IMREAD_REDUCED_GRAYSCALE_2)
    assert picture is not None, "checked before"
    return float(picture.shape[1] * 2)
