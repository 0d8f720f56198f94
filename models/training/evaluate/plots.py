"""Plots of a report: reliability, accuracy by width, confusion of characters."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from edge.core.alphabet import ALPHABET
from models.training.evaluate.scoring import Scored, calibration_error, confusions, reliability

mpl.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.colors import LogNorm
from matplotlib.ticker import NullLocator

_WIDTHS = (30, 40, 50, 60, 80, 100, 150, 200, 300, 400, 600)
_TIMES = (1, 2, 5, 10, 20, 50, 100, 200, 500)


def draw(name: str, plates: Sequence[Scored], folder: Path) -> tuple[str, ...]:
    """Write the plots of `plates` into `folder` as `NAME-PLOT.png`; returns which. Widths only where they are known."""
    sized = [row for row in plates if row.truth.width_px > 0]
    _reliability(plates, folder / f"{name}-reliability.png")
    if sized:
        _widths(sized, folder / f"{name}-widths.png")
    _confusions(plates, folder / f"{name}-confusions.png")
    return ("reliability", "widths", "confusions") if sized else ("reliability", "confusions")


def _reliability(plates: Sequence[Scored], path: Path) -> None:
    figure, axes = plt.subplots(figsize=(4, 4))
    curve = reliability(plates)
    axes.plot([0, 1], [0, 1], color="0.7")
    axes.plot([said for said, _, _ in curve], [was for _, was, _ in curve], marker="o")
    axes.set(
        xlabel="confidence", ylabel="share read exactly", title=f"calibration error {calibration_error(plates):.3f}"
    )
    _save(figure, path)


def _widths(plates: Sequence[Scored], path: Path) -> None:
    figure, axes = plt.subplots(figsize=(5, 4))
    rows = sorted((row.truth.width_px, row.exact) for row in plates if row.truth.condition != "by_type")
    parts = [part for part in np.array_split(np.array(rows, np.float64).reshape(-1, 2), 12) if len(part)]
    axes.plot([part[:, 0].mean() for part in parts], [part[:, 1].mean() * 100 for part in parts], marker="o")
    axes.set(xlabel="width of the plate, pixels", ylabel="read exactly, %", xscale="log")
    low, high = axes.get_xlim()
    ticks = [width for width in _WIDTHS if low <= width <= high]
    axes.set_xticks(ticks, labels=[str(width) for width in ticks])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.grid(visible=True, alpha=0.3)
    _save(figure, path)


def _confusions(plates: Sequence[Scored], path: Path) -> None:
    pairs = confusions(plates)
    symbols = [s for s in ALPHABET if any(s in pair for pair, n in pairs.items() if n)]
    table = np.zeros((max(1, len(symbols)), max(1, len(symbols))))
    for (stood, was), n in pairs.items():
        if stood in symbols and was in symbols and stood != was:
            table[symbols.index(stood), symbols.index(was)] = n
    figure, axes = plt.subplots(figsize=(7, 7))
    most = max(10.0, table.max())
    shown = axes.imshow(np.ma.masked_equal(table, 0), cmap="YlOrRd", norm=LogNorm(0.5, most))
    ticks = [times for times in _TIMES if times <= most]
    scale = figure.colorbar(shown, ax=axes, label="times", shrink=0.7)
    scale.set_ticks(ticks, labels=[str(times) for times in ticks])
    scale.minorticks_off()
    axes.grid(visible=True, alpha=0.15)
    axes.set(xlabel="read", ylabel="stood there", xticks=range(len(symbols)), yticks=range(len(symbols)))
    axes.set_xticklabels(symbols, fontsize=7)
    axes.set_yticklabels(symbols, fontsize=7)
    _save(figure, path)


def _save(figure: Figure, path: Path) -> None:
    figure.tight_layout()
    figure.savefig(path, dpi=90, metadata={"Software": None})
    plt.close(figure)
