"""Small pictures of visits, made once from the large ones and kept beside them.

A page of the journal shows fifty: the large ones would be megabytes on a guard's telephone.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

WIDTH, HEIGHT = 192, 108
"""Pixels: twice what is shown, for fine screens."""
SUFFIX = ".thumb.jpg"
QUALITY = 75


def thumbnail_path(relative: str) -> str:
    """Where the small picture of a picture is, below the data folder."""
    return relative.removesuffix(".jpg") + SUFFIX


def thumbnail_of(data_dir: Path, relative: str | None) -> str | None:
    """The small picture, made now if there is none; the large one's own path where it cannot be read as a picture."""
    if not relative:
        return None
    root, large = (data_dir / "snapshots").resolve(), (data_dir / relative).resolve()
    if root not in large.parents or not large.is_file():
        return None
    small = data_dir / thumbnail_path(relative)
    if small.is_file() or _make(large, small):
        return thumbnail_path(relative)
    return relative


def _make(large: Path, small: Path) -> bool:
    import cv2  # noqa: PLC0415  # tens of megabytes that a worker needs only here

    picture = cv2.imread(str(large), cv2.IMREAD_REDUCED_COLOR_4)  # decoded small: a hostile size costs little
    if picture is None:
        return False
    scale = max(WIDTH / picture.shape[1], HEIGHT / picture.shape[0])
    size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    done, encoded = cv2.imencode(
        ".jpg", cv2.resize(picture, size, interpolation=cv2.INTER_AREA), [cv2.IMWRITE_JPEG_QUALITY, QUALITY]
    )
    if not done:
        return False
    handle, name = tempfile.mkstemp(dir=small.parent, prefix=".part-")
    with os.fdopen(handle, "wb") as file:
        file.write(encoded.tobytes())
    Path(name).replace(small)
    return True
