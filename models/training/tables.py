"""CSV tables beside pictures and clips, read with line numbers so that errors can be located."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from camera.stills import load_picture
from core.errors import FileUnusable
from core.geometry import Box

_MOST_PX = 1e6
"""Larger coordinates are a typing error, and would overflow in calculations."""


def read_table(path: Path, *, needed: Sequence[str]) -> list[tuple[int, dict[str, str]]]:
    """Each row with its line number; missing cells are empty.

    Raises FileUnusable if the file cannot be read or a `needed` column is missing.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:  # spreadsheets write a byte order mark
            table = csv.DictReader(lines, restval="")
            columns = table.fieldnames or ()
            rows = [(table.line_num, row) for row in table]
    except OSError as error:
        raise FileUnusable(path, error.strerror or str(error)) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise FileUnusable(path, f"no CSV file in UTF-8: {error}") from error
    missing = [name for name in needed if name not in columns]
    if missing:
        raise FileUnusable(path, f"no column {' and '.join(missing)}", line=1)
    return rows


def number_of(path: Path, line: int, row: Mapping[str, str], key: str) -> float:
    """The pixels in column `key`. Raises FileUnusable if they are no number or out of range."""
    said = row.get(key, "")
    try:
        number = float(said)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise FileUnusable(path, f"{key} is no number: {said!r:.40}", line=line)
    if abs(number) > _MOST_PX:
        raise FileUnusable(path, f"{key} is no number of pixels: {said!r:.40}", line=line)
    return number


def box_of(path: Path, line: int, row: Mapping[str, str]) -> Box | None:
    """The box in columns `x,y,w,h`; None if all are empty.

    Raises FileUnusable for a box without any part of a picture.
    """
    if not any(row.get(key) for key in "xywh"):
        return None
    box = Box(*(number_of(path, line, row, key) for key in "xywh"))
    for key, size in (("w", box.w), ("h", box.h)):
        if size <= 0:
            raise FileUnusable(path, f"{key} is not above 0: {row[key]!r:.40}", line=line)
    for key, end in (("x", box.x + box.w), ("y", box.y + box.h)):  # boxes at an edge may extend slightly beyond it
        if end <= 0:
            raise FileUnusable(path, f"{key} puts the box outside its picture: {row[key]!r:.40}", line=line)
    return box


def check_picture(path: Path, line: int, name: str) -> None:
    """Open the picture `name` beside the table.

    Raises FileUnusable if that fails: unread, it would count against the reader.
    """
    if not (path.parent / name).is_file():
        raise FileUnusable(path, f"file: no picture {name:.80}", line=line)
    try:
        load_picture(path.parent / name)
    except FileUnusable as error:
        raise FileUnusable(path, f"file: {name}: {error.why}", line=line) from error
