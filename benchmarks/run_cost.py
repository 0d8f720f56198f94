"""The cost of the running gate: CPU time until it first opens, and memory by lanes. `python benchmarks/run_cost.py`.

Each lane loops a recording, as a camera would send it; the whole of `gate run` and its relay process runs, with an
emulated board. Memory is the process's high-water mark (VmHWM) and final value (VmRSS) in MB, of which `own` is memory
of its own (RssAnon); the rest is libraries, which are shared and dropped when memory is short.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.process_tree import cpu_s
from relay.tools.emulators import LcusEmulator

DEMO = Path(__file__).parents[1] / "config" / "demo"


def config(folder: Path, port: str, clips: list[Path]) -> str:
    text = f'[site]\nstate_dir = "{folder}/state"\n[console]\nport = 18480\n'
    for number, clip in enumerate(clips):
        text += f'[[lane]]\nname = "lane{number}"\ndirection = "entry"\ncamera = "file:{clip}"\nbarrier = "main"\n'
    return text + f'[[barrier]]\nname = "main"\ndriver = "lcus"\nport = "{port}"\n'


@contextlib.contextmanager
def gate(folder: Path, clips: list[Path], board: LcusEmulator) -> Iterator[subprocess.Popen[bytes]]:
    file = folder / "gate.toml"
    file.write_text(config(folder, board.port, clips), encoding="utf-8")
    edge = [sys.executable, "-m", "edge"]
    passes = [*edge, "passes", "import", str(DEMO / "passes.csv"), "--config", str(file)]
    subprocess.run(passes, check=True, stdout=subprocess.DEVNULL)
    process = subprocess.Popen(
        [*edge, "run", "--config", str(file)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def memory_mb(pid: int) -> dict[str, float]:
    lines = (line.split() for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    kib = {words[0].rstrip(":"): int(words[1]) for words in lines if len(words) == 3 and words[2] == "kB"}
    names = {"peak": "VmHWM", "held": "VmRSS", "own": "RssAnon"}
    return {name: round(kib[key] / 1024, 1) for name, key in names.items()}


def measured(clips: list[Path], seconds: float) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as name, LcusEmulator() as board, gate(Path(name), clips, board) as process:
        began = time.monotonic()
        opened: float | None = None
        while time.monotonic() - began < seconds:
            if process.poll() is not None:
                raise SystemExit("gate run has ended")
            if opened is None and any(change.on for change in board.changes):
                opened = cpu_s(process.pid)
            time.sleep(0.02)
        row = {"lanes": len(clips), "cpu_s_first_opening": opened, "seconds": seconds}
        return {**row, "memory_mb": memory_mb(process.pid)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lanes", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--seconds", type=float, default=40)
    parser.add_argument("--clip", type=Path, default=DEMO / "gate.mp4")
    arguments = parser.parse_args()
    for lanes in arguments.lanes:
        print(json.dumps(measured([arguments.clip.resolve()] * lanes, arguments.seconds)), flush=True)


if __name__ == "__main__":
    main()
