"""An example of an external neighbour: one line of text per finished visit. Copy it into your own package.

In the package's pyproject.toml:    [project.entry-points."okter_gate.neighbours"]
                                    lines = "my_package.lines:make"
In gate.toml:                       [neighbours]
                                    plugins = ["lines"]
"""

from __future__ import annotations

import threading
from pathlib import Path

from edge.config import GateConfig
from edge.neighbours.seam import Finished, GateAccess, Told


class Lines:
    """Appends to a file. A full disk raises OSError, which the delivery logs before it tries again later."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def take(self, told: Told) -> None:
        if isinstance(told, Finished):
            record = told.record
            with self._file.open("a", encoding="utf-8") as out:
                out.write(f"{record.last.wall.isoformat()} {record.lane} {record.plate or '-'} {record.reason}\n")

    def listen(self, stop: threading.Event) -> None:
        """It receives nothing."""

    def close(self) -> None:
        """It keeps nothing open."""


def make(config: GateConfig, _house: GateAccess) -> Lines:
    return Lines(config.state_dir / "visits.txt")
