"""Typefaces as coverage masks: our own strokes in many weights, and the machine's free fonts for variety.

A mask is `uint8 [CAP_PX, width]`, 255 where there is ink, as tall as the capital letters. Masks are cached, because a
renderer needs the same few hundred again and again.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from models.training.plates.strokes import FORM_WIDTHS, FORMS, Polyline

CAP_PX: Final = 72
_SUPER: Final = 3

Mask = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class StrokeFace:
    """Our own strokes.

    `weight` is the stroke width relative to the cap height (GOST: 11 mm on 76 mm), `condense` scales the widths,
    `rounding` is the radius of the outer corners relative to the cap height, `russian` draws У for Y as on Russian
    plates, `form` names one of `FORMS`.
    """

    weight: float = 0.145
    condense: float = 1.0
    rounding: float = 0.02
    russian: bool = True
    form: str = "round"

    def skeleton(self, symbol: str) -> tuple[Polyline, ...]:
        return FORMS[self.form][symbol]

    def mask(self, symbol: str) -> Mask:
        return _stroke_mask(self, "У" if symbol == "Y" and self.russian else symbol)


@dataclass(frozen=True, slots=True)
class FontFace:
    """A TrueType font of the machine; missing symbols are drawn with our strokes."""

    path: str
    condense: float = 1.0
    russian: bool = True

    def mask(self, symbol: str) -> Mask:
        return _font_mask(self, "У" if symbol == "Y" and self.russian else symbol)


Typeface = StrokeFace | FontFace


@functools.lru_cache(maxsize=20_000)
def _stroke_mask(face: StrokeFace, symbol: str) -> Mask:
    cap = CAP_PX * _SUPER
    stroke = face.weight * cap
    natural = FORM_WIDTHS[face.form][symbol] * face.condense * cap
    width = max(natural, stroke)
    canvas = np.zeros((cap, round(width)), np.uint8)
    span = np.array([max(width - stroke, 0.0), cap - stroke])
    for polyline in face.skeleton(symbol):
        _draw(canvas, np.asarray(polyline) * span + stroke / 2, stroke / 2)
    if face.rounding > 0:
        sigma = face.rounding * cap
        pad = round(3 * sigma)
        padded = cv2.copyMakeBorder(canvas, pad, pad, pad, pad, cv2.BORDER_CONSTANT, value=(0,))
        blurred = cv2.GaussianBlur(padded, (0, 0), sigma)[pad:-pad, pad:-pad]
        canvas = np.where(blurred > 127, 255, 0).astype(np.uint8)
    return np.asarray(
        cv2.resize(canvas, (max(2, round(width / _SUPER)), CAP_PX), interpolation=cv2.INTER_AREA), np.uint8
    )


def _draw(canvas: Mask, points: NDArray[np.float64], half: float) -> None:
    """Draw one stroke: a rectangle per segment, a disc or a mitre at each joint, square ends."""
    steps = np.diff(points, axis=0)
    lengths = np.hypot(steps[:, 0], steps[:, 1])
    keep = lengths > 1e-6
    steps, lengths, starts, ends = steps[keep], lengths[keep], points[:-1][keep], points[1:][keep]
    normals = np.stack([-steps[:, 1], steps[:, 0]], axis=1) / lengths[:, None] * half
    for start, end, normal in zip(starts, ends, normals, strict=True):
        _fill(canvas, np.array([start + normal, end + normal, end - normal, start - normal]))
    for index in range(len(starts) - 1):
        before, after, at = normals[index], normals[index + 1], ends[index]
        cosine = float(before @ after) / half**2
        if cosine > 0.7:  # along a curve
            cv2.circle(canvas, (round(at[0] * 16), round(at[1] * 16)), round(half * 16), 255, -1, cv2.LINE_8, 4)
            continue
        turn = float(before[0] * after[1] - before[1] * after[0])
        side = -1.0 if turn > 0 else 1.0
        tip = (before + after) / max(1 + cosine, 0.35)
        _fill(canvas, np.array([at, at + side * before, at + side * tip, at + side * after]))


def _fill(canvas: Mask, polygon: NDArray[np.float64]) -> None:
    cv2.fillConvexPoly(canvas, np.round(polygon * 16).astype(np.int32), 255, cv2.LINE_8, 4)


@functools.lru_cache(maxsize=20_000)
def _font_mask(face: FontFace, symbol: str) -> Mask:
    from PIL import Image, ImageDraw, ImageFont  # noqa: PLC0415 - only for such typefaces

    font = ImageFont.truetype(face.path, CAP_PX * 2)
    left, top, right, bottom = font.getbbox("H")
    cap = bottom - top
    left, _, right, lowest = font.getbbox(symbol)
    if right - left < 3:
        return _stroke_mask(StrokeFace(russian=face.russian, condense=face.condense), symbol)
    # A J or Q that extends below the line would lose what distinguishes it from an I or O, so it is raised onto the
    # line.
    tall = max(cap, lowest - top)
    picture = Image.new("L", (int(right - left) + 2, int(tall)), 0)
    ImageDraw.Draw(picture).text((1 - left, -top), symbol, font=font, fill=255)
    width = max(2, round((right - left) / cap * CAP_PX * face.condense))
    return np.asarray(cv2.resize(np.asarray(picture), (width, CAP_PX), interpolation=cv2.INTER_AREA), np.uint8)


_SANS = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf")
_DEBIAN_SANS = (
    "DejaVuSansCondensed-Bold.ttf", "DejaVuSansCondensed.ttf", "LiberationSans-Bold.ttf", "LiberationSans-Regular.ttf",
    "LiberationSansNarrow-Bold.ttf", "FreeSansBold.ttf", "Roboto-Bold.ttf",
    "Roboto-Medium.ttf", "RobotoCondensed-Bold.ttf",
)  # fmt: skip


@functools.cache
def font_paths(extra: str | None = None) -> tuple[str, ...]:
    """Free sans-serif fonts that are available: matplotlib's, Debian's if installed, those in `extra`.

    None is required: our strokes alone can draw every plate.
    """
    found: list[Path] = []
    try:
        import matplotlib as mpl  # noqa: PLC0415 - an optional source

        found += [Path(mpl.get_data_path()) / "fonts" / "ttf" / name for name in _SANS]
    except ImportError:
        pass
    debian = Path("/usr/share/fonts/truetype")
    if debian.is_dir():
        found += sorted(path for path in debian.rglob("*.ttf") if path.name in _DEBIAN_SANS)
    if extra:
        found += sorted(Path(extra).glob("*.ttf"))
    return tuple(str(path) for path in found if path.is_file())
