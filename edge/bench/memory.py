"""Memory of the reader on top of a bare interpreter, measured in separate processes.

Run as `python -m edge.bench.memory none` or `… reader`: prints its own peak in KiB.
"""

from __future__ import annotations

import resource
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

_FRAMES_READ = 30


@dataclass(frozen=True, slots=True)
class Memory:
    """Peak resident memory in MiB."""

    interpreter_mb: float
    reader_mb: float

    @property
    def above_mb(self) -> float:
        return self.reader_mb - self.interpreter_mb


def measure() -> Memory:
    """Run an interpreter without the reader and one with it, and compare their peaks."""
    return Memory(interpreter_mb=_peak_of("none"), reader_mb=_peak_of("reader"))


def _peak_of(what: str) -> float:
    done = subprocess.run(  # noqa: S603 - our own module in our own interpreter
        [sys.executable, "-m", "edge.bench.memory", what], check=True, capture_output=True, text=True, timeout=120
    )
    return int(done.stdout.split()[-1]) / 1024


def _read_frames() -> None:
    from camera.reader import open_reader  # noqa: PLC0415 - the bare interpreter must not load it
    from edge.bench.frames import load_frames  # noqa: PLC0415
    from edge.paths import weights_dir  # noqa: PLC0415

    picture = load_frames()[0]
    reader = open_reader(weights_dir())
    for _ in range(_FRAMES_READ):
        reader.read_picture(picture)


def _own_peak_kib() -> int:
    """The kernel's high-water mark for this program; `getrusage` would also count the parent's memory at the fork."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    if sys.argv[1:] == ["reader"]:
        _read_frames()
    print(_own_peak_kib())
