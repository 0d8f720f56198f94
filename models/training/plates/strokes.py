"""Skeletons of every symbol on plates, drawn for this project.

A skeleton is a list of strokes; a stroke is a polyline in the symbol's unit square (x right, y down) along the middle
of the line. Digits and the twelve Russian letters follow the shapes of GOST R 50577 (flat-topped 3, open 4, straight 7,
У with a straight right leg); the others are drawn in the same style. `WIDTHS` has each symbol's width for a cap height
of one.
"""

from __future__ import annotations

import math
from typing import Final

Polyline = tuple[tuple[float, float], ...]


def arc(
    cx: float, cy: float, rx: float, ry: float, start: float, end: float, *, steps: int = 12
) -> list[tuple[float, float]]:
    """Points of an ellipse from `start` to `end` degrees; 0 points right, 90 down."""
    angles = (math.radians(start + (end - start) * i / steps) for i in range(steps + 1))
    return [(cx + rx * math.cos(a), cy + ry * math.sin(a)) for a in angles]


def _path(*parts: list[tuple[float, float]]) -> Polyline:
    return tuple(point for part in parts for point in part)


def _oval(cx: float, cy: float, rx: float, ry: float, *, start: float = -90.0) -> Polyline:
    # A little more than a full turn, so that the two ends overlap without a notch.
    return _path(arc(cx, cy, rx, ry, start, start + 368, steps=28))


def _stadium(top: float) -> Polyline:
    """A zero: half ovals of height `top` joined by straight sides."""
    return _path(
        arc(0.5, top, 0.5, top, -90, 0, steps=8),
        arc(0.5, 1 - top, 0.5, top, 0, 180, steps=14),
        arc(0.5, top, 0.5, top, 180, 278, steps=8),
    )


def _line(*points: tuple[float, float]) -> Polyline:
    return points


_SIX = (
    _oval(0.5, 0.685, 0.5, 0.315),
    _path([(0.74, 0.0), (0.22, 0.40)], arc(0.5, 0.685, 0.5, 0.315, 215, 180, steps=4)),
)
_BOWL_RIGHT_TOP = _path([(-0.08, 0.0), (0.55, 0.0)], arc(0.58, 0.235, 0.37, 0.235, -90, 90), [(0.0, 0.47)])
_BOWL_RIGHT_BOTTOM = _path([(0.0, 0.47), (0.55, 0.47)], arc(0.6, 0.735, 0.4, 0.265, -90, 90), [(-0.08, 1.0)])
_STEM = _line((0.0, -0.06), (0.0, 1.06))
_BOWL_P = _path([(-0.08, 0.0), (0.55, 0.0)], arc(0.6, 0.28, 0.4, 0.28, -90, 90), [(0.0, 0.56)])


def _turned(strokes: tuple[Polyline, ...]) -> tuple[Polyline, ...]:
    return tuple(tuple((1 - x, 1 - y) for x, y in stroke) for stroke in strokes)


def _mirrored(strokes: tuple[Polyline, ...]) -> tuple[Polyline, ...]:
    return tuple(tuple((1 - x, y) for x, y in stroke) for stroke in strokes)


_S = _path(
    arc(0.5, 0.25, 0.48, 0.25, -25, -180, steps=9),
    arc(0.5, 0.25, 0.48, 0.23, 170, 110, steps=4),
    arc(0.5, 0.74, 0.5, 0.27, -70, 0, steps=5),
    arc(0.5, 0.74, 0.5, 0.26, 0, 155, steps=9),
)

SKELETONS: Final[dict[str, tuple[Polyline, ...]]] = {
    "0": (_stadium(0.34),),
    "1": (_line((0.0, 0.3), (0.92, 0.0), (0.92, 1.0)),),
    "2": (_path(arc(0.5, 0.3, 0.5, 0.3, -178, 25), [(0.0, 1.0), (1.0, 1.0)]),),
    "3": (_path([(0.06, 0.0), (0.92, 0.0), (0.42, 0.42)], arc(0.48, 0.705, 0.5, 0.295, -75, 155)),),
    "4": (_line((0.55, 0.0), (0.0, 0.7), (1.06, 0.7)), _line((0.8, 0.42), (0.8, 1.06))),
    "5": (_path([(0.92, 0.0), (0.1, 0.0), (0.1, 0.44)], arc(0.48, 0.69, 0.5, 0.31, -110, 152)),),
    "6": _SIX,
    "7": (_line((0.0, 0.0), (0.97, 0.0), (0.35, 1.05)),),
    "8": (_oval(0.5, 0.245, 0.43, 0.245), _oval(0.5, 0.735, 0.5, 0.265)),
    "9": _turned(_SIX),
    "A": (_line((-0.03, 1.06), (0.44, 0.0), (0.56, 0.0), (1.03, 1.06)), _line((0.2, 0.72), (0.8, 0.72))),
    "B": (_STEM, _BOWL_RIGHT_TOP, _BOWL_RIGHT_BOTTOM),
    "C": (_path(arc(0.5, 0.5, 0.5, 0.5, -42, -318, steps=24)),),
    "D": (_path([(0.0, 0.0), (0.45, 0.0)], arc(0.45, 0.5, 0.55, 0.5, -90, 90), [(0.0, 1.0), (0.0, -0.07)]),),
    "E": (_line((1.06, 0.0), (0.0, 0.0), (0.0, 1.0), (1.06, 1.0)), _line((0.0, 0.48), (0.95, 0.48))),
    "F": (_line((1.06, 0.0), (0.0, 0.0), (0.0, 1.06)), _line((0.0, 0.48), (0.9, 0.48))),
    "G": (_path(arc(0.5, 0.5, 0.5, 0.5, -42, -345, steps=24), [(1.0, 0.56), (0.55, 0.56)]),),
    "H": (_line((0.0, -0.06), (0.0, 1.06)), _line((1.0, -0.06), (1.0, 1.06)), _line((0.0, 0.5), (1.0, 0.5))),
    "I": (_line((0.5, -0.06), (0.5, 1.06)),),
    "J": (_path([(0.9, -0.06)], arc(0.45, 0.68, 0.45, 0.32, 0, 165)),),
    "K": (_line((0.0, -0.06), (0.0, 1.06)), _line((0.98, -0.06), (0.05, 0.58)), _line((0.36, 0.4), (1.02, 1.06))),
    "L": (_line((0.0, -0.06), (0.0, 1.0), (1.06, 1.0)),),
    "M": (_line((0.0, 1.06), (0.0, 0.0), (0.5, 0.66), (1.0, 0.0), (1.0, 1.06)),),
    "N": (_line((0.0, 1.06), (0.0, 0.0), (1.0, 1.0), (1.0, -0.06)),),
    "O": (_oval(0.5, 0.5, 0.5, 0.5),),
    "P": (_line((0.0, -0.06), (0.0, 1.06)), _BOWL_P),
    "Q": (_oval(0.5, 0.5, 0.5, 0.5), _line((0.6, 0.68), (1.04, 1.06))),
    "R": (_line((0.0, -0.06), (0.0, 1.06)), _BOWL_P, _line((0.5, 0.56), (1.0, 1.06))),
    "S": (_S,),
    "T": (_line((-0.05, 0.0), (1.05, 0.0)), _line((0.5, 0.0), (0.5, 1.06))),
    "U": (_path([(0.0, -0.06)], arc(0.5, 0.64, 0.5, 0.36, 180, 0, steps=14), [(1.0, -0.06)]),),
    "V": (_line((-0.03, -0.06), (0.46, 1.0), (0.54, 1.0), (1.03, -0.06)),),
    "W": (_line((0.0, -0.06), (0.24, 1.0), (0.5, 0.25), (0.76, 1.0), (1.0, -0.06)),),
    "X": (_line((0.0, -0.06), (1.0, 1.06)), _line((1.0, -0.06), (0.0, 1.06))),
    "Y": (_line((0.0, -0.06), (0.5, 0.52), (1.0, -0.06)), _line((0.5, 0.5), (0.5, 1.06))),
    "Z": (_line((0.0, 0.0), (0.96, 0.0), (0.04, 1.0), (1.05, 1.0)),),
    "У": (_line((0.0, -0.06), (0.56, 0.6)), _line((1.0, -0.06), (0.28, 1.06))),
    "Б": (_line((0.95, 0.0), (0.0, 0.0), (0.0, 1.06)), _BOWL_RIGHT_BOTTOM),
    "Г": (_line((1.0, 0.0), (0.0, 0.0), (0.0, 1.06)),),
    "Д": (
        _line((0.12, 0.85), (0.3, 0.0), (0.85, 0.0), (0.85, 0.85)),
        _line((0.0, 1.06), (0.0, 0.85), (1.0, 0.85), (1.0, 1.06)),
    ),
    "Ж": (
        _line((0.5, -0.06), (0.5, 1.06)),
        _line((0.0, -0.06), (0.42, 0.5), (0.0, 1.06)),
        _line((1.0, -0.06), (0.58, 0.5), (1.0, 1.06)),
    ),
    "З": (
        _path(arc(0.45, 0.25, 0.45, 0.25, -160, 90), [(0.35, 0.5)]),
        _path([(0.35, 0.5)], arc(0.48, 0.75, 0.5, 0.25, -90, 158)),
    ),
    "И": (_line((0.0, -0.06), (0.0, 1.0), (1.0, 0.0), (1.0, 1.06)),),
    "Л": (_line((-0.03, 1.06), (0.34, 0.0), (1.0, 0.0), (1.0, 1.06)),),
    "П": (_line((0.0, 1.06), (0.0, 0.0), (1.0, 0.0), (1.0, 1.06)),),
    "Ф": (_oval(0.5, 0.44, 0.5, 0.3), _line((0.5, -0.06), (0.5, 1.06))),
    "Ц": (_line((0.0, -0.06), (0.0, 0.87), (1.0, 0.87), (1.0, 1.1)), _line((0.85, -0.06), (0.85, 0.87))),
    "Ч": (
        _path([(0.0, -0.06)], arc(0.4, 0.32, 0.4, 0.26, 180, 90, steps=6), [(1.0, 0.58)]),
        _line((1.0, -0.06), (1.0, 1.06)),
    ),
    "Ш": (_line((0.0, -0.06), (0.0, 1.0), (1.0, 1.0), (1.0, -0.06)), _line((0.5, -0.06), (0.5, 1.0))),
    "Щ": (
        _line((0.0, -0.06), (0.0, 0.87), (1.0, 0.87), (1.0, 1.1)),
        _line((0.88, -0.06), (0.88, 0.87)),
        _line((0.44, -0.06), (0.44, 0.87)),
    ),
    "Э": (*_mirrored((_path(arc(0.5, 0.5, 0.5, 0.5, -42, -318, steps=24)),)), _line((0.4, 0.5), (1.0, 0.5))),
    "Ю": (_line((0.0, -0.06), (0.0, 1.06)), _line((0.0, 0.5), (0.34, 0.5)), _oval(0.66, 0.5, 0.34, 0.5)),
    "Я": _mirrored(
        (_line((0.0, -0.06), (0.0, 1.06)), _BOWL_P, _line((0.5, 0.56), (1.0, 1.06))),
    ),
    "-": (_line((0.0, 0.5), (1.0, 0.5)),),
    "·": (_oval(0.5, 0.3, 0.5, 0.13), _oval(0.5, 0.72, 0.5, 0.13)),
}

_ROUND_TOP_SIX = (
    _oval(0.5, 0.7, 0.5, 0.3),
    _path(arc(0.5, 0.29, 0.5, 0.29, -18, -180, steps=9), [(0.0, 0.7)]),
)
_UPRIGHT_C = (arc(0.5, 0.27, 0.5, 0.27, 2, -180, steps=12), arc(0.5, 0.73, 0.5, 0.27, 180, 0, steps=12))
STRAIGHT_SIDED: Final[dict[str, tuple[Polyline, ...]]] = {
    "3": SKELETONS["З"],
    "6": _ROUND_TOP_SIX,
    "9": _turned(_ROUND_TOP_SIX),
    "C": (_path(*_UPRIGHT_C),),
    "D": (
        _path(
            [(0.0, 0.0), (0.5, 0.0)],
            arc(0.5, 0.26, 0.5, 0.26, -90, 0, steps=6),
            arc(0.5, 0.74, 0.5, 0.26, 0, 90, steps=6),
            [(0.0, 1.0), (0.0, -0.07)],
        ),
    ),
    "G": (_path(*_UPRIGHT_C, [(1.0, 0.54), (0.56, 0.54)]),),
    "O": (_stadium(0.29),),
    "Q": (_stadium(0.29), _line((0.58, 0.7), (1.02, 1.06))),
    "U": (_path([(0.0, -0.06)], arc(0.5, 0.73, 0.5, 0.27, 180, 0, steps=12), [(1.0, -0.06)]),),
}
"""Symbols of narrow typefaces in the style of DIN 1451 (much of Europe): straight sides, a bowl that ends in a
vertical. Symbols not listed here are drawn as in `SKELETONS`."""

_SERIFS: Final = (_line((0.5, 0.0), (0.5, 1.0)), _line((-0.1, 0.0), (1.1, 0.0)), _line((-0.1, 1.0), (1.1, 1.0)))
_CUT_ZERO = (
    _path(
        arc(0.5, 0.2, 0.5, 0.2, -78, -180, steps=8),
        arc(0.5, 0.8, 0.5, 0.2, 180, 0, steps=14),
        [(1.0, 0.09), (0.8, 0.25)],
    ),
)
CUT: Final[dict[str, tuple[Polyline, ...]]] = {
    **SKELETONS,
    **{symbol: STRAIGHT_SIDED[symbol] for symbol in "CGOQU"},
    "0": _CUT_ZERO,
    "1": (_line((0.0, 0.24), (0.5, 0.0), (0.5, 1.0)), _line((-0.04, 1.0), (1.04, 1.0))),
    "7": (_line((0.0, 0.2), (0.0, 0.0), (0.94, 0.0), (0.94, 0.12), (0.62, 0.5), (0.48, 0.76), (0.42, 1.06)),),
    "D": (
        _path(
            [(-0.1, 0.0), (0.5, 0.0)],
            arc(0.5, 0.26, 0.5, 0.26, -90, 0, steps=6),
            arc(0.5, 0.74, 0.5, 0.26, 0, 90, steps=6),
            [(-0.1, 1.0)],
        ),
        _line((0.08, 0.0), (0.08, 1.0)),
    ),
    "I": _SERIFS,
    "J": (_path([(0.12, 0.0), (0.94, 0.0)], arc(0.47, 0.72, 0.47, 0.28, 0, 165)),),
}
"""After FE-Schrift, which is designed so that no symbol can be altered into another: a zero cut open at its upper
right, unlike an O; 7 with a hook, which makes a blurred one resemble a 2; 1 with a foot, I and D with serifs, J with a bar, a flat-topped 3, 6 and 9 with a straight back."""
UZBEK: Final[dict[str, tuple[Polyline, ...]]] = {
    **CUT,
    "U": (*STRAIGHT_SIDED["U"], _line((1.0, 0.9), (1.0, 1.06))),
    "W": (_line((0.0, -0.06), (0.16, 1.0), (0.5, 0.32), (0.84, 1.0), (1.0, -0.06)),),
    "Y": (_line((0.0, -0.06), (0.5, 0.66), (1.0, -0.06)), _line((0.5, 0.64), (0.5, 1.06))),
}
"""As on the plates of Uzbekistan: W nearly upright with a low middle, Y with a short stem, U with a spur."""

KAZAKH: Final[dict[str, tuple[Polyline, ...]]] = {
    **SKELETONS,
    "I": _SERIFS,
    **{symbol: STRAIGHT_SIDED[symbol] for symbol in "369"},
}
"""As on plates of Kazakhstan: an I with serifs; without its foot it would be a T."""
ARMENIAN: Final = CUT
"""As on plates of Armenia since 2014."""

FORMS: Final = {
    "round": SKELETONS,
    "straight": SKELETONS | STRAIGHT_SIDED,
    "uzbek": UZBEK,
    "kazakh": KAZAKH,
    "armenian": ARMENIAN,
}
"""The available shapes, by name."""

_DIGIT_WIDTH = 0.58
_LETTER_WIDTH = 0.62
_OWN_WIDTHS = {
    "1": 0.36, "I": 0.17, "J": 0.5, "-": 0.34, "·": 0.38,
    "A": 0.72, "B": 0.64, "C": 0.68, "D": 0.68, "E": 0.58, "G": 0.7, "H": 0.65, "K": 0.66, "M": 0.72, "N": 0.7,
    "O": 0.72, "P": 0.64, "Q": 0.74, "R": 0.66, "T": 0.68, "U": 0.68, "V": 0.7, "W": 0.86, "X": 0.68, "Y": 0.68,
    "У": 0.66, "Д": 0.76, "Ж": 0.9, "Ф": 0.8, "Ш": 0.84, "Щ": 0.9, "Ю": 0.92,
}  # fmt: skip
WIDTHS: Final[dict[str, float]] = {
    symbol: _OWN_WIDTHS.get(symbol, _DIGIT_WIDTH if symbol.isdigit() else _LETTER_WIDTH) for symbol in SKELETONS
}
"""Width of each symbol relative to the cap height, stroke included."""
_CUT_WIDTHS: Final = {"1": 0.5, "I": 0.46, "J": 0.58}
_FORMS_WIDTHS: Final = {"uzbek": _CUT_WIDTHS, "kazakh": {"I": 0.53}, "armenian": _CUT_WIDTHS}
FORM_WIDTHS: Final = {name: WIDTHS | _FORMS_WIDTHS.get(name, {}) for name in FORMS}
"""The same for each of `FORMS`."""
