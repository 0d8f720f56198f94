"""Pictures generated for a test, written to a folder with the manifest that the evaluation reads."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from core.geometry import Box


@dataclass(frozen=True, slots=True)
class Made:
    """One picture, `uint8 [h, w]` or BGR `[h, w, 3]`, and the plate on it; an empty `text` means no plate."""

    picture: NDArray[np.uint8]
    text: str
    condition: str
    kind: str = ""
    """Format id, or the country of a photographed plate."""
    width_px: float = 0.0
    box: Box | None = None
    """None if the whole picture is the plate."""


def write_made(folder: Path, cases: Iterable[Made], *, total: int | None = None) -> Path:
    """Write each picture losslessly, and the manifest; returns the manifest's path.

    Raises OSError, e.g. on a full disk.

    `total`: the number of pictures, if known.
    """
    folder.mkdir(parents=True, exist_ok=True)
    manifest = folder / "manifest.csv"
    with manifest.open("w", encoding="utf-8", newline="") as lines:
        table = csv.writer(lines)
        table.writerow(("file", "text", "type", "condition", "width_px", "x", "y", "w", "h"))
        made = tqdm(cases, total=total, unit="picture", desc="made", mininterval=5, delay=1)
        for index, case in enumerate(made):
            name = f"{index:06d}.png"
            # not `imwrite`, which ignores a full disk: pictures never written would count as not read
            (folder / name).write_bytes(cv2.imencode(".png", case.picture)[1].tobytes())
            box = (
                () if case.box is None else tuple(round(v, 1) for v in (case.box.x, case.box.y, case.box.w, case.box.h))
            )
            table.writerow((name, case.text, case.kind, case.condition, f"{case.width_px:.0f}", *(box or ("",) * 4)))
    return manifest
