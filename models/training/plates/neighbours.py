"""Layouts of neighbours unlike any other: Kazakhstan, Kyrgyzstan, Armenia, Ukrainian squares and tractors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from models.training.plates.parts import LINE, SIZES, Bar, Layout, Patch, Run, caps_of, changes_of


def _kazakh_line(text: str, pattern: str, _: float) -> Layout:
    """Much like the Russian type 1: large digits, smaller letters, a region box; a flag above KZ at the left."""
    width, height = LINE
    stem = pattern.rstrip("R")
    divide = width - 116.0
    runs = (
        Run("KZ", 16, 54, 95.0, (21.0, 21.0), plain=True),
        Run(text[: len(stem)], 62, divide - 10, 94.0, caps_of(stem, letters=60.0, digits=75.0), changes_of(stem), 0.1),
        Run(text[len(stem) :], divide + 10, width - 16, 91.0, (70.0,) * (len(pattern) - len(stem))),
    )
    patch = Patch(15, 20, 55, 50, "flag_blue")
    return Layout(width, height, runs, (Bar(divide, 3, divide, height - 3, 2.5),), (patch,))


def _kazakh_square(text: str, pattern: str, style: float) -> Layout:
    """Digits beside a flag and KZ; below them the region in a box at the left, and the letters."""
    width, height = SIZES["kz_2012_square"]
    letters = pattern.count("L")
    divide, level = width * (0.37 + 0.03 * style), height * 0.51
    runs = (
        Run("KZ", 16, 58, 84.0, (27.0, 27.0), plain=True),
        Run(text[:3], width * 0.38, width * 0.96, 90.0, (76.0,) * 3),
        Run(text[3 : 3 + letters], divide + 8, width * 0.96, 190.0, (60.0,) * letters),
        Run(text[3 + letters :], 12, divide - 8, 190.0, (70.0,) * 2),
    )
    bars = (Bar(divide, level, divide, height - 3, 2.5), Bar(3, level, divide, level, 2.5))
    return Layout(width, height, runs, bars, (Patch(16, 18, 60, 48, "flag_blue"),))


def _armenian_line(text: str, pattern: str, style: float) -> Layout:
    """A flag above AM at the left, a strip of holograms, three groups of tall narrow symbols."""
    width, height = LINE
    cap = 66.0 + 14.0 * (style * 7 % 1)
    base = (height + cap) / 2 + 2
    groups = (2, 2, 3) if pattern.startswith("DDL") else (3, 2, 2)
    starts, at, runs = (0.19, 0.425, 0.675), 0, [Run("AM", 14, 68, 93.0, (26.0, 26.0), plain=True)]
    if groups[0] == 3:
        starts = (0.19, 0.51, 0.75)
    ends = (*starts[1:], 0.97)
    for count, left, right in zip(groups, starts, ends, strict=True):
        runs.append(Run(text[at : at + count], width * left, width * right - 14, base, (cap,) * count))
        at += count
    patches = [Patch(16, 18, 68, 48, "flag_am")]
    if style < 0.75:
        patches.append(Patch(76, 20, 86, 94, "strip"))
    return Layout(width, height, tuple(runs), (), tuple(patches))


def _armenian_square(text: str, pattern: str, style: float) -> Layout:
    """As on one line, but the second group ends the upper line."""
    width, height = SIZES["am_square"]
    top = 4 if pattern.startswith("DDL") else 5
    cap = height * (0.36 + 0.05 * style)
    first = 2 if top == 4 else 3
    upper = Run(text[:top], width * 0.29, width * 0.96, height * 0.475, (cap,) * top, (first - 1,), 0.35)
    lower = Run(text[top:], width * 0.36, width * 0.9, height * 0.94, (cap,) * (len(text) - top))
    code = Run("AM", width * 0.04, width * 0.22, height * 0.62, (height * 0.15,) * 2, plain=True)
    patches = [Patch(width * 0.05, height * 0.22, width * 0.2, height * 0.4, "flag_am")]
    if style < 0.8:
        patches.append(Patch(width * 0.23, height * 0.24, width * 0.26, height * 0.62, "strip"))
    return Layout(width, height, (upper, lower, code), (), tuple(patches))


def _ukrainian_tractor(text: str, pattern: str, _: float) -> Layout:
    """Five digits above two letters; the plate tapers to a point at the bottom."""
    width, height = SIZES["ua_tractor"]
    runs = (
        Run(text[:5], width * 0.07, width * 0.93, height * 0.5, caps_of(pattern[:5], letters=74.0, digits=74.0)),
        Run(text[5:], width * 0.3, width * 0.7, height * 0.9, (62.0, 62.0)),
    )
    patches = tuple(Patch(x0, height * 0.6, x1, height, kind) for x0, x1, kind in _CORNERS)
    return Layout(width, height, runs, (), patches)


def _ukrainian_square(text: str, pattern: str, style: float) -> Layout:
    """Two groups of two on each line, or the digits on their own line; with or without a flag above UA at the left."""
    width, height = SIZES["ua_square"]
    kind, left = int(style * 4), 0.06 if style * 8 % 1 < 0.5 else 0.2
    cap = height * 0.37
    bases = (height * 0.47, height * 0.93)
    patches: tuple[Patch, ...] = ()
    plain: tuple[Run, ...] = ()
    if left > 0.1:
        flag = "flag_blue" if style * 8 % 1 < 0.75 else "band"
        patches = (Patch(8, 12, width * 0.16, height * (0.3 if flag == "flag_blue" else 0.95), flag),)
        plain = (Run("UA", 12, width * 0.15, height * 0.52, (height * 0.12,) * 2, plain=True),)
    if kind == 3:  # the digits above, the letters below them
        lines = ((text[:2], bases[1], left, 0.47), (text[2:6], bases[0], left, 0.94), (text[6:], bases[1], 0.53, 0.94))
        runs = tuple(Run(part, width * x0, width * x1, base, (cap,) * len(part)) for part, base, x0, x1 in lines)
        return Layout(width, height, (*runs, *plain), (), patches)
    split = (4, 4, 2)[kind]
    upper, lower = pattern[:split], pattern[split:]
    start = left if split == 4 else max(left, 0.24)
    runs = (
        Run(
            text[:split],
            width * start,
            width * (0.94 if split == 4 else 0.76),
            bases[0],
            (cap,) * split,
            changes_of(upper),
        ),
        Run(
            text[split:],
            width * (left if split == 4 else 0.06),
            width * 0.94,
            bases[1],
            (cap,) * len(lower),
            changes_of(lower),
        ),
    )
    return Layout(width, height, (*runs, *plain), (), patches)


_CORNERS: Final = ((0.0, 76.0, "corner_left"), (212.0, 288.0, "corner_right"))


def _kyrgyz_line(text: str, pattern: str, _: float) -> Layout:
    """A box at the left: the region's code above a flag and KG. Then digits and slightly smaller letters."""
    width, height = LINE
    divide = 104.0
    runs = (
        Run(text[:2], 16, divide - 12, 64.0, (50.0, 50.0)),
        Run(text[2:4], 56, divide - 10, 99.0, (22.0, 22.0)),
        Run(text[4:], divide + 10, width - 16, 95.0, caps_of(pattern[4:], letters=68.0, digits=76.0), (2,), 0.25),
    )
    return Layout(width, height, runs, (Bar(divide, 3, divide, height - 3, 2.5),), (Patch(16, 76, 48, 99, "flag_red"),))


OWN: Final[dict[str, Callable[[str, str, float], Layout]]] = {
    "kz_2012": _kazakh_line,
    "kz_2012_square": _kazakh_square,
    "am": _armenian_line,
    "am_square": _armenian_square,
    "ua_square": _ukrainian_square,
    "ua_tractor": _ukrainian_tractor,
    "kg_2016": _kyrgyz_line,
}
"""Formats with a layout of their own."""
