"""Layouts of plates: runs of symbols, captions, bars, bands and flags, in millimetres of the plate.

One function per family of plates; `layout` selects it by format id (`core.plates.formats`). Sizes follow the standards
to a few millimetres; the renderer adds more jitter than that.
"""

from __future__ import annotations

from typing import Final

from core.plates.formats import FORMATS
from models.training.plates.neighbours import OWN
from models.training.plates.parts import LINE, SEPARATORS, SIZES, Bar, Layout, Patch, Run, caps_of, changes_of

_RUSSIAN_CELLS: Final[dict[int, tuple[tuple[float, ...], float]]] = {
    2: ((0.110, 0.235, 0.343, 0.449, 0.571, 0.676, 0.818, 0.904), 394.0),
    3: ((0.100, 0.212, 0.317, 0.427, 0.528, 0.632, 0.757, 0.832, 0.913), 364.0),
}
"""Centres of the symbols on a car's plate, in plate widths, and the bar before the region in millimetres, by the number
of region digits. Measured on 70 and 64 photographed plates along their detected corners, to about a hundredth."""
_CAR: Final = ("LDDDLLRR", "LDDDLLRRR")
_FLAGLESS: Final = 0.25
"""Share of older plates, without a flag."""
_LOOSELY: Final = 0.85
"""Above this `style`: symbols not pressed to the standard."""
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
    "uz_private": ("RR|L DDD LL", "RR|L DDD LL", "RR|L DDDLL"),
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
"""Plates that may also have a flag or a coat of arms above the code instead of the band."""
_BAND_RIGHT: Final = {"uz_private", "uz_legal", "tj", "ge_2014"}
_SMALL_REGION_FIRST: Final = {"uz_private", "uz_legal"}
_CLOSE: Final = {"uz_private", "uz_legal", "tj"}
_CLOSELY: Final = 0.4
"""Share of them whose groups stand so close that only the bar tells the first; on the others a gap does."""
_WITHOUT_FLAG: Final = 0.92
"""Above this style an Armenian plate is of the earlier kind, without anything at the left end."""
_CODES: Final = {
    "BY": "BY", "KZ": "KZ", "MD": "MD", "UA": "UA", "GE": "GE", "AM": "AM", "AZ": "AZ", "KG": "KG", "UZ": "UZ", "TJ": "TJ",
    "MN": "MGL", "TM": "TM", "XT": "PMR",
}  # fmt: skip


def layout(format_id: str, text: str, pattern: str, *, style: float = 0.0, country_code: str = "D") -> Layout:
    """The layout of `text`, which follows `pattern`. `style` (0 to 1) selects among the spacings in use."""
    plate_format = FORMATS[format_id]
    if plate_format.country in {"RU", "XA", "XO"} or format_id.startswith("ru_"):
        if plate_format.top:
            return _russian_two_lines(text, pattern, top=plate_format.top, size=SIZES.get(format_id, (290.0, 170.0)))
        if pattern in _CAR and style <= _LOOSELY:
            return _russian_car(text, len(text) - 6, style=style)
        return _russian_line(text, pattern, style=style)
    if format_id in OWN and not (format_id == "am" and style > _WITHOUT_FLAG):
        return OWN[format_id](text, pattern, style)
    if plate_format.top:
        return _two_lines(text, pattern, top=plate_format.top, size=SIZES.get(format_id, (290.0, 180.0)))
    code = _CODES.get(plate_format.country, country_code if plate_format.country == "EU" else "")
    return _line(format_id, text, pattern, style=style, code=code)


def _russian_car(text: str, region: int, *, style: float) -> Layout:
    """A car's plate with each symbol in its cell.

    A third region digit takes its space from the gap before the letters.
    """
    width, height = LINE
    cells, divide = _RUSSIAN_CELLS[region]
    centres = tuple(width * at for at in cells)
    flag = style > _FLAGLESS
    end = divide + 62 if flag else width - 24
    runs = (
        Run(
            text[:6],
            centres[0] - 30,
            divide - 8,
            95.0,
            caps_of("LDDDLL", letters=60.0, digits=76.0),
            centres=centres[:6],
        ),
        Run(text[6:], divide + 8, width - 19, 72.0, (58.0,) * region, centres=centres[6:]),
        Run("RUS", divide + 14, end, 100.0, (20.0,) * 3, plain=True),
    )
    patches = (Patch(end + 6, 78, end + 38, 99, "flag"),) if flag else ()
    return Layout(width, height, runs, (Bar(divide, 3, divide, height - 3, 2.5),), patches)


def _russian_line(text: str, pattern: str, *, style: float) -> Layout:
    width, height = LINE
    stem = pattern.removesuffix("dpr").removesuffix("lpr").removesuffix("abh").removesuffix("rso").rstrip("R")
    region = pattern[len(stem) :]
    divide = width - (147.0 if len(region) == 3 else 120.0)
    right = divide if region or style < 0.7 else width
    caps = caps_of(stem, letters=60.0, digits=76.0)
    tight = len(stem) >= 7
    left = 22.0 if tight else 32.0
    gap_end = 7.0 if tight or len(region) == 3 else 10.0
    runs = [Run(text[: len(stem)], left, right - gap_end, 95.0, caps, changes_of(stem), looseness=0.09)]
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
            caps_of(upper, letters=letters, digits=big),
            changes_of(upper),
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
            caps_of(stem, letters=letters * 0.95, digits=big * 0.86),
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
        Run(text[:top], width * wide, width * (1 - wide), height * 0.47, (cap,) * len(upper), changes_of(upper)),
        Run(text[top:], width * 0.07, width * 0.93, height * 0.92, (cap,) * len(lower), changes_of(lower)),
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
    looseness = 0.06 if format_id in _CLOSE and style * 13 % 1 < _CLOSELY else 0.25
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


def _spelling(format_id: str, pattern: str, style: float) -> str:
    """The pattern with its spaces, hyphens and bars."""
    fitting = [s for s in _SPACED.get(format_id, ()) if _bare(s) == pattern.upper().replace("-", "")]
    if fitting:
        return fitting[int(style * 7919) % len(fitting)]
    breaks = set(changes_of(pattern)) if "X" not in pattern else {int(style * 7919) % (len(pattern) - 1)}
    return "".join(slot + (" " if i in breaks else "") for i, slot in enumerate(pattern))


def _bare(spaced: str) -> str:
    return "".join(c for c in spaced if c not in " -|·").upper()
