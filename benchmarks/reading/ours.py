"""Our reader as a command of the benchmark: paths in, JSON lines out.

    python -m benchmarks.reading.ours < paths

A picture is read as by `gate read`. The pictures of a visit (`visits/NUMBER-PLACE.jpg`, in order) are frames of one
car: each is read like a video frame, and the answer is the fusion of all so far, as in the gate.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from camera.frame import Frame
from camera.reader import PATIENT, OnnxPlateReader, open_reader
from camera.stills import load_grey
from core.reading.decode import decode
from core.reading.fusion import NO_READS, Fusion
from core.reading.reading import Reading
from edge.paths import weights_dir

BETWEEN_S = 0.4
"""Seconds between two pictures of a visit."""


class Visit:
    """The pictures of one car so far."""

    def __init__(self, reader: OnnxPlateReader, name: str) -> None:
        self._reader = reader
        self._name = name
        self._seen = 0
        self._fusion: Fusion = NO_READS

    def after(self, file: Path) -> Reading:
        """The visit's reading after one more picture. The plate of a picture is its largest one."""
        self._seen += 1
        frame = Frame(load_grey(file), self._seen * BETWEEN_S, self._seen, lane=self._name)
        plates = max(self._reader.read(frame), key=lambda plate: plate.box.w, default=None)
        if plates is not None:
            self._fusion = self._fusion.added(plates, decode(plates))
        return self._fusion.reading()


def main() -> None:
    still, live = open_reader(weights_dir(), effort=PATIENT), open_reader(weights_dir())
    visit, name = None, ""
    for line in sys.stdin:
        file = Path(line.rstrip("\n"))
        if file.parent.name == "visits":
            if file.stem.partition("-")[0] != name:
                name = file.stem.partition("-")[0]
                visit = Visit(live, name)
            assert visit is not None
            readings = [visit.after(file)]
        else:
            readings = [decode(plate) for plate in still.read_picture(load_grey(file)).plates]
        plates = [
            {"text": one.text, "confidence": round(one.confidence, 6), "accepted": one.accepted}
            for one in readings
            if one.text
        ]
        print(json.dumps({"file": str(file), "plates": plates}), flush=True)


if __name__ == "__main__":
    main()
