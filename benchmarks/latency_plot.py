"""Plots a gate's waiting time: share of cars with a request to open, or opened, by seconds after the first legible one.

python benchmarks/latency_plot.py latency.jsonl docs/images/latency.svg [rtsp-latency.jsonl]
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import matplotlib as mpl

mpl.use("svg")
from matplotlib import pyplot as plt

GOAL_S = 0.3
SHOWN_S = 2.2


def waits(file: Path) -> tuple[list[float], int]:
    """Waits from `opening_latency` (video time) or `rtsp_latency` (wall time), sorted; and the number of cars."""
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    cars = [row for row in rows if "text" in row]
    asked = [row for row in cars if row.get("opened_s") is not None]
    of_video = [0.0 if row["legible_s"] is None else row["opened_s"] - row["legible_s"] for row in asked]
    of_clock = [row["whole_s"] for row in cars if row.get("whole_s") is not None]
    return sorted([*of_video, *of_clock]), len(cars)


def main(measured: Path, plot: Path, through_rtsp: Path | None) -> None:
    mpl.rcParams["svg.hashsalt"] = "okter"  # the same figures give the same file
    figure, axes = plt.subplots(figsize=(8, 3.8))
    for file, label, colour in (
        (measured, "asked to open, seconds of video", "#2d6fc0"),
        (through_rtsp, "relay on, through RTSP, seconds of a clock", "#c08a2d"),
    ):
        if file is not None:
            seconds, count = waits(file)
            shares = [100 * (number + 1) / count for number in range(len(seconds))]
            axes.step(
                [0.0, *seconds, SHOWN_S],
                [0.0, *shares, shares[-1]],
                where="post",
                label=f"{label} ({count} cars)",
                color=colour,
            )
    axes.axvline(GOAL_S, color="#999999", linestyle="--", linewidth=1)
    axes.axhline(95, color="#999999", linestyle="--", linewidth=1)
    axes.set_xlim(0, SHOWN_S)
    axes.set_ylim(0, 101)
    axes.set_xlabel("seconds after the first picture that alone is read rightly; dashed: the goal")
    axes.set_ylabel("% of cars")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False, loc="lower right")
    figure.tight_layout()
    figure.savefig(plot, metadata={"Date": None})


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]) if len(sys.argv) > 3 else None)
