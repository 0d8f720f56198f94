"""The plates in a picture, with the chance of each character.

python -m examples.read_picture photo.jpg
"""

from __future__ import annotations

import sys
from pathlib import Path

from camera.reader import PATIENT, open_reader
from camera.stills import load_grey
from core.reading.decode import decode
from edge.paths import weights_dir


def plates(file: Path) -> list[str]:
    """A line a plate, the surest first; what cannot be read with certainty has `?` in its place."""
    reader = open_reader(weights_dir(), effort=PATIENT)
    found = [decode(plate) for plate in reader.read_picture(load_grey(file)).plates]
    found.sort(key=lambda reading: -reading.confidence)
    return [
        f"{reading.display or reading.masked}  {reading.confidence:.3f}  {reading.format or '-'}"
        for reading in found
        if reading.text
    ]


if __name__ == "__main__":
    print("\n".join(plates(Path(sys.argv[1]))) or "no plate")
