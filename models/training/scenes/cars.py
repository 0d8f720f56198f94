"""Vehicles seen straight on, from the front or back, and the side of one. Drawn in millimetres, each different."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.training.scenes.canvas import Canvas, Millimetres, mirrored, rounded
from models.training.scenes.car_parts import (
    BLACK,
    car_paint,
    draw_badge,
    draw_front_lamp,
    draw_glass,
    draw_grille,
    draw_lettering,
    draw_rear_lamp,
    scaled,
)
from models.training.scenes.textures import Colour, Picture, fractal, grey_colour

LENGTH_MM = 4200.0


@dataclass(frozen=True, slots=True)
class CarArt:
    """One face of a vehicle: `colour` BGR [h, w, 3], `opacity` [h, w]; positions in millimetres above the ground."""

    colour: Picture
    opacity: NDArray[np.uint8]
    px_per_mm: float
    top_mm: float
    width_mm: float
    height_mm: float
    plate_centre: Millimetres
    plate_square: bool
    lamps: tuple[Millimetres, ...]
    paint: Colour
    rear: bool


@dataclass(frozen=True, slots=True)
class _Build:
    """The proportions of one vehicle."""

    half: float
    tall: float
    shoulder: float
    sill: float
    lamp_x: float
    lamp_y: float
    bumper_top: float
    paint: Colour


def draw_car(
    rng: np.random.Generator, *, px_per_mm: float = 0.3, rear: bool | None = None, two_lines: bool | None = None
) -> CarArt:
    """A car, a van or a lorry from the front or the back, with an empty recess where its plate goes."""
    behind = bool(rng.random() < 0.45)
    rear = behind if rear is None else rear
    tall = float(
        rng.choice([rng.uniform(1380, 1560), rng.uniform(1600, 1950), rng.uniform(2100, 2900)], p=[0.6, 0.28, 0.12])
    )
    half = rng.uniform(800, 960) if tall < 2000 else rng.uniform(950, 1200)
    shoulder = min(rng.uniform(0.58, 0.68) * tall, 1250.0)
    sill, paint = rng.uniform(160, 330), car_paint(rng)
    canvas = Canvas(width_mm=2 * half + 460, height_mm=tall + 60, px_per_mm=px_per_mm, ground_mm=60)
    _hull(rng, canvas, half=half, tall=tall, shoulder=shoulder, sill=sill, paint=paint, rear=rear)
    lamp_x, lamp_y = half - rng.uniform(170, 260), shoulder - rng.uniform(130, 280)
    bumper_top = rng.uniform(sill + 130, min(sill + 330, lamp_y - 60))
    build = _Build(half, tall, shoulder, sill, lamp_x, lamp_y, bumper_top, paint)
    _bumper(rng, canvas, build)
    square, plate_y = (_tail if rear else _nose)(rng, canvas, build, two_lines)
    aside = rng.uniform(-0.55, 0.55) * half if rng.random() < 0.1 else rng.normal(0, 8)
    _recess(rng, canvas, centre=(aside, plate_y), square=square, paint=paint)
    height, width_px = canvas.opacity.shape
    glints = 0.75 + 0.5 * fractal(rng, height=height, width=width_px, coarse=int(rng.integers(2, 6)))
    canvas.relight(glints.astype(np.float32))
    return CarArt(
        colour=canvas.colour,
        opacity=canvas.opacity,
        px_per_mm=px_per_mm,
        top_mm=canvas.top_mm,
        width_mm=2 * half,
        height_mm=tall,
        plate_centre=(float(aside), float(plate_y)),
        plate_square=square,
        lamps=((-lamp_x, lamp_y), (lamp_x, lamp_y)),
        paint=paint,
        rear=rear,
    )


def _hull(
    rng: np.random.Generator,
    canvas: Canvas,
    *,
    half: float,
    tall: float,
    shoulder: float,
    sill: float,
    paint: Colour,
    rear: bool,
) -> None:
    """Tyres, cabin, window, body and mirrors."""
    for side in (-1, 1):  # tyres first: the body hangs over them
        x = side * (half - rng.uniform(110, 160))
        canvas.polygon(rounded(x - 105, 0, x + 105, 420, 40), BLACK)
    canvas.polygon([(-half + 200, 120), (half - 200, 120), (half - 200, 420), (-half + 200, 420)], BLACK)
    roof = half * (rng.uniform(0.6, 0.76) if tall < 2000 else rng.uniform(0.9, 0.99))
    cabin = [
        (-half * 0.95, shoulder - 20),
        (-roof, tall - 25),
        (-roof * 0.8, tall),
        (roof * 0.8, tall),
        (roof, tall - 25),
        (half * 0.95, shoulder - 20),
    ]
    canvas.shaded(cabin, scaled(paint, 1.15), scaled(paint, 0.8))
    if not rear or rng.random() < 0.85:
        inset = rng.uniform(0.86, 0.94)
        glass_bottom = shoulder + rng.uniform(-10, 80)
        window = [
            (-half * 0.9 * inset, glass_bottom),
            (-roof * inset, tall - 70),
            (roof * inset, tall - 70),
            (half * 0.9 * inset, glass_bottom),
        ]
        draw_glass(rng, canvas, window)
    body = rounded(-half, sill, half, shoulder, rng.uniform(40, 190))
    canvas.shaded(body, scaled(paint, rng.uniform(1.0, 1.3)), scaled(paint, rng.uniform(0.45, 0.85)))
    mirrors = paint if rng.random() < 0.6 else BLACK
    for side in (-1, 1):
        canvas.ellipse((side * (half + 85), shoulder + 40), (110, 70), mirrors)


def _bumper(rng: np.random.Generator, canvas: Canvas, build: _Build) -> None:
    half, sill, bumper_top, paint = build.half, build.sill, build.bumper_top, build.paint
    if rng.random() < 0.5:
        plastic = grey_colour(rng, low=20, high=95) if rng.random() < 0.6 else grey_colour(rng, low=120, high=240)
        canvas.shaded(rounded(-half, sill - 10, half, bumper_top, 50), plastic, scaled(plastic, 0.6))
    else:
        canvas.line([(-half, bumper_top), (half, bumper_top)], scaled(paint, 0.5), width_mm=10)


def _tail(rng: np.random.Generator, canvas: Canvas, build: _Build, two_lines: bool | None) -> tuple[bool, float]:  # noqa: FBT001  # one of two ends drawn alike
    """The back: lid, lamps, badge. Returns whether the plate has two lines, and its height above the ground."""
    half, shoulder, sill, bumper_top, paint = build.half, build.shoulder, build.sill, build.bumper_top, build.paint
    lamp_x, lamp_y = build.lamp_x, build.lamp_y
    square = bool(rng.random() < 0.12) if two_lines is None else two_lines
    low = rng.random() < 0.45
    plate_y = rng.uniform(sill + 70, bumper_top) if low else rng.uniform(bumper_top + 60, shoulder - 120)
    for y in (bumper_top + 40, shoulder - 15):
        canvas.line([(-half * 0.75, y), (half * 0.75, y)], scaled(paint, 0.55), width_mm=8)
    twin = int(rng.integers(1 << 31))
    for side in (-1, 1):
        canvas.line(
            [(side * half * 0.75, bumper_top + 40), (side * half * 0.8, shoulder)], scaled(paint, 0.55), width_mm=8
        )
        draw_rear_lamp(np.random.default_rng(twin), canvas, (side * lamp_x, lamp_y))
    if rng.random() < 0.6:
        draw_badge(rng, canvas, (0.0, shoulder - 90))
    for at in (-0.7, 0.42):
        if rng.random() < 0.6:
            draw_lettering(rng, canvas, (at * half, shoulder - rng.uniform(80, 260)), rng.uniform(30, 70))
    return square, plate_y


def _nose(rng: np.random.Generator, canvas: Canvas, build: _Build, two_lines: bool | None) -> tuple[bool, float]:  # noqa: FBT001  # one of two ends drawn alike
    """The front: bonnet, grilles, lamps. Returns whether the plate has two lines, and its height above the ground."""
    half, shoulder, sill, bumper_top, paint = build.half, build.shoulder, build.sill, build.bumper_top, build.paint
    lamp_x, lamp_y, tall = build.lamp_x, build.lamp_y, build.tall
    square = bool(rng.random() < 0.03) if two_lines is None else two_lines
    hood = [
        (-half * 0.93, lamp_y + 80),
        (-half * 0.86, shoulder + 30),
        (half * 0.86, shoulder + 30),
        (half * 0.93, lamp_y + 80),
    ]
    if tall < 2000:
        canvas.shaded(hood, scaled(paint, rng.uniform(0.9, 1.4)), scaled(paint, rng.uniform(0.8, 1.2)))
    width = rng.uniform(0.3, 0.72) * half
    draw_grille(
        rng,
        canvas,
        left=-width,
        bottom=max(bumper_top, lamp_y - 130),
        right=width,
        top=lamp_y + rng.uniform(30, 110),
    )
    if rng.random() < 0.7:
        draw_grille(rng, canvas, left=-0.7 * half, bottom=sill + 10, right=0.7 * half, top=sill + rng.uniform(80, 200))
    if rng.random() < 0.8:
        draw_badge(rng, canvas, (0.0, lamp_y + rng.uniform(0, 90)))
    twin, fog = int(rng.integers(1 << 31)), rng.random() < 0.6
    fog_glass = grey_colour(rng, low=80, high=240)
    for side in (-1, 1):
        draw_front_lamp(np.random.default_rng(twin), canvas, (side * lamp_x, lamp_y))
        if fog:
            canvas.ellipse((side * (half - 220), sill + 110), (60, 50), fog_glass)
    plate_y = rng.uniform(sill + 60, max(sill + 90, lamp_y - 150))
    return square, plate_y


def _recess(rng: np.random.Generator, canvas: Canvas, *, centre: Millimetres, square: bool, paint: Colour) -> None:
    """The plate's mounting: a recess, a dealer's frame, a shadow, or nothing."""
    aside, plate_y = centre
    if rng.random() < 0.75:  # the recess, dealer's frame or shadow around the plate
        grow_x, grow_y = rng.uniform(4, 60), rng.uniform(3, 40)
        wide, high = (145, 85) if square else (260, 56)
        inner = grey_colour(rng, low=10, high=80) if rng.random() < 0.7 else scaled(paint, rng.uniform(0.5, 1.1))
        canvas.polygon(
            rounded(
                aside - wide - grow_x,
                plate_y - high - grow_y,
                aside + wide + grow_x,
                plate_y + high + grow_y,
                rng.uniform(4, 40),
            ),
            inner,
        )


def draw_side(rng: np.random.Generator, *, paint: Colour, height_mm: float, px_per_mm: float = 0.15) -> Canvas:
    """The flank of a car, LENGTH_MM long: doors, windows and wheels; its near end is at the left."""
    canvas = Canvas(width_mm=LENGTH_MM, height_mm=height_mm + 30, px_per_mm=px_per_mm, ground_mm=30)
    half, shoulder = LENGTH_MM / 2, 0.62 * height_mm
    canvas.shaded(
        [(-half, 240), (half, 240), (half, shoulder), (-half, shoulder)], scaled(paint, 0.95), scaled(paint, 0.5)
    )
    bonnet = rng.uniform(150, 450)
    cabin = [
        (-half + bonnet, shoulder),
        (-half + bonnet + 250, height_mm),
        (half - 500, height_mm),
        (half - 120, shoulder),
    ]
    canvas.shaded([(float(x), float(y)) for x, y in cabin], paint, scaled(paint, 0.85))
    glass = [
        (-half + bonnet + 150, shoulder + 30),
        (-half + bonnet + 330, height_mm - 70),
        (half - 550, height_mm - 70),
        (half - 300, shoulder + 30),
    ]
    canvas.shaded(
        [(float(x), float(y)) for x, y in glass], grey_colour(rng, low=30, high=140), grey_colour(rng, low=10, high=60)
    )
    for x in (-200.0, 700.0):
        canvas.line([(x, 280), (x, height_mm - 60)], scaled(paint, 0.5), width_mm=18)
    for x in (-half + 800, half - 850):
        canvas.ellipse((x, 320), (360, 350), BLACK)
        canvas.ellipse((x, 300), (310, 310), (30.0, 30.0, 30.0))
        canvas.ellipse((x, 300), (200, 200), grey_colour(rng, low=60, high=200))
    return canvas


def draw_motorcycle(rng: np.random.Generator, *, px_per_mm: float = 0.3) -> CarArt:
    """The back of a motorcycle: a wheel, a tail, a lamp and a square plate over the wheel."""
    canvas = Canvas(width_mm=1100, height_mm=1300, px_per_mm=px_per_mm, ground_mm=40)
    paint = car_paint(rng)
    canvas.polygon(rounded(-95, 0, 95, 620, 80), BLACK)
    canvas.line([(-420, 1000), (420, 1000)], grey_colour(rng, low=20, high=150), width_mm=45)
    for side in (-1, 1):
        canvas.polygon(
            mirrored([(200, 380), (330, 420), (310, 720), (190, 700)])
            if side < 0
            else [(200, 380), (330, 420), (310, 720), (190, 700)],
            grey_colour(rng, low=20, high=160),
        )
        canvas.ellipse((side * 430, 1120), (90, 60), grey_colour(rng, low=20, high=120))
    canvas.shaded(rounded(-210, 560, 210, 980, 120), scaled(paint, 1.1), scaled(paint, 0.6))
    canvas.polygon(rounded(-110, 790, 110, 880, 30), (30.0, 30.0, rng.uniform(120, 230)))
    canvas.ellipse((0, 1150), (170, 150), grey_colour(rng, low=15, high=220))
    return CarArt(
        colour=canvas.colour,
        opacity=canvas.opacity,
        px_per_mm=px_per_mm,
        top_mm=canvas.top_mm,
        width_mm=700,
        height_mm=1300,
        plate_centre=(0.0, rng.uniform(520, 660)),
        plate_square=True,
        lamps=((0.0, 835.0),),
        paint=paint,
        rear=True,
    )
