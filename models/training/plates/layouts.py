"""Where everything stands on a plate: runs of symbols, captions, bars, bands and flags, in millimetres of the plate.

One function a family of plates; `layout` picks it by format id (`core.formats`). Sizes follow the standards to
a few millimetres: the renderer adds more jitter than that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from core.formats import FORMATS


@dataclass(frozen=True, slots=True)
class Run:
    """Symbols on one base line between `x0` and `x1`; `caps` is the height of each."""

    text: str
    x0: float
    x1: float
    base: float
    caps: tuple[float, ...]
    loose: tuple[int, ...] = ()
    """Indices after which a wider gap stands."""
    looseness: float = 0.32
    """How much wider, over the cap height."""
    plain: bool = False
    """A caption, no part of the plate's text: drawn light and never jittered away."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A thin line in the ink's colour."""

    x0: float
    y0: float
    x1: float
    y1: float
    width: float = 3.0


@dataclass(frozen=True, slots=True)
class Patch:
    """A filled place, by its `kind`.

    A flag (`flag`, `flag_am`, `flag_blue`, `flag_red`), a country band (`band`), an emblem or hologram (`seal`), a strip of
    holograms (`strip`), a corner of the plate that is cut off (`corner_left`, `corner_right`).
    """

    x0: float
    y0: float
    x1: float
    y1: float
    kind: str


@dataclass(frozen=True, slots=True)
class Layout:
    """A plate face before it is drawn."""

    width: float
    height: float
    runs: tuple[Run, ...]
    bars: tuple[Bar, ...] = ()
    patches: tuple[Patch, ...] = ()
    border: float = 3.0


LINE: Final = (520.0, 112.0)
SEPARATORS: Final = "-·"
"""What stands between symbols and is no part of the text."""
_SIZES: Final = {
    "ru_1a": (290.0, 170.0), "ru_3": (288.0, 206.0), "ru_4": (190.0, 145.0), "ru_4a": (245.0, 185.0), "ru_4b": (190.0, 145.0),
    "ru_7": (190.0, 145.0), "ru_8": (288.0, 206.0), "ru_10m": (190.0, 145.0), "ru_22": (190.0, 145.0),
    "ru_classic_moto": (190.0, 145.0), "ru_racing_moto": (190.0, 145.0), "su_moto": (245.0, 160.0),
    "by_square": (280.0, 202.0), "kz_2012_square": (280.0, 202.0), "uz_square": (290.0, 170.0), "am_square": (290.0, 170.0),
    "ua_square": (300.0, 180.0), "ua_tractor": (288.0, 206.0), "ge_1993": (520.0, 112.0),
}  # fmt: skip
_SPACED: Final[dict[str, tuple[str, ...]]] = {
    "su_white": ("L DDDD LL", "DD-DD LLL"),
    "su_black": ("DD-DD LLL", "L DDDD LL"),
    "by_car": ("DDDD LL-D",),
    "by_electric": ("E DDD LL-D",),
    "by_truck": ("LL DDDD-D",),
    "by_trailer": ("L DDDDL-D", "L DDDD L-D"),
    "by_taxi": ("D TAX DDDD",),
    "kz_1993": ("A DDD LLL", "A DDD LL", "A DDDD LL"),
    "kg_1994": ("A DDDD L", "A DDDD LL"),
    "uz_private": ("RR|L DDD LL",),
    "uz_legal": ("RR|DDD LLL", "RR|H DDDDDD", "RR|M DDDDDD"),
    "tj": ("DDDD LL|RR", "DDD LL|RR"),
    "az": ("RR - LL - DDD", "RR-LL-DDD"),
    "ge_2014": ("LL-DDD-LL", "LL DDD LL"),
    "ge_1993": ("LLL-DDD", "LLL DDD"),
    "md_1992": ("LLL DDD", "LL LL DDD"),
    "ua_1995": ("DDD-DD LL",),
    "eu": (
        "LL L DDD",
        "LLL-DDD",
        "LL·L DDDD",
        "LL·LL DDD",
        "LL·LL DDDD",
        "L·LL DDD",
        "LLL·DDDD",
        "LL·DDDLL",
        "LL-DDD-LL",
        "LL DDDLL",
        "LL·DDDLL",
        "LL-DDDLL",
        "DLD·DDDD",
        "DLD DDDD",
        "LL DDDDD",
        "LLDD LLL",
        "LL-DDDD",
    ),
}
_BAND_LEFT: Final = {
    "by_car", "by_electric", "by_truck", "by_trailer", "kz_1993", "md_2015", "ua_2015", "ge_2014", "am", "az",
    "eu", "ua_2004", "md_transnistria", "mn", "tm",
}  # fmt: skip
_FLAGGED: Final = {"by_car": "flag", "by_truck": "flag", "by_trailer": "flag", "ua_2004": "flag_blue", "eu": "seal"}
"""Plates that also come, or came, with a flag or a coat of arms above the code instead of the band."""
_BAND_RIGHT: Final = {"uz_private", "uz_legal", "tj", "ge_2014"}
_SMALL_REGION_FIRST: Final = {"uz_private", "uz_legal"}
_CLOSE: Final = {"uz_private", "uz_legal", "tj"}
_CODES: Final = {
    "BY": "BY", "KZ": "KZ", "MD": "MD", "UA": "UA", "GE": "GE", "AM": "AM", "AZ": "AZ", "KG": "KG", "UZ": "UZ", "TJ": "TJ",
    "MN": "MGL", "TM": "TM", "XT": "PMR",
}  # fmt: skip


def layout(format_id: str, text: str, pattern: str, *, style: float = 0.0, country_code: str = "D") -> Layout:
    """The layout of `text`, which follows `pattern`. `style` (0 to 1) chooses among the spellings in use."""
    plate_format = FORMATS[format_id]
    if plate_format.country in {"RU", "XA", "XO"} or format_id.startswith("ru_"):
        if plate_format.top:
            return _russian_two_lines(text, pattern, top=plate_format.top, size=_SIZES.get(format_id, (290.0, 170.0)))
        return _russian_line(text, pattern, style=style)
    if format_id in _OWN:
        return _OWN[format_id](text, pattern, style)
    if plate_format.top:
        return _two_lines(text, pattern, top=plate_format.top, size=_SIZES.get(format_id, (290.0, 180.0)))
    if format_id == "kg_2016":
        return _kyrgyz_line(text, pattern)
    code = _CODES.get(plate_format.country, country_code if plate_format.country == "EU" else "")
    return _line(format_id, text, pattern, style=style, code=code)


def _caps(pattern: str, *, letters: float, digits: float) -> tuple[float, ...]:
    return tuple(digits if slot in "DR" else letters for slot in pattern)


def _changes(pattern: str) -> tuple[int, ...]:
    """Indices after which letters turn into digits or back."""
    digit = [slot in "DR" for slot in pattern]
    return tuple(i for i in range(len(digit) - 1) if digit[i] != digit[i + 1])


def _russian_line(text: str, pattern: str, *, style: float) -> Layout:
    width, height = LINE
    stem = pattern.removesuffix("dpr").removesuffix("lpr").removesuffix("abh").removesuffix("rso").rstrip("R")
    region = pattern[len(stem) :]
    divide = width - (147.0 if len(region) == 3 else 120.0)
    right = divide if region or style < 0.7 else width
    caps = _caps(stem, letters=60.0, digits=76.0)
    tight = len(stem) >= 7
    left = 22.0 if tight else 32.0
    gap_end = 7.0 if tight or len(region) == 3 else 10.0
    runs = [Run(text[: len(stem)], left, right - gap_end, 95.0, caps, _changes(stem), looseness=0.09)]
    bars: list[Bar] = []
    patches: list[Patch] = []
    if right < width:
        bars.append(Bar(divide, 3, divide, height - 3, 2.5))
        if region:
            digits = set(region) <= set("R")
            cap = 58.0 if digits else 46.0
            runs.append(Run(text[len(stem) :], divide + 8, width - 19, 14 + cap, (cap,) * len(region)))
        flag = style > 0.25
        end = divide + 62 if flag else width - 24
        runs.append(Run("RUS", divide + 14, end, 100.0, (20.0,) * 3, plain=True))
        if flag:
            patches.append(Patch(end + 6, 78, end + 38, 99, "flag"))
    if stem.endswith(("k", "c")):
        bars.append(Bar(right - 62, 20, right - 62, height - 16, 2.5))
    return Layout(width, height, tuple(runs), tuple(bars), tuple(patches))


def _russian_two_lines(text: str, pattern: str, *, top: int, size: tuple[float, float]) -> Layout:
    width, height = size
    upper, lower = pattern[:top], pattern[top:]
    stem = lower.rstrip("R")
    region = lower[len(stem) :]
    big = height * 0.40
    letters = big * 0.80
    base1, base2 = height * 0.50, height * 0.935
    runs = [
        Run(
            text[:top],
            width * 0.07,
            width * 0.93,
            base1,
            _caps(upper, letters=letters, digits=big),
            _changes(upper),
            looseness=0.12,
        )
    ]
    divide = width * (0.42 if len(region) == 3 else 0.5)
    if len(stem) > 2:
        divide = width * 0.58
    small = height * 0.30
    bars = [Bar(divide, height * 0.54, divide, height - 3, 2.0)]
    runs.append(
        Run(
            text[top : top + len(stem)],
            width * 0.07,
            divide - width * 0.02,
            base2,
            _caps(stem, letters=letters * 0.95, digits=big * 0.86),
        )
    )
    runs.append(
        Run(
            text[top + len(stem) :],
            divide + width * 0.04,
            width * 0.94,
            height * 0.58 + small * 0.9,
            (small * 0.86,) * len(region),
        )
    )
    runs.append(Run("RUS", divide + width * 0.06, width * 0.78, height * 0.955, (height * 0.085,) * 3, plain=True))
    patch = Patch(width * 0.81, height * 0.875, width * 0.92, height * 0.955, "flag")
    bars.append(Bar(divide, height * 0.54, width - 3, height * 0.54, 2.0))
    return Layout(width, height, tuple(runs), tuple(bars), (patch,))


def _two_lines(text: str, pattern: str, *, top: int, size: tuple[float, float]) -> Layout:
    width, height = size
    cap = height * 0.37
    upper, lower = pattern[:top], pattern[top:]
    wide = 0.1 if top > 2 else 0.24
    runs = (
        Run(text[:top], width * wide, width * (1 - wide), height * 0.47, (cap,) * len(upper), _changes(upper)),
        Run(text[top:], width * 0.07, width * 0.93, height * 0.92, (cap,) * len(lower), _changes(lower)),
    )
    band = (Patch(6, 8, width * 0.1, height * 0.45, "band"),) if wide > 0.2 else ()
    return Layout(width, height, runs, (), band)


def _line(format_id: str, text: str, pattern: str, *, style: float, code: str) -> Layout:
    width, height = LINE
    left, right = 18.0, width - 18.0
    patches: list[Patch] = []
    runs: list[Run] = []
    if format_id in _FLAGGED and 0.2 < style < 0.5:
        patches.append(Patch(13, 22, 47, 48, _FLAGGED[format_id]))
        runs.append(Run(code, 10, 50, height - 18, (20.0,) * len(code), plain=True))
        left = 58.0
    elif format_id in _BAND_LEFT and style < 0.8:
        patches.append(Patch(3, 3, 44, height - 3, "band"))
        runs.append(Run(code, 8, 40, height - 14, (18.0,) * len(code), plain=True))
        left = 54.0
    if format_id in _BAND_RIGHT:
        patches.append(Patch(width - 46, 22, width - 16, 50, "flag"))
        runs.append(Run(code, width - 48, width - 14, height - 24, (22.0,) * len(code), plain=True))
        right = width - 50.0
    cap = 78.0 if style < 0.5 else 70.0
    spaced = _spelling(format_id, pattern, style)
    parts = spaced.split("|")
    small = {0: 56.0} if format_id in _SMALL_REGION_FIRST else {}
    cells = [(len(part) + 0.6) * small.get(index, cap) for index, part in enumerate(parts)]
    scale = (right - left) / sum(cells)
    looseness = 0.06 if format_id in _CLOSE else 0.25
    bars: list[Bar] = []
    at, x = 0, left
    for index, part in enumerate(parts):
        symbols, slots, loose = "", "", []
        for slot in part:
            if slot == " ":
                loose.append(len(symbols) - 1)
            elif slot in SEPARATORS:
                symbols, slots = symbols + slot, slots + slot
            else:
                symbols, slots, at = symbols + text[at], slots + slot, at + 1
        end = x + cells[index] * scale
        tall = small.get(index, cap)
        runs.append(Run(symbols, x + 6, end - 8, (height + cap) / 2, (tall,) * len(symbols), tuple(loose), looseness))
        if index < len(parts) - 1:
            bars.append(Bar(end, 3, end, height - 3, 2.5))
        x = end
    return Layout(width, height, tuple(runs), tuple(bars), tuple(patches))


def _kazakh_line(text: str, pattern: str, _: float) -> Layout:
    """Much like the Russian type 1: large digits, smaller letters, a region box; a flag above KZ at the left."""
    width, height = LINE
    stem = pattern.rstrip("R")
    divide = width - 116.0
    runs = (
        Run("KZ", 16, 54, 95.0, (21.0, 21.0), plain=True),
        Run(text[: len(stem)], 62, divide - 10, 94.0, _caps(stem, letters=60.0, digits=75.0), _changes(stem), 0.1),
        Run(text[len(stem) :], divide + 10, width - 16, 91.0, (70.0,) * (len(pattern) - len(stem))),
    )
    patch = Patch(15, 20, 55, 50, "flag_blue")
    return Layout(width, height, runs, (Bar(divide, 3, divide, height - 3, 2.5),), (patch,))


def _kazakh_square(text: str, pattern: str, style: float) -> Layout:
    """Digits beside a flag and KZ; below them the region in a box at the left, and the letters."""
    width, height = _SIZES["kz_2012_square"]
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
    if style > 0.92:  # the plates before, with a bare left end
        return _line("am", text, pattern, style=style, code="AM")
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
    """As on one line, the second group ends the upper line."""
    width, height = _SIZES["am_square"]
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
    """Five digits above two letters; the plate is cut off to a point at the bottom."""
    width, height = _SIZES["ua_tractor"]
    runs = (
        Run(text[:5], width * 0.07, width * 0.93, height * 0.5, _caps(pattern[:5], letters=74.0, digits=74.0)),
        Run(text[5:], width * 0.3, width * 0.7, height * 0.9, (62.0, 62.0)),
    )
    patches = tuple(Patch(x0, height * 0.6, x1, height, kind) for x0, x1, kind in _CORNERS)
    return Layout(width, height, runs, (), patches)


def _ukrainian_square(text: str, pattern: str, style: float) -> Layout:
    """Two groups of two on each line, or the digits on one line of their own; a flag above UA at the left or none."""
    width, height = _SIZES["ua_square"]
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
            _changes(upper),
        ),
        Run(
            text[split:],
            width * (left if split == 4 else 0.06),
            width * 0.94,
            bases[1],
            (cap,) * len(lower),
            _changes(lower),
        ),
    )
    return Layout(width, height, (*runs, *plain), (), patches)


_CORNERS: Final = ((0.0, 76.0, "corner_left"), (212.0, 288.0, "corner_right"))


def _kyrgyz_line(text: str, pattern: str) -> Layout:
    """A box at the left: the region's code above a flag and KG. Then digits and slightly smaller letters."""
    width, height = LINE
    divide = 104.0
    runs = (
        Run(text[:2], 16, divide - 12, 64.0, (50.0, 50.0)),
        Run(text[2:4], 56, divide - 10, 99.0, (22.0, 22.0)),
        Run(text[4:], divide + 10, width - 16, 95.0, _caps(pattern[4:], letters=68.0, digits=76.0), (2,), 0.25),
    )
    return Layout(width, height, runs, (Bar(divide, 3, divide, height - 3, 2.5),), (Patch(16, 76, 48, 99, "flag_red"),))


_OWN: Final[dict[str, Callable[[str, str, float], Layout]]] = {
    "kz_2012": _kazakh_line,
    "kz_2012_square": _kazakh_square,
    "am": _armenian_line,
    "am_square": _armenian_square,
    "ua_square": _ukrainian_square,
    "ua_tractor": _ukrainian_tractor,
}
"""Formats that have a layout of their own."""


def _spelling(format_id: str, pattern: str, style: float) -> str:
    """The pattern with its spaces, hyphens and bars."""
    fitting = [s for s in _SPACED.get(format_id, ()) if _bare(s) == pattern.upper().replace("-", "")]
    if fitting:
        return fitting[int(style * 7919) % len(fitting)]
    breaks = set(_changes(pattern)) if "X" not in pattern else {int(style * 7919) % (len(pattern) - 1)}
    return "".join(slot + (" " if i in breaks else "") for i, slot in enumerate(pattern))


def _bare(spaced: str) -> str:
    return "".join(c for c in spaced if c not in " -|·").upper()
