"""The surroundings of a plate in a crop: bumper, frame with a dealer's text, shadows of the recess. Grey, flat."""

from __future__ import annotations

import string
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]

FACE: Final = (256, 64)
"""Width and height of the plate face inside a canvas, in pixels, regardless of its true shape."""
CANVAS: Final = (400, 144)
ORIGIN: Final = ((CANVAS[0] - FACE[0]) // 2, (CANVAS[1] - FACE[1]) // 2)
_NEIGHBOURS: Final = 0.13
"""Probability, for each end of the plate, that something is right beside it."""
_LETTERS: Final = string.ascii_letters + string.digits + " .-+()/@"


def surround(rng: np.random.Generator, face: Grey) -> Grey:
    """Put `face` (of size `FACE`) into the middle of a canvas."""
    canvas = ground(rng, CANVAS)
    x, y = ORIGIN
    w, h = FACE
    if rng.random() < 0.65:
        _frame(rng, canvas)
    elif rng.random() < 0.5:  # a plain shadow of the plate on the bumper
        dx, dy = (int(v) for v in rng.integers(-4, 5, 2))
        cv2.rectangle(canvas, (x + dx - 2, y + dy - 2), (x + w + dx + 1, y + h + dy + 1), int(rng.integers(0, 60)), -1)
    canvas[y : y + h, x : x + w] = face
    if rng.random() < 0.15:  # the lip of a frame covers the edge of the plate
        tone, lip = int(rng.integers(0, 90)), int(rng.integers(1, 4))
        cv2.rectangle(canvas, (x, y), (x + w - 1, y + h - 1), tone, lip)
    for right in (False, True):
        if rng.random() < _NEIGHBOURS:
            _beside(rng, canvas, right=right)
    return canvas


def _beside(rng: np.random.Generator, canvas: Grey, *, right: bool) -> None:
    """Something that ends where the plate does without covering it: an overrider, chrome, the edge of a recess."""
    x, y = ORIGIN
    w, h = FACE
    near = abs(float(rng.normal(0, 6)))
    lean = float(rng.normal(0, 4)) if rng.random() < 0.5 else 0.0
    end = x + w + near + abs(lean) if right else x - near - abs(lean)
    beyond = CANVAS[0] + 10 if right else -10
    top = y - float(rng.uniform(0, ORIGIN[1]))
    bottom = y + h + float(rng.uniform(0, ORIGIN[1]))
    tone = int(rng.integers(0, 256))
    points = np.array([[end + lean, top], [beyond, top], [beyond, bottom], [end - lean, bottom]])
    if rng.random() < 0.3:  # a post: its far side is visible too
        far = float(rng.uniform(6, 40)) * (1 if right else -1)
        points[1:3, 0] = end + far
    cv2.fillPoly(canvas, [np.round(points * 16).astype(np.int32)], tone, cv2.LINE_AA, 4)


def ground(rng: np.random.Generator, size: tuple[int, int]) -> Grey:
    """Part of a car or street: a tone, a gradient, soft clouds, hard edges, slats."""
    w, h = size
    coarse = rng.normal(0, rng.uniform(2, 30), (int(rng.integers(2, 7)), int(rng.integers(2, 9)))).astype(np.float32)
    field = cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC) + float(rng.uniform(5, 235))
    canvas: Grey = np.clip(field, 0, 255).astype(np.uint8)
    for _ in range(int(rng.poisson(1.8))):
        tone = int(rng.integers(0, 256))
        kind = rng.random()
        x0, x1 = (int(v) for v in rng.integers(-20, w + 20, 2))
        y0, y1 = (int(v) for v in rng.integers(-20, h + 20, 2))
        if kind < 0.4:
            cv2.line(canvas, (x0, y0), (x1, y1), tone, int(rng.integers(1, 14)), cv2.LINE_AA)
        elif kind < 0.7:
            cv2.rectangle(canvas, (min(x0, x1), min(y0, y1)), (max(x0, x1), max(y0, y1)), tone, -1)
        elif kind < 0.85:
            cv2.ellipse(
                canvas,
                (x0, y0),
                (abs(x1 - x0) // 2 + 3, abs(y1 - y0) // 2 + 3),
                0,
                0,
                360,
                tone,
                int(rng.choice([-1, 2, 5])),
                cv2.LINE_AA,
            )
        else:
            pitch, thick = int(rng.integers(6, 26)), int(rng.integers(1, 8))
            upright = rng.random() < 0.3
            for at in range(int(rng.integers(0, pitch)), w if upright else h, pitch):
                ends = ((at, 0), (at, h)) if upright else ((0, at), (w, at))
                cv2.line(canvas, *ends, tone, thick, cv2.LINE_AA)
    return canvas


def write(rng: np.random.Generator, canvas: Grey, *, origin: tuple[int, int], height: float, letters: int) -> None:
    """A line of meaningless small print."""
    text = "".join(_LETTERS[i] for i in rng.integers(0, len(_LETTERS), letters))
    font = int(rng.choice([cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_COMPLEX]))
    cv2.putText(
        canvas, text, origin, font, height / 22, int(rng.integers(0, 256)), int(rng.integers(1, 3)), cv2.LINE_AA
    )


def _frame(rng: np.random.Generator, canvas: Grey) -> None:
    x, y = ORIGIN
    w, h = FACE
    tone = int(rng.integers(0, 70)) if rng.random() < 0.7 else int(rng.integers(70, 256))
    side, above = int(rng.integers(2, 12)), int(rng.integers(2, 10))
    below = int(rng.integers(3, 26))
    cv2.rectangle(canvas, (x - side, y - above), (x + w + side, y + h + below), tone, -1)
    if rng.random() < 0.5:
        cv2.rectangle(
            canvas, (x - side, y - above), (x + w + side, y + h + below), int(rng.integers(0, 256)), 1, cv2.LINE_AA
        )
    if below > 9 and rng.random() < 0.8:
        start = x + int(rng.integers(0, w // 2))
        write(
            rng,
            canvas,
            origin=(start, y + h + below - 3),
            height=float(rng.uniform(6, below)),
            letters=int(rng.integers(5, 26)),
        )
