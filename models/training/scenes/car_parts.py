"""Parts of cars: paint, grilles, windows, badges, lamps. In millimetres; each is drawn in place on a canvas."""

from __future__ import annotations

import cv2
import numpy as np

from models.training.scenes.canvas import Canvas, Millimetres, rounded
from models.training.scenes.textures import Colour, grey_colour

BLACK: Colour = (18.0, 18.0, 18.0)


def car_paint(rng: np.random.Generator) -> Colour:
    """Car colours as frequent as on the street: half are grey, white or black."""
    if rng.random() < 0.6:
        return grey_colour(rng, low=15, high=245, spread=6)
    hue, saturation, value = rng.uniform(0, 180), rng.uniform(60, 205), rng.uniform(40, 225)
    pixel = cv2.cvtColor(np.array([[[hue, saturation, value]]], np.uint8), cv2.COLOR_HSV2BGR)[0, 0]
    return (float(pixel[0]), float(pixel[1]), float(pixel[2]))


def scaled(colour: Colour, factor: float) -> Colour:
    blue, green, red = (min(255.0, max(0.0, v * factor)) for v in colour)
    return (blue, green, red)


def draw_grille(
    rng: np.random.Generator, canvas: Canvas, *, left: float, bottom: float, right: float, top: float
) -> None:
    """Bars, a mesh or slots: the pattern most often mistaken for a plate."""
    canvas.polygon(rounded(left, bottom, right, top, rng.uniform(5, 80)), grey_colour(rng, low=8, high=50))
    bar = grey_colour(rng, low=30, high=230)
    kind = int(rng.integers(4))
    step = rng.uniform(22, 80)
    if kind in {0, 2}:
        for y in np.arange(bottom + step / 2, top, step):
            canvas.line([(left + 10, y), (right - 10, y)], bar, width_mm=rng.uniform(6, 0.5 * step))
    if kind in {1, 2}:
        for x in np.arange(left + step / 2, right, step):
            canvas.line([(x, bottom + 6), (x, top - 6)], bar, width_mm=rng.uniform(5, 0.45 * step))
    if kind == 3:
        for x in np.arange(left, right, step):
            canvas.line([(x, bottom), (min(right, x + top - bottom), top)], bar, width_mm=6)
            canvas.line([(x, top), (min(right, x + top - bottom), bottom)], bar, width_mm=6)
    if rng.random() < 0.6:
        canvas.line([(left, top), (right, top)], grey_colour(rng, low=120, high=245), width_mm=rng.uniform(8, 28))


def draw_glass(rng: np.random.Generator, canvas: Canvas, outline: list[Millimetres]) -> None:
    """A window: dark, reflecting the sky, with wipers and objects behind it."""
    canvas.shaded(outline, grey_colour(rng, low=40, high=190, spread=12), grey_colour(rng, low=8, high=70, spread=6))
    xs, ys = [p[0] for p in outline], [p[1] for p in outline]
    left, right, bottom, top = min(xs), max(xs), min(ys), max(ys)
    seats = [s for s, share in ((1, 0.7), (-1, 0.3)) if rng.random() < share]
    for side in seats:  # the driver is at the right of the picture if the car faces us
        x, y = (left + right) / 2 + side * (right - left) * 0.2, bottom + (top - bottom) * 0.45
        coat, skin = grey_colour(rng, low=18, high=60, spread=12), rng.uniform(0.25, 0.55)
        canvas.ellipse((x, y - 190), (180, 130), coat, opacity=0)
        canvas.ellipse((x, y), (72, 98), (skin * 120, skin * 150, skin * 190), opacity=0)
    if rng.random() < 0.5:
        for x in (left * 0.5 + right * 0.5, left * 0.8 + right * 0.2):
            canvas.line([(x, bottom + 15), (x + (right - left) * 0.3, bottom + 60)], BLACK, width_mm=12)


def draw_badge(rng: np.random.Generator, canvas: Canvas, centre: Millimetres) -> None:
    chrome = grey_colour(rng, low=130, high=250)
    radius = rng.uniform(28, 75)
    canvas.ellipse(centre, (radius * rng.uniform(1, 1.6), radius), chrome)
    canvas.ellipse(centre, (radius * 0.8, radius * 0.75), grey_colour(rng, low=20, high=200))
    canvas.line([(centre[0] - radius, centre[1]), (centre[0] + radius, centre[1])], chrome, width_mm=14)


def draw_lettering(rng: np.random.Generator, canvas: Canvas, at: Millimetres, height_mm: float) -> None:
    """A maker's or model's name in chrome."""
    letters = "".join(rng.choice(list("ABCDEGHIKLMNOPRSTUVXYZ0123456789"), int(rng.integers(2, 9))))
    x, y = canvas.pixel(at)
    scale = height_mm * canvas.px_per_mm / 22
    if scale > 0.12:
        place = (round(x), round(y))
        cv2.putText(
            canvas.colour,
            letters,
            place,
            cv2.FONT_HERSHEY_DUPLEX,
            scale,
            grey_colour(rng, low=90, high=250),
            1,
            cv2.LINE_AA,
        )


def _lamp_glass(rng: np.random.Generator, canvas: Canvas, *, centre: Millimetres, wide: float, tall: float) -> None:
    """Ribs and reflections within a lamp: from a distance they look like writing."""
    x, y = centre
    if rng.random() < 0.4:
        for at in np.arange(-0.85 * wide, 0.85 * wide, rng.uniform(12, 40)):
            canvas.line(
                [(x + at, y - 0.7 * tall), (x + at, y + 0.7 * tall)], grey_colour(rng, low=60, high=255), width_mm=5
            )
    for _ in range(int(rng.integers(0, 14))):
        at = np.array([x + rng.uniform(-0.8, 0.8) * wide, y + rng.uniform(-0.7, 0.7) * tall])
        splinter = at + rng.uniform(-0.3, 0.3, (4, 2)) * [wide * 0.6, tall]
        points = [(float(a), float(b)) for a, b in splinter]
        canvas.polygon(points, grey_colour(rng, low=20, high=255), opacity=0)


def draw_front_lamp(rng: np.random.Generator, canvas: Canvas, centre: Millimetres) -> None:
    wide, tall = rng.uniform(110, 240), rng.uniform(45, 130)
    slant = rng.uniform(-30, 90) * np.sign(centre[0])
    x, y = centre
    outline = [
        (x - wide, y - tall + 0.2 * slant),
        (x + wide, y - tall + 0.6 * slant),
        (x + wide, y + tall + slant),
        (x - wide, y + tall),
    ]
    if rng.random() < 0.3:
        canvas.ellipse(centre, (min(wide, 140), min(wide, 140)), grey_colour(rng, low=110, high=235))
    else:
        canvas.shaded(
            [(float(a), float(b)) for a, b in outline],
            grey_colour(rng, low=120, high=250),
            grey_colour(rng, low=60, high=190),
        )
    _lamp_glass(rng, canvas, centre=centre, wide=wide, tall=tall)
    for offset in (-0.4, 0.4):
        canvas.ellipse((x + offset * wide, y), (0.55 * tall, 0.55 * tall), grey_colour(rng, low=150, high=255))
        canvas.ellipse((x + offset * wide, y), (0.3 * tall, 0.3 * tall), grey_colour(rng, low=60, high=255))


def draw_rear_lamp(rng: np.random.Generator, canvas: Canvas, centre: Millimetres) -> None:
    red: Colour = (rng.uniform(10, 70), rng.uniform(10, 60), rng.uniform(110, 235))
    wide, tall = (
        (rng.uniform(60, 260), rng.uniform(50, 130))
        if rng.random() < 0.6
        else (rng.uniform(50, 90), rng.uniform(120, 330))
    )
    x, y = centre
    canvas.polygon(rounded(x - wide, y - tall, x + wide, y + tall, rng.uniform(5, 70)), red)
    canvas.polygon(rounded(x - 0.8 * wide, y - 0.5 * tall, x + 0.8 * wide, y + 0.1 * tall, 20), scaled(red, 1.4))
    if rng.random() < 0.5:
        _lamp_glass(rng, canvas, centre=centre, wide=wide, tall=tall)
    if rng.random() < 0.6:
        canvas.polygon(
            rounded(x - 0.8 * wide, y - 0.85 * tall, x + 0.5 * wide, y - 0.5 * tall, 8),
            grey_colour(rng, low=150, high=245),
        )
