"""Things that look like plates but are not: dealer boards, banners, signs, stickers, blank boards."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np

from models.training.scenes.textures import Picture, fractal, grey_colour

_FONTS = (
    cv2.FONT_HERSHEY_SIMPLEX,
    cv2.FONT_HERSHEY_DUPLEX,
    cv2.FONT_HERSHEY_COMPLEX,
    cv2.FONT_HERSHEY_TRIPLEX,
    cv2.FONT_HERSHEY_PLAIN,
)
_WORDS = [
    "AUTO",
    "SALON",
    "DILER",
    "MOTOR",
    "SERVICE",
    "SHINY",
    "TAXI",
    "VIP",
    "BANK",
    "MARKET",
    "REMONT",
    "OKNA",
    "DVERI",
    "APTEKA",
    "KAFE",
    "PRODUKTY",
    "ARENDA",
    "PRODAM",
    "SKIDKA",
    "STOP",
    "PARKING",
    "VYEZD",
    "VJEZD",
    "BABY",
    "4x4",
    "TURBO",
    "SPORT",
    "HYBRID",
    "DIESEL",
    "QUATTRO",
    "COMFORT",
    "LUX",
    "CARGO",
    "EXPRESS",
    "GAZ",
    "MEBEL",
    "KLIMAT",
    "CITY",
]


def _telephone(rng: np.random.Generator) -> str:
    digits = rng.integers(0, 10, 10)
    joined = "".join(map(str, digits))
    shapes = (
        f"8({joined[:3]}){joined[3:6]}-{joined[6:8]}-{joined[8:]}",
        f"+7 {joined[:3]} {joined[3:6]} {joined[6:8]} {joined[8:]}",
        f"{joined[:3]}-{joined[3:5]}-{joined[5:7]}",
    )
    return shapes[int(rng.integers(3))]


def _random_words(rng: np.random.Generator) -> str:
    return " ".join(rng.choice(_WORDS, int(rng.integers(1, 4))))


def _line_of_text(rng: np.random.Generator) -> str:
    kind = rng.random()
    if kind < 0.35:
        return _telephone(rng)
    if kind < 0.75:
        return _random_words(rng)
    if kind < 0.9:
        return "www." + str(rng.choice(_WORDS)).lower() + ".ru"
    return str(rng.integers(1, 999)) + str(rng.choice(["", "-A", " m", " km/h", "%", "."]))


def _fit_text(
    rng: np.random.Generator, picture: Picture, text: str, *, top: int, bottom: int, colour: tuple[float, float, float]
) -> None:
    font, thickness = int(rng.choice(_FONTS)), int(rng.integers(1, 6))
    (width, height), _ = cv2.getTextSize(text, font, 1.0, thickness)
    scale = min(0.9 * picture.shape[1] / max(width, 1), 0.8 * (bottom - top) / max(height, 1))
    (width, height), _ = cv2.getTextSize(text, font, scale, thickness)
    place = ((picture.shape[1] - width) // 2, (top + bottom + height) // 2)
    cv2.putText(picture, text, place, font, scale, colour, thickness, cv2.LINE_AA)


def draw_board(rng: np.random.Generator) -> Picture:
    """A board, banner or sticker with words, a telephone number, a logo or nothing at all on it; BGR [h, w, 3]."""
    ratio = rng.uniform(1.2, 7)
    width = int(rng.integers(160, 360))
    height = max(24, int(width / ratio))
    ground = np.asarray(
        grey_colour(rng, low=150, high=255) if rng.random() < 0.5 else rng.uniform(0, 255, 3), np.float32
    )
    field = 0.85 + 0.3 * fractal(rng, height=height, width=width)
    picture = np.clip(ground * field[..., None], 0, 255).astype(np.uint8)
    dark = float(ground.mean()) > 120
    ink = grey_colour(rng, low=0, high=90, spread=20) if dark else grey_colour(rng, low=170, high=255, spread=10)
    kind = rng.random()
    if kind < 0.12:
        pass  # a blank board
    elif kind < 0.7:
        rows = 1 if ratio > 3 else int(rng.integers(1, 4))
        edges = np.linspace(0.06 * height, 0.94 * height, rows + 1).astype(int)
        for top, bottom in pairwise(edges):
            _fit_text(rng, picture, _line_of_text(rng), top=int(top), bottom=int(bottom), colour=ink)
    elif kind < 0.82:  # stripes: a grille, a kerb, a boom
        step = int(rng.integers(6, 40))
        lean = int(rng.integers(-30, 30))
        for x in range(-40, width + 40, 2 * step):
            cv2.fillPoly(
                picture,
                [np.array([(x, 0), (x + step, 0), (x + step + lean, height), (x + lean, height)], np.int32)],
                ink,
            )
    elif kind < 0.9:  # a round or triangular sign
        radius = min(width, height) // 2 - 2
        cv2.circle(picture, (width // 2, height // 2), radius, (30, 30, 200), max(2, radius // 5), cv2.LINE_AA)
        _fit_text(rng, picture, str(rng.integers(5, 99)), top=height // 4, bottom=3 * height // 4, colour=ink)
    else:  # windows or lamps in a row
        for x in range(6, width - 10, int(rng.integers(14, 60))):
            cv2.rectangle(picture, (x, height // 5), (x + int(rng.integers(4, 40)), 4 * height // 5), ink, -1)
    if rng.random() < 0.4:
        cv2.rectangle(picture, (0, 0), (width - 1, height - 1), ink, int(rng.integers(1, 7)))
    return picture


def draw_texts(rng: np.random.Generator, picture: Picture) -> None:
    """Writing directly on a surface: graffiti, a camera's date line, a watermark. Changes the picture in place."""
    height, width = picture.shape[:2]
    for _ in range(int(rng.integers(1, 3))):
        scale = rng.uniform(0.3, 1.6)
        text = (
            _line_of_text(rng)
            if rng.random() < 0.6
            else f"{rng.integers(1, 31):02d}/{rng.integers(1, 13):02d}/20{rng.integers(10, 27)} {rng.integers(24):02d}:{rng.integers(60):02d}:{rng.integers(60):02d}"
        )
        place = (int(rng.uniform(-0.1, 0.7) * width), int(rng.uniform(0.05, 1) * height))
        colour = grey_colour(rng, low=0, high=255, spread=30)
        cv2.putText(picture, text, place, int(rng.choice(_FONTS)), scale, colour, int(rng.integers(1, 4)), cv2.LINE_AA)
