"""A gate's view as a drawing: kerbs, posts, a fence and a house; and what may happen to it."""

from __future__ import annotations

import cv2
import numpy as np

from camera.frame import Picture

SIZE = (960, 540)


def yard(seed: int = 1) -> Picture:
    """One place; another seed is another place."""
    rng = np.random.default_rng(seed)
    width, height = SIZE
    picture = np.full((height, width, 3), (120, 130, 125), np.uint8)
    cv2.rectangle(picture, (0, 0), (width, 150), (190, 170, 150), -1)
    for _ in range(46):
        x, y = int(rng.integers(0, width)), int(rng.integers(60, height))
        w, h = int(rng.integers(20, 160)), int(rng.integers(16, 120))
        colour = tuple(int(value) for value in rng.integers(20, 220, 3))
        cv2.rectangle(picture, (x, y), (x + w, y + h), colour, -1)
    for _ in range(14):
        (a, b, c, d) = (int(value) for value in rng.integers(0, width, 4))
        cv2.line(picture, (a, b % height), (c, d % height), (30, 30, 30), 3)
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), 0.6), np.uint8)


def noisy(picture: Picture, seed: int) -> Picture:
    rng = np.random.default_rng(seed)
    return np.clip(picture.astype(np.int16) + rng.integers(-4, 5, picture.shape), 0, 255).astype(np.uint8)


def shifted(picture: Picture, right: float, down: float = 0.0, turn: float = 0.0) -> Picture:
    """By shares of the width; turned by degrees."""
    height, width = picture.shape[:2]
    place = cv2.getRotationMatrix2D((width / 2, height / 2), turn, 1.0)
    place[:, 2] += (right * width, down * width)
    return np.asarray(cv2.warpAffine(picture, place, (width, height), borderMode=cv2.BORDER_REFLECT), np.uint8)


def lit(picture: Picture, gain: float, offset: float = 0.0) -> Picture:
    return np.clip(picture * gain + offset, 0, 255).astype(np.uint8)


def defocused(picture: Picture, px: float) -> Picture:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), px), np.uint8)


def covered(picture: Picture, share: float) -> Picture:
    """Its right part behind a plain board."""
    copy = picture.copy()
    copy[:, int((1 - share) * copy.shape[1]) :] = 70
    return copy


def infrared(picture: Picture) -> Picture:
    """Without colours, brighter in the middle, things reflecting otherwise."""
    height, width = picture.shape[:2]
    down, across = np.mgrid[0:height, 0:width]
    beam = np.exp(-((across / width - 0.5) ** 2 + (down / height - 0.6) ** 2) / 0.15)
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(float)
    return cv2.cvtColor(np.clip((255 - grey) * 0.8 * beam, 0, 255).astype(np.uint8), cv2.COLOR_GRAY2BGR)


def with_clock(picture: Picture, second: int, place: tuple[int, int] = (640, 30)) -> Picture:
    copy = picture.copy()
    text = f"2026-11-29 12:{second // 60 % 60:02d}:{second % 60:02d}"
    cv2.putText(copy, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.8, (255, 255, 255), 2)
    return copy
