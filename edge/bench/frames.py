"""The frames of the benchmark: 1080p gate scenes from our own generator, with one plate each."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from camera.frame import Picture
from camera.stills import load_picture
from core.errors import FileUnusable
from edge.language import say

FOLDER = Path(__file__).parent / "frames"


def load_frames(given: tuple[Path, ...] = ()) -> tuple[Picture, ...]:
    """The embedded frames, or those `given`. Raises `FileUnusable`."""
    files = given or tuple(sorted(FOLDER.glob("*.jpg")))
    if not files:
        raise FileUnusable(FOLDER, say("нет кадров для измерения"))
    return tuple(load_picture(file) for file in files)


def at_height(picture: Picture, height: int) -> Picture:
    """The picture resized to `height`, keeping its aspect ratio; the width is even, as video encoders require."""
    width = round(picture.shape[1] * height / picture.shape[0] / 2) * 2
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
