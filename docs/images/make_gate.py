"""Makes `gate.jpg`: the demo's recording by day, in rain, by night and in infrared, with the plates our reader finds.

python docs/images/make_gate.py
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from camera.reader import PATIENT, open_reader
from camera.recording import Recording
from core.reading.decode import decode
from edge.paths import weights_dir

FILM = Path(__file__).resolve().parents[2] / "config" / "demo" / "gate.mp4"
AT_S = (5.5, 29.5, 66.0, 78.0)
"""Seconds of the recording."""
SIZE = (640, 360)
GREEN = (90, 210, 60)


def main() -> None:
    reader = open_reader(weights_dir(), effort=PATIENT)
    film = Recording(FILM, lane="entry")
    wanted, pictures = list(AT_S), []
    for frame in film.frames():
        if not wanted or frame.captured < wanted[0]:
            continue
        wanted.pop(0)
        picture = frame.bgr.copy()
        for plate in reader.read_picture(picture).plates:
            if decode(plate).accepted:
                corners = np.round(np.asarray(plate.corners)).astype(np.int32)
                cv2.polylines(picture, [corners], isClosed=True, color=GREEN, thickness=2, lineType=cv2.LINE_AA)
        pictures.append(cv2.resize(picture, SIZE, interpolation=cv2.INTER_AREA))
    film.close()
    assert len(pictures) == len(AT_S), "the recording is shorter than it was"
    joined = np.vstack([np.hstack(pictures[:2]), np.hstack(pictures[2:])])
    cv2.imwrite(str(Path(__file__).with_name("gate.jpg")), joined, [cv2.IMWRITE_JPEG_QUALITY, 86])


if __name__ == "__main__":
    main()
