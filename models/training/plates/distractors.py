"""Pictures without a plate: signs, telephone numbers, advertising, grilles, lamps. The reader must answer nothing."""

from __future__ import annotations

import string
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from models.training.plates.surroundings import CANVAS, FACE, ORIGIN, Grey, ground, write
from models.training.plates.typefaces import CAP_PX, FontFace, StrokeFace, font_paths

_WORDS: Final = (
    "AUTO", "CENTER", "SERVICE", "DEALER", "MOTORS", "RUSSIA", "MOSKVA", "TAXI", "DIESEL", "TURBO", "QUATTRO", "HYBRID",
    "OPEN", "STOP", "EXIT", "SALE", "TEL", "WWW", "SCHOOL", "CARGO", "EXPRESS", "LIZING", "ARENDA", "PRODAM",
)  # fmt: skip
_CYRILLIC: Final = (
    "АВТО", "САЛОН", "СЕРВИС", "ДИЛЕР", "ТАКСИ", "ДОСТАВКА", "УЧЕБНАЯ", "ПРОДАМ", "АРЕНДА", "ЛИЗИНГ", "ШИНЫ", "ВЪЕЗД",
    "СТОЯНКА", "РЕКЛАМА", "ЦЕНТР", "МАГАЗИН",
)  # fmt: skip


def distractor(rng: np.random.Generator, *, own_typefaces: bool = False) -> Grey:
    """A canvas without a plate; `own_typefaces` ignores the machine's fonts, as in `faces.render_flat`."""
    canvas = ground(rng, CANVAS)
    kind = rng.random()
    if kind < 0.35:
        return canvas
    x, y = ORIGIN
    w, h = FACE
    if rng.random() < 0.6:
        cv2.rectangle(canvas, (x, y), (x + w, y + h), int(rng.integers(0, 256)), -1)
    if kind < 0.5:
        for line in range(int(rng.integers(1, 4))):
            write(
                rng,
                canvas,
                origin=(x, y + 18 + 20 * line),
                height=float(rng.uniform(9, 20)),
                letters=int(rng.integers(8, 30)),
            )
        return canvas
    lines = int(rng.integers(1, 3))
    for line in range(lines):
        fonts = () if own_typefaces else font_paths()
        _lay(rng, canvas, _phrase(rng), (x, y + line * h // lines, w, h // lines), fonts)
    return canvas


def _phrase(rng: np.random.Generator) -> str:
    kind = rng.random()
    if kind < 0.4:  # a telephone number
        digits = "".join(str(d) for d in rng.integers(0, 10, 11))
        spellings = (
            f"8 {digits[:3]} {digits[3:6]}-{digits[6:8]}-{digits[8:10]}",
            f"{digits[:3]}-{digits[3:5]}-{digits[5:7]}",
            digits,
        )
        return spellings[int(rng.integers(len(spellings)))]
    words = _CYRILLIC if kind < 0.7 else _WORDS
    picked = [str(words[i]) for i in rng.integers(0, len(words), 2)]
    if rng.random() < 0.5:
        return " ".join(picked)
    letters = string.ascii_uppercase if kind >= 0.7 else "АБВГДЕЖЗИКЛМНОПРСТУФХЦЧШЫЭЮЯ"
    return picked[0] + "".join(letters[i] for i in rng.integers(0, len(letters), 6))


def _lay(
    rng: np.random.Generator, canvas: Grey, text: str, box: tuple[int, int, int, int], fonts: tuple[str, ...]
) -> None:
    x, y, w, h = box
    face = FontFace(fonts[rng.integers(len(fonts))], 0.8) if fonts and rng.random() < 0.6 else StrokeFace(russian=False)
    cells: list[NDArray[np.uint8]] = []
    for symbol in text:
        if symbol == " ":
            cells.append(np.zeros((CAP_PX, CAP_PX // 3), np.uint8))
            continue
        try:
            cells.append(face.mask({"Ы": "Ь", "Ъ": "Б", "Ь": "Б"}.get(symbol, symbol)))
        except KeyError:  # our strokes have only the symbols of plates
            cells.append(StrokeFace(russian=False).mask("O"))
        cells.append(np.zeros((CAP_PX, CAP_PX // 9), np.uint8))
    strip = np.hstack(cells)
    tall = float(rng.uniform(0.35, 0.85)) * h
    strip = np.asarray(
        cv2.resize(
            strip,
            (min(w, max(8, round(strip.shape[1] * tall / CAP_PX))), max(6, round(tall))),
            interpolation=cv2.INTER_AREA,
        )
    )
    top, left = y + (h - strip.shape[0]) // 2, x + int(rng.integers(0, max(1, w - strip.shape[1])))
    place = canvas[top : top + strip.shape[0], left : left + strip.shape[1]]
    ink = int(rng.integers(0, 256))
    place[:] = (place * (1 - strip / 255.0) + ink * (strip / 255.0)).astype(np.uint8)
