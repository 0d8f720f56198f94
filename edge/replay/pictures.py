"""`gate replay --out DIR`: a picture and a plate per visit, the timeline as page and text, a contact sheet."""

from __future__ import annotations

import json
import math
from datetime import UTC, tzinfo
from pathlib import Path

import cv2
import numpy as np

from camera.frame import Frame, Picture
from core.decision.record import VisitRecord
from core.errors import FileUnusable
from core.events import KeepEvidence
from core.words.system import system_words
from edge.evidence import annotated, cut_plate, fit_width, jpeg
from edge.replay.output import visit_text, visit_values
from edge.replay.timeline import Shown, timeline

_TILE = (480, 300)
_MOST_TILES = 120
_MOST_KEPT = 16


class Album:
    """Collects the pictures of a replay. Frames are held only while their visit lasts."""

    def __init__(self, folder: Path, *, zone: tzinfo = UTC) -> None:
        """`zone`: the site's, used for times in reasons."""
        self._folder = folder
        self._zone = zone
        self._shown: list[Shown] = []
        self._frames: dict[str, Picture] = {}
        self._tiles: list[Picture] = []
        self._lines: list[str] = []
        self._values: list[str] = []
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FileUnusable(folder, system_words(error)) from error

    def keep(self, effect: KeepEvidence, frame: Frame) -> None:
        """Keep the best frame so far of an open visit."""
        self._frames.pop(effect.visit_id, None)
        self._frames[effect.visit_id] = frame.for_people()
        while len(self._frames) > _MOST_KEPT:
            del self._frames[next(iter(self._frames))]

    def add(self, record: VisitRecord, *, video: str) -> None:
        """Add a finished visit."""
        number = len(self._lines) + 1
        self._lines.append(visit_text(record, colour=False))
        self._values.append(json.dumps(visit_values(record, video=video), ensure_ascii=False))
        picture = self._frames.pop(record.visit_id, None)
        if picture is None:
            self._shown.append(Shown(record, video))
            return
        marked = annotated(picture, record)
        whole, plate = f"visit-{number:03}.jpg", "" if record.best_corners is None else f"visit-{number:03}-plate.jpg"
        self._write(whole, jpeg(marked))
        if record.best_corners is not None:
            self._write(plate, jpeg(cut_plate(picture, record.best_corners)))
        self._shown.append(Shown(record, video, whole, plate))
        if len(self._tiles) < _MOST_TILES:
            self._tiles.append(_tile(marked))

    def finish(self) -> Path:
        """Write the contact sheet and the timeline; returns the path of its page."""
        self._write("timeline.html", timeline(self._shown, zone=self._zone).encode())
        self._write("timeline.txt", "".join(f"{line}\n" for line in self._lines).encode())
        self._write("visits.jsonl", "".join(f"{line}\n" for line in self._values).encode())
        if self._tiles:
            self._write("sheet.jpg", jpeg(_sheet(self._tiles), max_width_px=4 * _TILE[0]))
        return self._folder / "timeline.html"

    def _write(self, name: str, data: bytes) -> None:
        path = self._folder / name
        try:
            path.write_bytes(data)
        except OSError as error:
            raise FileUnusable(path, system_words(error)) from error


def _tile(picture: Picture) -> Picture:
    width, height = _TILE
    small = fit_width(picture, width)
    if small.shape[0] > height:
        size = (max(1, round(small.shape[1] * height / small.shape[0])), height)
        small = np.asarray(cv2.resize(small, size, interpolation=cv2.INTER_AREA), np.uint8)
    tile = np.zeros((height, width, 3), np.uint8)
    top, left = (height - small.shape[0]) // 2, (width - small.shape[1]) // 2
    tile[top : top + small.shape[0], left : left + small.shape[1]] = small
    return tile


def _sheet(tiles: list[Picture]) -> Picture:
    columns = min(4, math.ceil(math.sqrt(len(tiles))))
    rows = math.ceil(len(tiles) / columns)
    blank = np.zeros((_TILE[1], _TILE[0], 3), np.uint8)
    filled = tiles + [blank] * (rows * columns - len(tiles))
    return np.vstack([np.hstack(filled[row * columns : (row + 1) * columns]) for row in range(rows)])
