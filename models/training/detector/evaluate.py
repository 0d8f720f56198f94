"""Measure a detector: `python -m models.training.detector.evaluate [--photos FOLDER ...] [--rendered N]`.

On photographs: plates found by box (IoU), and false detections, by score. On rendered scenes, whose corners are exact:
plates found, and the corner error in plate widths, by width. One line of JSON each.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from camera.detector import PlateDetector, read_facts
from camera.reader import USUAL_CLOSE_UP
from camera.shrink import to_grey
from camera.stills import load_picture
from core.errors import GateError
from core.geometry import Box, Corners, box_around
from core.plates.formats import FORMATS
from models.training.detector.samples import BLOCK, FIND_VISIBLE, FIND_WIDTH_PX, LOOKS, RenderedScenes
from models.training.options import count
from models.training.tables import box_of, check_picture, read_table

FLOORS = (0.2, 0.25, 0.3, 0.35, 0.4, 0.5)
HELD_OUT_SEED = 990_000
WIDTHS = (11, 20, 40, 80, 160, 320)


@dataclass(slots=True)
class Photographs:
    """The result on a folder of photographs, per score threshold."""

    pictures: int = 0
    plates: int = 0
    found: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    extra: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    lost: list[str] = field(default_factory=list)
    ms: list[float] = field(default_factory=list)


def on_photographs(detector: PlateDetector, folder: Path) -> Photographs:
    """Compare every picture of a folder with its manifest's boxes (format: the data folder's README).

    Raises FileUnusable.
    """
    manifest = folder / "manifest.csv"
    boxes: dict[str, list[Box]] = defaultdict(list)
    for line, row in read_table(manifest, needed=("file",)):
        box = box_of(manifest, line, row)
        boxes[row["file"]].extend([] if box is None else [box])
        check_picture(manifest, line, row["file"])
    out = Photographs()
    for name, truth in tqdm(sorted(boxes.items()), desc=folder.name, mininterval=5):
        picture = load_picture(folder / name)
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


@dataclass(slots=True)
class Band:
    """Plates of one width: required, found, and corner errors in plate widths at the first and after a second look."""

    plates: int = 0
    first: list[float] = field(default_factory=list)
    second: list[float] = field(default_factory=list)

    def row(self) -> dict[str, float | int | None]:
        first, second = (round(float(np.median(v)), 4) if v else None for v in (self.first, self.second))
        return {"plates": self.plates, "found": len(self.first), "corners": first, "corners_second_look": second}


def on_rendered(detector: PlateDetector, *, count: int, floor: float) -> dict[str, object]:
    """Plates found and corner error on 640 x 512 scenes that training never saw (other cars, streets and plates).

    By bands of width; two-line plates separately.
    """
    scenes = RenderedScenes(seed=HELD_OUT_SEED, width=640, height=512)
    bands: dict[str, Band] = defaultdict(Band)
    extra = plateless = 0
    for index in tqdm(range(count), desc="rendered", mininterval=5):
        # every fourth photograph of the first 64, then of the next: no scene twice
        scene = scenes.scene(index // BLOCK * BLOCK * LOOKS + index % BLOCK)
        found = detector.find(scene.picture, floor=floor)
        places = [box_around(_corners(p.corners)) for p in scene.plates]
        extra += sum(all(d.box.iou(place) < 0.1 for place in places) for d in found)
        plateless += not places
        again = detector.look_again(scene.picture, found, USUAL_CLOSE_UP) if found else ()
        for plate, place in zip(scene.plates, places, strict=True):
            if plate.visible < FIND_VISIBLE or plate.width_px < FIND_WIDTH_PX:
                continue
            wide = max(w for w in WIDTHS if w <= plate.width_px)
            kinds = [f"{wide} px and wider"] + (["two lines"] if FORMATS[plate.format_id].lines == 2 else [])
            best = max(range(len(found)), key=lambda i: found[i].box.iou(place), default=None)
            for kind in kinds:
                bands[kind].plates += 1
                if best is not None and found[best].box.iou(place) >= 0.3:
                    bands[kind].first.append(_miss(found[best].corners, plate.corners))
                    nearer = again[best]
                    bands[kind].second.append(_miss((nearer or found[best]).corners, plate.corners))
    ordered = sorted(
        bands.items(),
        key=lambda item: (not item[0][0].isdigit(), int(item[0].split()[0]) if item[0][0].isdigit() else 0),
    )
    return {"scenes": count, "plateless": plateless, "extra": extra, "bands": {k: band.row() for k, band in ordered}}


def _corners(quad: NDArray[np.float64]) -> Corners:
    a, b, c, d = ((float(x), float(y)) for x, y in quad)
    return (a, b, c, d)


def _miss(said: Corners, true: NDArray[np.float64]) -> float:
    """Mean distance of the corners in plate widths."""
    width = (np.linalg.norm(true[1] - true[0]) + np.linalg.norm(true[2] - true[3])) / 2
    return float(np.linalg.norm(np.array(said) - true, axis=1).mean() / width)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=Path("models/weights/plate_detector.onnx"))
    parser.add_argument("--facts", type=Path, default=Path("models/weights/plate_detector.toml"))
    parser.add_argument("--photos", type=Path, nargs="*", default=[])
    parser.add_argument("--rendered", type=count, default=0)
    given = parser.parse_args()
    cv2.setNumThreads(1)
    try:
        _measure(given)
    except GateError as error:
        raise SystemExit(str(error)) from error


def _measure(given: argparse.Namespace) -> None:
    """Print one line of JSON per folder and one for the rendered scenes. Raises GateError."""
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
                    "ms_median": round(float(np.median(seen.ms)), 2) if seen.ms else None,
                }
            )
        )
    if given.rendered:
        print(json.dumps(on_rendered(detector, count=given.rendered, floor=detector.facts.floor)))


if __name__ == "__main__":
    main()
