"""The background of the cars: sky, houses, fences, trees, poles and the road; and random clutter."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np

from models.training.scenes.textures import Picture, asphalt, brick, foliage, fractal, grey_colour, tinted


def _sky(rng: np.random.Generator, *, height: int, width: int) -> Picture:
    clouds = fractal(rng, height=height, width=width, coarse=3)
    ramp = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    low, high = rng.uniform(120, 250), rng.uniform(60, 255)
    field = np.clip(0.6 * ramp + 0.6 * clouds * rng.random(), 0, 1).astype(np.float32)
    return tinted(field, dark=(high, high * rng.uniform(0.7, 1), high * rng.uniform(0.5, 1)), light=(low, low, low))


def _house(rng: np.random.Generator, picture: Picture, *, left: int, top: int, right: int, bottom: int) -> None:
    left, right = max(0, left), min(picture.shape[1], right)
    top, bottom = max(0, top), min(picture.shape[0], bottom)
    if right - left < 8 or bottom - top < 8:
        return
    picture[top:bottom, left:right] = brick(rng, height=bottom - top, width=right - left)
    step_x, step_y = int(rng.integers(14, 60)), int(rng.integers(16, 60))
    lit = rng.random() < 0.3
    for y in range(top + 6, bottom - step_y // 2, step_y):
        for x in range(left + 6, right - step_x // 2, step_x):
            glass = (120.0, 200.0, 240.0) if lit and rng.random() < 0.5 else grey_colour(rng, low=25, high=170)
            cv2.rectangle(picture, (x, y), (x + int(step_x * 0.55), y + int(step_y * 0.6)), glass, -1)
            if step_x > 30:
                cv2.rectangle(
                    picture,
                    (x, y),
                    (x + int(step_x * 0.55), y + int(step_y * 0.6)),
                    grey_colour(rng, low=120, high=240),
                    1,
                )


def _fence(rng: np.random.Generator, picture: Picture, *, top: int, bottom: int) -> None:
    colour, step = grey_colour(rng, low=20, high=220, spread=25), int(rng.integers(4, 26))
    if rng.random() < 0.5:
        cv2.rectangle(picture, (0, top), (picture.shape[1], bottom), colour, -1)
        colour = tuple(0.8 * v for v in colour)  # type: ignore[assignment]
    for x in range(int(rng.integers(step)), picture.shape[1], step):
        cv2.line(picture, (x, top), (x, bottom), colour, int(rng.integers(1, 4)))
    for y in (top + 2, bottom - 3):
        cv2.line(picture, (0, y), (picture.shape[1], y), colour, 2)


def _tree(rng: np.random.Generator, picture: Picture, *, x: int, ground: int) -> None:
    height, width = picture.shape[:2]
    tall = int(rng.uniform(0.2, 0.7) * height)
    cv2.line(
        picture,
        (x, ground),
        (x + int(rng.normal(0, 8)), ground - tall),
        (35, 50, 65),
        int(rng.integers(3, 14)),
        cv2.LINE_AA,
    )
    leaves = foliage(rng, height=tall, width=max(8, tall))
    shape = fractal(rng, height=tall, width=max(8, tall), coarse=5)
    yy, xx = np.mgrid[-1 : 1 : tall * 1j, -1 : 1 : max(8, tall) * 1j]
    mask = (shape - 0.6 * np.sqrt(xx**2 + yy**2) > rng.uniform(-0.1, 0.15)).astype(np.uint8)
    y0, x0 = max(0, ground - tall - tall // 4), max(0, x - tall // 2)
    part = picture[y0 : min(height, y0 + tall), x0 : min(width, x0 + tall)]
    cut = mask[: part.shape[0], : part.shape[1], None]
    part[:] = np.where(cut > 0, leaves[: part.shape[0], : part.shape[1]], part)


def _road(rng: np.random.Generator, picture: Picture, *, horizon: int) -> None:
    height, width = picture.shape[:2]
    picture[horizon:] = asphalt(rng, height=height - horizon, width=width)
    vanish = (rng.uniform(0.2, 0.8) * width, horizon - rng.uniform(0, 60))
    if rng.random() < 0.7:  # verges of grass, snow or paving
        for side in (-1, 1):
            edge = vanish[0] + side * rng.uniform(0.25, 0.9) * width * 1.4
            ground = (
                foliage(rng, height=height, width=width)
                if rng.random() < 0.6
                else brick(rng, height=height, width=width)
            )
            if rng.random() < 0.2:
                ground = tinted(fractal(rng, height=height, width=width), dark=(190, 185, 180), light=(250, 248, 245))
            outside = width * 2.0 if side > 0 else -width * 1.0
            mask = np.zeros((height, width), np.uint8)
            points = np.array([vanish, (edge, height), (outside, height), (outside, horizon)])
            cv2.fillPoly(mask, [points.astype(np.int32)], 1)
            mask[:horizon] = 0
            np.copyto(picture, ground, where=mask[..., None] > 0)
            cv2.line(
                picture,
                (int(vanish[0]), int(vanish[1])),
                (int(edge), height),
                grey_colour(rng, low=90, high=220),
                int(rng.integers(1, 7)),
                cv2.LINE_AA,
            )
    if rng.random() < 0.6:  # lane markings towards the vanishing point
        colour = grey_colour(rng, low=170, high=245)
        for foot in rng.uniform(-0.3, 1.3, int(rng.integers(1, 4))):
            start, end = rng.uniform(0.2, 0.5), rng.uniform(0.6, 1.0)
            run = np.array([foot * width - vanish[0], height - vanish[1]])
            first, last = np.array(vanish) + start * run, np.array(vanish) + end * run
            cv2.line(
                picture,
                first.astype(int).tolist(),
                last.astype(int).tolist(),
                colour,
                int(rng.integers(1, 8)),
                cv2.LINE_AA,
            )


def draw_street(rng: np.random.Generator, *, height: int = 432, width: int = 576) -> Picture:
    """An entrance, a yard or a street without cars."""
    horizon = int(rng.uniform(0.05, 0.6) * height)
    picture = np.empty((height, width, 3), np.uint8)
    picture[:] = _sky(rng, height=height, width=width)
    for _ in range(int(rng.integers(0, 5))):
        left, top = int(rng.uniform(-0.2, 0.9) * width), int(rng.uniform(-0.2, 0.9) * horizon)
        _house(rng, picture, left=left, top=top, right=left + int(rng.uniform(0.1, 0.8) * width), bottom=horizon + 20)
    for _ in range(int(rng.integers(0, 4))):
        _tree(rng, picture, x=int(rng.integers(width)), ground=horizon + 10)
    if rng.random() < 0.5:
        _fence(rng, picture, top=max(0, horizon - int(rng.uniform(10, 120))), bottom=horizon + 4)
    _road(rng, picture, horizon=horizon)
    for _ in range(int(rng.integers(0, 4))):
        x = int(rng.integers(width))
        foot, top = int(rng.uniform(horizon, height)), int(rng.uniform(0, horizon + 1))
        cv2.line(picture, (x, foot), (x, top), grey_colour(rng, low=40, high=200), int(rng.integers(2, 8)), cv2.LINE_AA)
    if rng.random() < 0.35:  # the boom: striped red and white, or yellow and black
        y, lean = rng.uniform(0.2, 0.8) * height, rng.uniform(-0.25, 0.25) * width
        light, dark = (
            ((235.0, 235.0, 240.0), (40.0, 40.0, 200.0))
            if rng.random() < 0.7
            else ((40.0, 210.0, 240.0), (25.0, 25.0, 25.0))
        )
        ends = np.linspace([0, y], [width, y + lean], int(rng.integers(6, 24)))
        for index, (a, b) in enumerate(pairwise(ends)):
            cv2.line(
                picture,
                a.astype(int).tolist(),
                b.astype(int).tolist(),
                light if index % 2 else dark,
                int(rng.integers(5, 11)),
                cv2.LINE_AA,
            )
    return picture


def draw_clutter(rng: np.random.Generator, *, height: int = 432, width: int = 576) -> Picture:
    """Overlapping shapes of every size and texture: not a place, but edges and corners of every kind."""
    painters = (asphalt, brick, foliage)
    picture = painters[int(rng.integers(3))](rng, height=height, width=width)
    for _ in range(int(rng.integers(10, 50))):
        size = float(np.exp(rng.uniform(np.log(8), np.log(260))))
        centre = rng.uniform(0, [width, height])
        corners = int(rng.integers(3, 8))
        angles = np.sort(rng.uniform(0, 2 * np.pi, corners))
        points = centre + size * rng.uniform(0.4, 1, (corners, 1)) * np.stack(
            [np.cos(angles), np.sin(angles) * rng.uniform(0.2, 1)], 1
        )
        if rng.random() < 0.4:
            box = cv2.boxPoints((centre.tolist(), (size, size * rng.uniform(0.1, 0.8)), float(rng.normal(0, 12))))
            points = box.astype(np.float64)
        colour = rng.uniform(5, 250, 3) if rng.random() < 0.4 else np.array(grey_colour(rng, low=5, high=250))
        cv2.fillPoly(picture, [points.astype(np.int32)], colour.tolist(), cv2.LINE_AA)
        if rng.random() < 0.3:
            cv2.polylines(
                picture,
                [points.astype(np.int32)],
                True,
                grey_colour(rng, low=5, high=250),
                int(rng.integers(1, 5)),
                cv2.LINE_AA,
            )
    field = 0.7 + 0.6 * fractal(rng, height=height, width=width)
    return np.clip(picture * field[..., None], 0, 255).astype(np.uint8)
