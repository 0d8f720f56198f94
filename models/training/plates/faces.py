"""A plate face drawn flat and clean, `render_flat`, with colours, typeface, jitter and wear of the paint.

Coordinates are millimetres until the very end. A picture may be stretched (`size_px` need not keep the aspect ratio),
because the reader's input is stretched too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.plates.formats import FORMATS, UNKNOWN
from models.training.plates.brush import BoxMm, Brush, Picture
from models.training.plates.layouts import layout
from models.training.plates.parts import Layout
from models.training.plates.strangers import stranger
from models.training.plates.styles import palette, random_typeface
from models.training.plates.texts import pattern_of, random_text
from models.training.plates.typefaces import StrokeFace, font_paths


@dataclass(frozen=True, slots=True)
class FlatPlate:
    """A plate face up to its outer edge."""

    picture: Picture
    """BGR, `[height, width, 3]`."""
    text: str
    format_id: str
    size_mm: tuple[float, float]
    boxes_mm: tuple[BoxMm, ...] = ()
    """Box of each symbol of the text: left, top, right, bottom."""


def render_flat(
    rng: np.random.Generator,
    format_id: str | None = None,
    text: str | None = None,
    *,
    pattern: str | None = None,
    width_px: int = 320,
    size_px: tuple[int, int] | None = None,
    plain: bool = False,
    fonts: str | None = None,
    own_typefaces: bool = False,
) -> FlatPlate:
    """Draw one plate.

    `pattern` lays out a `text` that does not follow its format; the format `UNKNOWN` draws an invented kind.

    `size_px` (width, height) stretches the face; without it the height follows the plate's own shape. `plain` draws
    without jitter in our main typeface. `fonts` names a folder with more TrueType fonts; `own_typefaces` ignores the
    machine's fonts, so that every machine draws the same.
    """
    chosen = format_id or _any_format(rng)
    if chosen == UNKNOWN:
        text, face = stranger(rng)
        return _drawn(
            rng,
            chosen,
            text,
            face,
            size_px or (width_px, _tall(width_px, face)),
            fonts,
            plain=plain,
            own_typefaces=own_typefaces,
        )
    if text is None:
        text, pattern = random_text(rng, chosen)
    else:
        pattern = pattern or pattern_of(chosen, text)
    code = ("D", "PL", "LT", "LV", "EST", "FIN", "F", "I", "E", "CZ", "SK", "RO", "BG")[rng.integers(13)]
    face = layout(chosen, text, pattern, style=0.3 if plain else float(rng.random()), country_code=code)
    size_px = size_px or (width_px, _tall(width_px, face))
    return _drawn(rng, chosen, text, face, size_px, fonts, plain=plain, own_typefaces=own_typefaces)


def _tall(width_px: int, face: Layout) -> int:
    """Height in pixels of an unstretched face."""
    return max(8, round(width_px * face.height / face.width))


def _drawn(
    rng: np.random.Generator,
    format_id: str,
    text: str,
    face: Layout,
    size_px: tuple[int, int],
    fonts: str | None,
    *,
    plain: bool,
    own_typefaces: bool,
) -> FlatPlate:
    look = FORMATS["eu" if format_id == UNKNOWN else format_id]
    typeface = StrokeFace() if plain else random_typeface(rng, look, () if own_typefaces else font_paths(fonts))
    brush = Brush(rng, face, size_px, typeface, palette(rng, look, plain=plain), plain=plain)
    return FlatPlate(brush.draw(), text, format_id, (face.width, face.height), tuple(brush.boxes))


def _any_format(rng: np.random.Generator) -> str:
    ids = tuple(FORMATS)
    return "ru_1" if rng.random() < 0.5 else ids[rng.integers(len(ids))]
