"""CPU time that `gate relay` uses until its first OFF reaches the board: `python benchmarks/relay_start.py`.

CPU seconds instead of wall time, because on a Pi that has just booted everything competes for the processor. An LCUS
board on a pseudo-terminal examines the process when the first byte arrives.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from relay.tools.emulators import LcusEmulator

CONFIG = """
[site]
state_dir = "{folder}/state"
[[lane]]
name = "entry"
direction = "entry"
camera = "/dev/video9"
barrier = "main"
[[barrier]]
name = "main"
driver = "lcus"
port = "{port}"
"""


def cpu_s(pid: int) -> float:
    """CPU time of all threads of a process, in seconds (`/proc/PID/task/*/schedstat`, nanoseconds)."""
    return sum(int(path.read_text().split()[0]) for path in Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9


def first_off(folder: Path) -> tuple[float, float]:
    """CPU seconds and wall seconds from the start of a process to its first byte to the board."""
    with LcusEmulator() as board:
        config = folder / "gate.toml"
        config.write_text(CONFIG.format(folder=folder, port=board.port), encoding="utf-8")
        began = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-m", "edge", "relay", "--config", str(config)], stderr=subprocess.DEVNULL
        )
        while not board.writes:
            if process.poll() is not None or time.monotonic() - began > 60:
                raise SystemExit("gate relay does not start")
            time.sleep(0.0005)
        used, took = cpu_s(process.pid), board.writes[0][0] - began
        assert board.writes[0][1].startswith(bytes.fromhex("a0 01 00 a1"))
        process.terminate()
        process.wait()
        return used, took


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=15)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        told = [first_off(Path(folder)) for _ in range(runs)]
    cpu, wall = (sorted(values) for values in zip(*told, strict=True))
    report = {"runs": runs, "cpu_s": {"least": cpu[0], "median": statistics.median(cpu), "most": cpu[-1]}}
    report["wall_s_median"] = statistics.median(wall)
    print(json.dumps(report))


if __name__ == "__main__":
    main()
