"""Plots of a report: reliability, accuracy by width and by condition, confusion of characters."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from core.plates.alphabet import ALPHABET
from models.training.evaluate.scoring import (
    Figures,
    Scored,
    calibration_error,
    confusions,
    figures,
    grouped,
    reliability,
)

mpl.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.colors import LogNorm
from matplotlib.ticker import NullLocator

FEW = 5
"""A share of fewer plates means little: it is drawn hollow, with no line through it."""
WIDER = 1.2
"""Maximum ratio of the widest to the narrowest plate in a point."""
_WIDTHS = (10, 15, 20, 30, 40, 50, 60, 80, 100, 150, 200, 300, 400, 600, 1000)
_TIMES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
_BLUE = "C0"
_CELL_INCHES = 0.17


def draw(name: str, plates: Sequence[Scored], folder: Path) -> tuple[str, ...]:
    """Write the plots of `plates` into `folder` as `NAME-PLOT.png`; returns their names.

    The width plot is made only if widths are known, the condition plot only if there are several conditions.
    """
    drawn = {"reliability": _reliability(plates)}
    mixed = [row for row in plates if row.truth.condition != "by_type"]  # that set compares types, not conditions
    sized = [row for row in mixed if row.truth.width_px > 0]
    if sized:
        drawn["widths"] = _widths(sized)
    conditions = {condition: figures(rows) for condition, rows in grouped(mixed, lambda r: r.truth.condition).items()}
    if len(conditions) > 1:
        drawn["conditions"] = _conditions(conditions)
    drawn["confusions"] = _confusions(plates)
    for what, figure in drawn.items():
        figure.savefig(folder / f"{name}-{what}.png", dpi=90, bbox_inches="tight", metadata={"Software": None})
        plt.close(figure)
    return tuple(drawn)


def by_width(plates: Sequence[Scored]) -> list[tuple[float, Figures]]:
    """Mean width and figures of groups of plates with similar width, narrow ones first.

    Plates of equal width stay together and no group spans a gap: its widest plate is at most `WIDER` times as wide as
    its narrowest.
    """
    parts: list[list[Scored]] = []
    for row in sorted(plates, key=lambda row: row.truth.width_px):
        if not parts or row.truth.width_px >= parts[-1][0].truth.width_px * WIDER:
            parts.append([])
        parts[-1].append(row)
    return [(float(np.mean([row.truth.width_px for row in part])), figures(part)) for part in parts]


def _reliability(plates: Sequence[Scored]) -> Figure:
    figure, (axes, below) = plt.subplots(
        2, sharex=True, figsize=(4, 4.8), height_ratios=(3, 1), gridspec_kw={"hspace": 0.08}
    )
    curve = reliability(plates)
    axes.plot([0, 1], [0, 1], color="0.7")
    _points(axes, [(said, was, n) for said, was, n in curve])
    axes.set(ylabel="share read exactly", title=f"calibration error {calibration_error(plates):.3f}", ylim=(0, 1))
    counts = [n for _, _, n in curve]
    bars = below.bar([_tenth(said) for said, _, _ in curve], counts, width=0.09, color="0.75")
    below.bar_label(bars, [_short(n) for n in counts], fontsize=7)
    below.set(xlabel="confidence", ylabel="plates", yscale="log", xlim=(0, 1), ylim=(0.5, 5 * max(counts, default=1)))
    below.yaxis.set_minor_locator(NullLocator())
    return figure


def _tenth(said: float) -> float:
    """The middle of a confidence's decile bin."""
    return (min(9, int(said * 10)) + 0.5) / 10


def _short(count: int) -> str:
    """A count shortened to fit a bar."""
    return str(count) if count < 1000 else f"{count / 1000:.1f}k" if count < 9_950 else f"{count / 1000:.0f}k"


def _points(axes: Axes, curve: Sequence[tuple[float, float, int]]) -> None:
    """Draw each (x, y, plates); a line connects neighbours with enough plates."""
    line = [y if n >= FEW else math.nan for _, y, n in curve]  # NaN breaks the line
    axes.plot([x for x, _, _ in curve], line, color=_BLUE)
    for enough, face in ((True, _BLUE), (False, "white")):
        some = [(x, y) for x, y, n in curve if (n >= FEW) is enough]
        axes.plot(
            [x for x, _ in some], [y for _, y in some], "o", color=_BLUE, markerfacecolor=face, clip_on=False, zorder=3
        )


def _widths(plates: Sequence[Scored]) -> Figure:
    figure, axes = plt.subplots(figsize=(5, 4))
    parts = by_width(plates)
    for width, part in parts:
        axes.plot([width, width], [100 * end for end in part.interval()], color="0.75", linewidth=3, zorder=1)
    _points(axes, [(width, 100 * part.share, part.plates) for width, part in parts])
    low, high = parts[0][0] / WIDER, parts[-1][0] * WIDER
    axes.set(
        xlabel="width of the plate, pixels",
        ylabel="read exactly, % (bars: 95 % interval)",
        xscale="log",
        xlim=(low, high),
        ylim=(0, 100),
    )
    ticks = [width for width in _WIDTHS if low <= width <= high] or [round(width) for width, _ in parts]
    axes.set_xticks(ticks, labels=[str(width) for width in ticks])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.grid(visible=True, alpha=0.3)
    return figure


def _conditions(conditions: Mapping[str, Figures]) -> Figure:
    figure, axes = plt.subplots(figsize=(6, 0.8 + 0.24 * len(conditions)))
    shares = np.array([100 * f.share for f in conditions.values()])
    ends = 100 * np.array([f.interval() for f in conditions.values()])
    places = range(len(conditions))
    axes.barh(places, shares, color="0.85", height=0.7)
    # near 0 or 100 the interval lies almost entirely on one side of the share
    axes.hlines(places, ends[:, 0], ends[:, 1], color=_BLUE, linewidth=2.5)
    axes.plot(shares, places, "|", color="black", markersize=9, clip_on=False)
    axes.set_yticks(places, labels=[f"{name} ({f.plates})" for name, f in conditions.items()], fontsize=8)
    axes.set(xlabel="read exactly, % (lines: 95 % interval)", xlim=(0, 100), ylim=(len(conditions) - 0.4, -0.6))
    axes.grid(visible=True, axis="x", alpha=0.3)
    return figure


def _confusions(plates: Sequence[Scored]) -> Figure:
    misread = {pair: n for pair, n in confusions(plates).items() if pair[0] != pair[1]}
    stood = [s for s in ALPHABET if any(s == a for a, _ in misread)]
    read = [s for s in ALPHABET if any(s == b for _, b in misread)]
    if not stood or not read:
        figure, axes = plt.subplots(figsize=(4, 1))
        axes.text(0.5, 0.5, "no misread characters", ha="center", va="center", color="0.3")
        axes.set_axis_off()
        return figure
    table = np.zeros((len(stood), len(read)))
    for (a, b), n in misread.items():
        if b in read and a in stood:
            table[stood.index(a), read.index(b)] = n
    wide, high = _CELL_INCHES * len(read), _CELL_INCHES * len(stood)
    figure = plt.figure(figsize=(1, 1))  # so that coordinates are in inches; the picture is cropped to its content
    axes = figure.add_axes((0, 0, wide, high))
    most = max(10.0, table.max())
    shown = axes.imshow(np.ma.masked_equal(table, 0), cmap="YlOrRd", norm=LogNorm(0.5, most))
    tall = max(high, 1.4)
    beside = figure.add_axes((wide + 0.15, high - tall, 0.12, tall))
    ticks = [times for times in _TIMES if times <= most]
    scale = figure.colorbar(shown, cax=beside, label="times")
    scale.set_ticks(ticks, labels=[str(times) for times in ticks])
    scale.minorticks_off()
    axes.grid(visible=True, alpha=0.15)
    axes.set(xlabel="read", ylabel="stood there", xticks=range(len(read)), yticks=range(len(stood)))
    axes.set_xticklabels(read, fontsize=7)
    axes.set_yticklabels(stood, fontsize=7)
    return figure
