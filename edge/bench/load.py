"""Vision at full load in a process of its own: reads the benchmark's frames for ever. `python -m edge.bench.load`."""

from __future__ import annotations

from camera.reader import open_reader
from edge.bench.frames import load_frames
from edge.paths import weights_dir


def main() -> None:
    """Read without a pause on one thread until killed. Prints `ready` once its networks run."""
    reader = open_reader(weights_dir())
    frames = load_frames()
    reader.read_picture(frames[0])
    print("ready", flush=True)
    while True:
        for frame in frames:
            reader.read_picture(frame)


if __name__ == "__main__":
    main()
