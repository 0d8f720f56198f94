"""Draws the busy frames of `gate bench`: 1080p streets with as many peaks and plates as photographs of streets.

    python benchmarks/draw_bench_frames.py OUT

On 209 photographs of streets the detector finds 3.5 peaks per picture, of which 1.8 turn out to be plates in the
close-up. Of the streets drawn by our generator, those similar to that are kept: three or more peaks, one or two plates
among them.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np

from camera.detector import PlateDetector
from camera.ocr import PlateOcr
from camera.reader import OnnxPlateReader
from camera.shrink import to_grey
from camera.weights import check_weights
from core.reading.decode import decode
from edge.paths import weights_dir
from models.training.scenes import Stock, render_scene

FRAMES = 4
SIZE = (1920, 1080)


def main(out: Path) -> None:
    weights = check_weights(weights_dir())
    detector = PlateDetector.from_weights(weights)
    reader = OnnxPlateReader(detector, PlateOcr(weights))
    rng = np.random.default_rng(17)
    stock = Stock(seed=17)
    kept = 0
    while kept < FRAMES:
        picture = render_scene(rng, stock, width=SIZE[0], height=SIZE[1]).picture
        if picture.ndim == 2 or len(detector.find(to_grey(picture), long_side=640)) not in range(3, 7):
            continue
        texts = [reading.text for read in reader.read_picture(picture).plates if (reading := decode(read)).accepted]
        if not texts:
            continue
        kept += 1
        cv2.imwrite(str(out / f"street_{kept}.jpg"), picture, [cv2.IMWRITE_JPEG_QUALITY, 80])
        print(f"street_{kept}.jpg", *texts)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
