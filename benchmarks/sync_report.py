"""Figures and plot of the sync benchmarks, from the JSON lines in files: writes docs/sync-benchmarks.{md,svg}.

The first argument is a sentence on the circumstances of the measurement, the others are the files.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("svg")
import matplotlib.pyplot as plt

DOCS = Path(__file__).parent.parent / "docs"
GOALS = {
    "pass filed → barrier knows, p95": ("latency", "p95_s", 1.0, "s"),
    "100,000 passes: first sync": ("scale", "first_sync_s", 20.0, "s"),
    "100,000 passes: first sync, CPU of the gate": ("scale", "first_sync_cpu_s", 20.0, "s"),
    "100,000 passes: first sync, CPU of the server": ("scale", "first_sync_server_cpu_s", 20.0, "s"),
    "100,000 passes: change of one, p95": ("scale", "delta_p95_s", 0.1, "s"),
    "100,000 passes: change of one, CPU of the gate, p95": ("scale", "delta_cpu_p95_s", 0.1, "s"),
    "100,000 passes: look-up, p95": ("scale", "lookup_p95_s", 0.001, "s"),
    "100,000 passes: memory of the list": ("scale", "list_mb", 100.0, "MB"),
    "1,000 gates: push, p95": ("fleet", "push_p95_s", 2.0, "s"),
    "1,000 gates: events accepted": ("fleet", "events_per_s", 200.0, "1/s"),
}


def main(note: str, files: list[str]) -> None:
    found: dict[str, dict[str, Any]] = {}
    for name in files:
        for line in Path(name).read_text(encoding="utf-8").splitlines():
            result = json.loads(line)
            found[result["bench"]] = result
    draw(found)
    rows = []
    for what, (bench, key, goal, unit) in GOALS.items():
        if bench not in found:
            continue
        value, more = found[bench][key], key == "events_per_s"
        met = value >= goal * 0.99 if more else value <= goal
        rows.append(
            f"| {what} | {'≥' if more else '≤'} {goal:g} {unit} | {value:g} {unit} | {'yes' if met else 'no'} |"
        )
    plain = {
        bench: {key: value for key, value in result.items() if not isinstance(value, list) and key != "bench"}
        for bench, result in found.items()
    }
    text = [
        "# Sync: speed and scale",
        "",
        (
            f"Measured on {os.cpu_count()} cores of {platform.machine()}, Python {platform.python_version()}, over loopback,"
            " through the real portal (SQLite, one process) and the real client."
            f" {note}"
        ),
        "",
        "| what | goal | measured | met |",
        "|---|---|---|---|",
        *rows,
        "",
        "![Distributions of the delays](sync-benchmarks.svg)",
        "",
        "Every figure, as the scripts in `benchmarks/` print them:",
        "",
        "```json",
        json.dumps(plain, indent=1),
        "```",
        "",
        (
            "To repeat: `.venv/bin/python benchmarks/sync_latency.py`, `sync_scale.py`, `sync_fleet.py` and `sync_kills.py`, each"
            " into a file, then `sync_report.py NOTE FILES`."
        ),
    ]
    (DOCS / "sync-benchmarks.md").write_text("\n".join(text) + "\n", encoding="utf-8")


def draw(found: dict[str, dict[str, Any]]) -> None:
    """Cumulative share of cases by time taken."""
    curves = {
        "pass filed → barrier knows (goal 1 s)": found["latency"]["all_s"],
        "change of one in 100,000 (goal 0.1 s)": found["scale"]["deltas_s"],
        "push to one of 1,000 gates (goal 2 s)": found["fleet"]["pushes_s"],
        "event accepted at 200/s": found["fleet"]["posts_s"],
    }
    mpl.rcParams["svg.hashsalt"] = "okter"
    figure, axes = plt.subplots(figsize=(7, 3.6), layout="constrained")
    for label, values in curves.items():
        ordered = sorted(values)
        step = max(1, len(ordered) // 200)
        shares = [(place + 1) / len(ordered) for place in range(len(ordered))]
        axes.plot([value * 1000 for value in ordered[::step]], shares[::step], label=label)
    axes.axhline(0.95, color="grey", linewidth=0.6, linestyle=":")
    axes.set(xscale="log", xlabel="milliseconds", ylabel="share of cases", ylim=(0, 1.01))
    axes.legend(fontsize=8)
    axes.grid(visible=True, which="major", linewidth=0.3)
    figure.savefig(DOCS / "sync-benchmarks.svg", metadata={"Date": None})


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
