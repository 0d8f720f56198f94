"""Plots the results of `gate bench --frames DIR --json`: the cost of a picture by how much there is in it.

gate bench --frames DIR --peers PEERS --json > costs.jsonl
python benchmarks/performance_plot.py costs.jsonl docs/images/cost-by-candidates.svg
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl

mpl.use("svg")
from matplotlib import pyplot as plt

SHOWN = (
    ("reference_ms", "reference chain", "#999999"),
    ("patient_ms", "a still, patiently", "#c08a2d"),
    ("live_ms", "a frame of video, searched", "#2d6fc0"),
    ("followed_ms", "a frame of video, followed", "#2d9c5a"),
)


def main(measured: Path, plot: Path) -> None:
    lines = [json.loads(line) for line in measured.read_text(encoding="utf-8").splitlines()]
    rows = [line["row"] for line in lines if "row" in line and line["row"]["candidates"]]
    whole = next(line["row"] for line in lines if "row" in line and not line["row"]["candidates"])
    mpl.rcParams["svg.hashsalt"] = "okter"  # the same figures give the same file
    figure, axes = plt.subplots(figsize=(8, 4.2))
    _bars(axes, rows)
    axes.set_xticks(range(len(rows)), [f"{row['candidates']}\n({row['pictures']} pictures)" for row in rows])
    axes.set_xlabel("candidates in the picture")
    axes.set_ylabel("processor ms a picture, decoding counted in")
    axes.set_title(f"Cost of {whole['pictures']} photographs of streets, one thread")
    axes.grid(axis="y", alpha=0.3)
    axes.legend(frameon=False)
    figure.tight_layout()
    figure.savefig(plot, metadata={"Date": None})


def _bars(axes: plt.Axes, rows: Sequence[dict[str, float]]) -> None:
    shown = [(name, label, colour) for name, label, colour in SHOWN if rows[0][name] is not None]
    width = 0.8 / len(shown)
    for number, (name, label, colour) in enumerate(shown):
        places = [place + (number - (len(shown) - 1) / 2) * width for place in range(len(rows))]
        axes.bar(places, [row[name] for row in rows], width, label=label, color=colour)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
