"""Plots the results of `benchmarks/memory_by_lanes.py` before and after a change.

python benchmarks/memory_plot.py before.jsonl after.jsonl docs/images/memory-by-lanes.svg
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import matplotlib as mpl

mpl.use("svg")
from matplotlib import pyplot as plt

GOALS_MB = {1: 150, 4: 250}


def main(before: Path, after: Path, plot: Path) -> None:
    mpl.rcParams["svg.hashsalt"] = plot.stem  # the same file from the same figures
    figure, axes = plt.subplots(figsize=(6.4, 3.6))
    for file, colour, name in ((before, "#999999", "before"), (after, "#2d6fc0", "now")):
        rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        lanes = [row["lanes"] for row in rows]
        axes.plot(lanes, [row["memory_mb"]["together"] for row in rows], "o-", color=colour, label=f"{name}: all pages")
        axes.plot(lanes, [row["memory_mb"]["own"] for row in rows], "o--", color=colour, label=f"{name}: of no file")
    axes.plot(list(GOALS_MB), list(GOALS_MB.values()), "x", color="#b03030", label="goal")
    axes.set(xlabel="lanes of 1280x720", ylabel="MB, gate run and relay together", ylim=(0, None), xticks=[1, 2, 3, 4])
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(plot, metadata={"Date": None})


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
