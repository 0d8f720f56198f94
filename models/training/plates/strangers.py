"""Plates of kinds unknown to `core.plates.formats`: groups of letters and digits in none of our layouts.

A reader that knows only our layouts takes every plate for one of them. These are examples to answer with `UNKNOWN`:
lines broken elsewhere, groups of different heights, country codes and bars in odd places.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from core.plates.alphabet import DIGITS, LATIN
from core.plates.formats import FORMATS
from models.training.plates.parts import Bar, Layout, Patch, Run

_LETTERS: Final = LATIN.translate(str.maketrans("", "", "OIQ"))
_CODES: Final = ("AQ", "IL", "TR", "IR", "CN", "SRB", "USA", "BR", "CH", "GB", "N", "IND", "PK", "KSA")
_KINDS: Final = ("flag", "flag_blue", "flag_red", "flag_am", "band", "seal")
_LONGEST: Final = 9


def stranger(rng: np.random.Generator) -> tuple[str, Layout]:
    """A text and its layout, of no known kind."""
    while True:
        groups = _groups(rng)
        text = "".join(groups)
        split = int(rng.integers(1, len(groups))) if rng.random() < 0.55 else 0
        top = len("".join(groups[:split]))
        if len(text) <= _LONGEST and not _is_ours(text, top):
            break
    return text, (_two_lines if split else _one_line)(rng, groups, split)


def _groups(rng: np.random.Generator) -> list[str]:
    """Two to four groups, each of letters or digits."""
    digits = rng.random() < 0.5
    groups = []
    for _ in range(int(rng.integers(2, 5))):
        symbols = DIGITS if digits else _LETTERS
        groups.append("".join(symbols[i] for i in rng.integers(0, len(symbols), int(rng.integers(1, 5)))))
        digits = not digits if rng.random() < 0.8 else digits
    return groups


def _is_ours(text: str, top: int) -> bool:
    """Whether one of our formats has this text, broken after `top` characters (0: unbroken)."""
    return any(f.match(text) is not None and f.top == top for f in FORMATS.values())


def _one_line(rng: np.random.Generator, groups: list[str], _: int) -> Layout:
    width, height = float(rng.uniform(300, 540)), 112.0
    left = 16.0 if rng.random() < 0.5 else 66.0
    runs, x = [], left
    room = (width - left - 16) / sum(len(g) + 0.5 for g in groups)
    for group in groups:
        cap = float(rng.uniform(44, 84))
        end = x + room * (len(group) + 0.5)
        base = float(rng.uniform(0.6, 0.95)) * (height - 12) if cap < 60 else (height + cap) / 2
        runs.append(Run(group, x + 4, end - 6, max(base, cap + 6), (cap,) * len(group)))
        x = end
    bars = (Bar(x - room, 3, x - room, height - 3),) if rng.random() < 0.15 else ()
    return Layout(width, height, (*runs, *_caption(rng, left, height)), bars, _patches(rng, left, height))


def _two_lines(rng: np.random.Generator, groups: list[str], split: int) -> Layout:
    width, height = float(rng.uniform(240, 340)), float(rng.uniform(140, 210))
    left = 14.0 if rng.random() < 0.6 else width * 0.22
    runs = []
    for part, base, tallest in ((groups[:split], 0.47, 0.38), (groups[split:], 0.94, 0.4)):
        cap = height * float(rng.uniform(0.24, tallest))
        text = "".join(part)
        breaks = tuple(int(i) - 1 for i in np.cumsum([len(g) for g in part])[:-1])
        inset = float(rng.uniform(0, 0.15)) * width
        runs.append(Run(text, left + inset, width - 14 - inset * 0.5, height * base, (cap,) * len(text), breaks, 0.3))
    return Layout(width, height, (*runs, *_caption(rng, left, height)), (), _patches(rng, left, height))


def _caption(rng: np.random.Generator, left: float, height: float) -> tuple[Run, ...]:
    if left < 20:
        return ()
    code = _CODES[int(rng.integers(len(_CODES)))]
    return (Run(code, 8, left - 8, height * float(rng.uniform(0.4, 0.9)), (height * 0.16,) * len(code), plain=True),)


def _patches(rng: np.random.Generator, left: float, height: float) -> tuple[Patch, ...]:
    if left < 20 or rng.random() < 0.3:
        return ()
    kind = _KINDS[int(rng.integers(len(_KINDS)))]
    return (Patch(8, 10, left - 8, height * (0.95 if kind == "band" else 0.35), kind),)
