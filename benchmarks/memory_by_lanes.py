"""Memory of `gate run` with its relay process, by lanes.

`python benchmarks/memory_by_lanes.py [--camera ADDRESS] [--lanes 1 2 4]`.

Every page is counted once, by its number in the kernel (/proc/PID/pagemap, which needs root), however many of our
processes share it: this is the sum of their PSS if nothing else on the machine used the same libraries. `own` is memory
that belongs to no file (Anonymous); the rest is libraries and code, which the kernel drops when memory is short.
`gate_run` is the VmRSS of that process alone, as in `ps`. MB are 2^20 bytes. All lanes use the same camera; the default
is the demo's recording (1280x720, 15 pictures a second).
"""

from __future__ import annotations

import argparse
import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from relay.tools.emulators import LcusEmulator

DEMO = Path(__file__).parents[1] / "config" / "demo"
PAGE = 4096
PRESENT, OF_A_FILE, NUMBER = np.uint64(1 << 63), np.uint64(1 << 61), np.uint64((1 << 55) - 1)
MB = 2**20


def config(folder: Path, port: str, camera: str, lanes: int) -> str:
    text = f'[site]\nstate_dir = "{folder}/state"\n[console]\nport = 18480\n'
    for number in range(lanes):
        text += f'[[lane]]\nname = "lane{number}"\ndirection = "entry"\ncamera = "{camera}"\nbarrier = "main"\n'
    return text + f'[[barrier]]\nname = "main"\ndriver = "lcus"\nport = "{port}"\n'


@contextlib.contextmanager
def gate(folder: Path, camera: str, lanes: int, board: LcusEmulator) -> Iterator[subprocess.Popen[bytes]]:
    file = folder / "gate.toml"
    file.write_text(config(folder, board.port, camera, lanes), encoding="utf-8")
    edge = [sys.executable, "-m", "edge"]
    passes = [*edge, "passes", "import", str(DEMO / "passes.csv"), "--config", str(file)]
    subprocess.run(passes, check=True, stdout=subprocess.DEVNULL)
    process = subprocess.Popen(
        [*edge, "run", "--config", str(file)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(60)


def family(pid: int) -> list[int]:
    """The process and its children."""
    children = Path(f"/proc/{pid}/task").glob("*/children")
    return [pid, *(int(child) for file in children for child in file.read_text().split())]


def pages(pid: int) -> np.ndarray:
    """The entries of all present pages: page number, and whether it belongs to a file."""
    found = []
    with Path(f"/proc/{pid}/pagemap").open("rb", buffering=0) as map_file:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            begin, end = (int(part, 16) for part in line.split()[0].split("-"))
            if begin >= 1 << 47:  # the kernel's own
                continue
            map_file.seek(begin // PAGE * 8)
            entries = np.frombuffer(map_file.read((end - begin) // PAGE * 8), np.uint64)
            found.append(entries[(entries & PRESENT) > 0] & (OF_A_FILE | NUMBER))
    return np.concatenate(found)


def held(pid: int) -> dict[str, float]:
    """Memory in MB of the process and its children."""
    each = [pages(one) for one in family(pid)]
    if not any((entries & NUMBER).any() for entries in each):
        raise SystemExit("page numbers are for root only")
    once = np.unique(np.concatenate(each))
    own = once[(once & OF_A_FILE) == 0]
    rss = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
    told = {"together": once.size * PAGE / MB, "own": own.size * PAGE / MB, "gate_run": int(rss.split()[1]) / 1024}
    return {name: round(value, 1) for name, value in told.items()}


def measured(camera: str, lanes: int, seconds: float) -> dict[str, object]:
    """The highest values in samples once a second, after the first third of the time."""
    with (
        tempfile.TemporaryDirectory() as name,
        LcusEmulator() as board,
        gate(Path(name), camera, lanes, board) as process,
    ):
        most: dict[str, float] = {}
        began = time.monotonic()
        while (ran_s := time.monotonic() - began) < seconds:
            if process.poll() is not None:
                raise SystemExit("gate run has ended")
            if ran_s > seconds / 3:
                now = held(process.pid)
                most = {key: max(now[key], most.get(key, 0.0)) for key in now}
            time.sleep(1)
        state = subprocess.run(
            [sys.executable, "-m", "edge", "status", "--json", "--config", f"{name}/gate.toml"],
            capture_output=True,
            check=False,
        ).stdout
        cameras = [{"fps": one["fps"], "alive": one["alive"]} for one in json.loads(state)["cameras"]]
        return {"lanes": lanes, "memory_mb": most, "processes": len(family(process.pid)), "cameras": cameras}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--camera", default=f"file:{DEMO.resolve() / 'gate.mp4'}")
    parser.add_argument("--lanes", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--seconds", type=float, default=40)
    arguments = parser.parse_args()
    for lanes in arguments.lanes:
        row = {"camera": arguments.camera.partition(":")[0], **measured(arguments.camera, lanes, arguments.seconds)}
        print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
