"""Measure a detector: `python -m models.training.detector.evaluate [--photos FOLDER ...] [--rendered N]`.

On photographs: plates found by box (IoU) and what else was found, by score. On rendered scenes, whose corners are exact:
found, and the corners' error in plate widths, by width. One line of JSON each.
"""

from __future__ import annotations

import argparse
import csv
import json
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from camera.detector import PlateDetector, read_facts
from camera.shrink import to_grey
from edge.core.geometry import Box, box_around
from models.training.detector.samples import FIND_VISIBLE, FIND_WIDTH_PX, RenderedScenes

FLOORS = (0.2, 0.25, 0.3, 0.35, 0.4, 0.5)
HELD_OUT_SEED = 990_000
WIDTHS = (11, 20, 40, 80, 160, 400)


@dataclass(slots=True)
class Photographs:
    """What came out on a folder of photographs, per score floor."""

    pictures: int = 0
    plates: int = 0
    found: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    extra: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    lost: list[str] = field(default_factory=list)
    ms: list[float] = field(default_factory=list)


def on_photographs(detector: PlateDetector, folder: Path) -> Photographs:
    """Every picture of a folder against the boxes of its manifest (format: the data folder's README)."""
    boxes: dict[str, list[Box]] = defaultdict(list)
    with (folder / "manifest.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            boxes[row["file"]].extend([Box(*(float(row[k]) for k in "xywh"))] if row.get("x") else [])
    out = Photographs()
    for name, truth in tqdm(sorted(boxes.items()), desc=folder.name, mininterval=5):
        picture = cv2.imread(str(folder / name))
        if picture is None:
            continue
        started = time.perf_counter()
        found = detector.find(to_grey(picture), floor=min(FLOORS))
        out.ms.append(1e3 * (time.perf_counter() - started))
        out.pictures += 1
        out.plates += len(truth)
        for floor in FLOORS:
            kept = [d for d in found if d.score >= floor]
            for limit in (0.3, 0.5):
                hit = sum(any(d.box.iou(box) >= limit for d in kept) for box in truth)
                out.found[f"iou{limit} floor{floor}"] += hit
            out.extra[f"floor{floor}"] += sum(all(d.box.iou(box) < 0.1 for box in truth) for d in kept)
        out.lost += [name for box in truth if not any(d.box.iou(box) >= 0.3 for d in found if d.score >= 0.3)]
    return out


def on_rendered(detector: PlateDetector, *, count: int) -> dict[str, object]:
    """Found and corner error by width on scenes that training never saw (other seeds, so other cars, streets and plates)."""
    scenes = RenderedScenes(seed=HELD_OUT_SEED)
    demanded: dict[int, int] = defaultdict(int)
    errors: dict[int, list[float]] = defaultdict(list)
    extra = 0
    for index in tqdm(range(count), desc="rendered", mininterval=5):
        scene = scenes.scene(index)
        found = detector.find(scene.picture, long_side=max(scene.picture.shape[:2]), floor=0.3)
        places = [box_around(tuple((float(x), float(y)) for x, y in p.corners)) for p in scene.plates]  # type: ignore[arg-type]
        extra += sum(all(d.box.iou(place) < 0.1 for place in places) for d in found)
        for plate, place in zip(scene.plates, places, strict=True):
            if plate.visible < FIND_VISIBLE or plate.width_px < FIND_WIDTH_PX:
                continue
            band = max(w for w in WIDTHS if w <= plate.width_px)
            demanded[band] += 1
            best = max(found, key=lambda d: d.box.iou(place), default=None)
            if best is not None and best.box.iou(place) >= 0.3:
                miss = np.linalg.norm(np.array(best.corners) - plate.corners, axis=1).mean()
                errors[band].append(float(miss) / plate.width_px)
    rows = {
        f">={w}px": {
            "plates": demanded[w],
            "found": round(len(errors[w]) / demanded[w], 4),
            "corner_error": round(float(np.mean(errors[w])), 4) if errors[w] else None,
        }
        for w in sorted(demanded)
    }
    return {"scenes": count, "extra": extra, "by_width": rows}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=Path("models/weights/plate_detector.onnx"))
    parser.add_argument("--facts", type=Path, default=Path("models/weights/plate_detector.toml"))
    parser.add_argument("--photos", type=Path, nargs="*", default=[])
    parser.add_argument("--rendered", type=int, default=0)
    given = parser.parse_args()
    cv2.setNumThreads(1)
    detector = PlateDetector(given.model, read_facts(given.facts))
    for folder in given.photos:
        seen = on_photographs(detector, folder)
        print(
            json.dumps(
                {
                    "folder": folder.name,
                    "pictures": seen.pictures,
                    "plates": seen.plates,
                    "found": dict(seen.found),
                    "extra": dict(seen.extra),
                    "lost": seen.lost[:40],
                    "ms_median": round(float(np.median(seen.ms)), 2),
                }
            )
        )
    if given.rendered:
        print(json.dumps(on_rendered(detector, count=given.rendered)))


if __name__ == "__main__":
    main()
