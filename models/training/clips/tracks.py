"""Tracks: one plate seen many times in a row, as flat pictures without a street, with correlated errors.

Blur, pose, dirt, a cover over a character, the detector's bias and coding artefacts persist through a track; noise and
sub-pixel position change from look to look. So tracks show how much more several looks tell than one, which single
pictures cannot: `models.training.clips.reliability` measures it. A seed gives the same tracks on every machine.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from camera.contrast import evened
from camera.ocr import PlateOcr
from camera.peaks import Detection
from camera.reader import USUAL_MARGINS, ReadingEffort, plate_read
from camera.rectify import rectify
from camera.stack import MOST_PICTURES, stacked
from core.geometry import Corners
from core.reading.reads import PlateRead, View
from models.training.plates.samples import Drawn, draw
from models.training.plates.surroundings import CANVAS, FACE, ORIGIN, Grey
from models.training.plates.texts import random_text
from models.training.scenes.textures import fractal

WINDOW: Final = (320, 128)
"""Width and height of the rendered part of the camera's picture, in pixels."""
LOOKS: Final = 10
SHORTEST: Final = 3
"""A look that shows fewer characters does not count."""
_STEP_S: Final = 0.2
_SLIPS: Final = (0.006, 0.008)
"""Corner errors in plate widths: constant through the track, and varying from look to look."""


@dataclass(frozen=True, slots=True)
class Taking:
    """How a track is filmed: plate widths in pixels at its start and end, and the degradation of its pictures."""

    name: str
    width_px: tuple[float, float]
    defocus: float = 0.3
    """Standard deviation of the blur, in hundredths of the plate's width."""
    motion_px: float = 0.0
    coder: int = 0
    """JPEG quality for coding the change from picture to picture; 0: no coding loss."""
    gain: float = 0.9
    noise: float = 3.0
    dirt: float = 0.0


TAKINGS: Final = (
    Taking("clear", (60, 140)),
    Taking("small", (34, 60), noise=4.0),
    Taking("blurred", (60, 120), defocus=1.6, motion_px=2.0),
    Taking("compressed", (45, 90), defocus=0.6, coder=18),
    Taking("dark", (60, 120), gain=0.22, noise=6.0, defocus=0.7, coder=40),
    Taking("dirty", (60, 130), dirt=0.6),
)


@dataclass(frozen=True, slots=True)
class Cover:
    """Something in front of one character for the whole track."""

    slot: int
    share: float
    """Share of the character's width that it hides."""
    kind: str
    """`mud`, `snow`, `strap` or `towbar`."""


@dataclass(frozen=True, slots=True)
class Track:
    """The looks at one plate, in order, and the ground truth."""

    text: str
    taking: str
    cover: Cover | None
    reads: tuple[PlateRead, ...]
    times: tuple[float, ...]
    """Seconds since the first look."""


KINDS: Final = ("mud", "snow", "strap", "towbar")


def tracks(
    ocr: PlateOcr, *, seed: int, count: int, takings: Sequence[Taking] = TAKINGS, shares: Sequence[float] = (0.0,)
) -> Iterator[Track]:
    """`count` tracks of Russian plates, cycling over `takings` and `shares` (hidden share of a character, 0 = none)."""
    for number in range(count):
        rng = np.random.default_rng([seed, 31, number])
        text, _ = random_text(rng, "ru_1", issued=True)
        share = shares[number // len(takings) % len(shares)]
        kind = KINDS[int(rng.integers(len(KINDS)))]
        cover = Cover(int(rng.integers(len(text))), share, kind) if share else None
        yield track(rng, ocr, text, takings[number % len(takings)], cover)


def track(rng: np.random.Generator, ocr: PlateOcr, text: str, taking: Taking, cover: Cover | None = None) -> Track:
    """Film one plate and read every picture of it."""
    drawn = draw(rng, "ru_1", text, own_typefaces=True)
    canvas = _weathered(rng, drawn, taking, cover)
    flats: list[Grey] = []
    plates: list[Detection] = []
    bias = rng.normal(0, _SLIPS[0], (4, 2))
    for picture, corners in _filmed(rng, canvas, drawn.aspect, taking):
        width = float(np.linalg.norm(corners[1] - corners[0]))
        found = corners + (bias + rng.normal(0, _SLIPS[1], (4, 2))) * width
        (a, b), (c, d), (e, f), (g, h) = found.tolist()
        quad: Corners = ((a, b), (c, d), (e, f), (g, h))
        flat = rectify(picture, quad, width=ocr.width, height=ocr.height, margins=USUAL_MARGINS)
        flats.append(flat)
        plates.append(Detection(score=0.9, corners=quad))
    outputs = ocr.read([evened(flat) if number % 2 == 0 else flat for number, flat in enumerate(flats)])
    stacks = [stacked(flats[max(0, number + 1 - MOST_PICTURES) : number + 1])[0] for number in range(len(flats))]
    together = ocr.read(stacks)
    reads = tuple(
        replace(
            plate_read(plates[at], flats[at], outputs[at], ocr.format_ids, view=View.PLAIN if at % 2 else View.EVENED),
            stack=plate_read(plates[at], stacks[at], together[at], ocr.format_ids, view=View.STACKED)
            if at and outputs[at].certainty < ReadingEffort().sure_at and together[at].length >= SHORTEST
            else None,
        )
        for at in range(len(flats))
        if outputs[at].length >= SHORTEST
    )
    return Track(text, taking.name, cover, reads, tuple(_STEP_S * i for i in range(len(reads))))


def _weathered(rng: np.random.Generator, drawn: Drawn, taking: Taking, cover: Cover | None) -> Grey:
    """The canvas with the track's dirt and cover."""
    height, width = CANVAS[1], CANVAS[0]
    out = drawn.canvas.astype(np.float32)
    if taking.dirt:
        patch = fractal(rng, height=height, width=width, coarse=6, octaves=5)
        opaque = taking.dirt / (1 + np.exp(-np.clip((patch - rng.uniform(0.5, 0.8)) * 25, -30, 30)))
        out += (float(rng.uniform(40, 200)) - out) * opaque
    if cover is not None:
        mask, tone = _cover(rng, drawn, cover)
        out += (tone + rng.normal(0, 7, out.shape) - out) * mask
    return np.clip(out, 0, 255).astype(np.uint8)


def _cover(rng: np.random.Generator, drawn: Drawn, cover: Cover) -> tuple[NDArray[np.float32], float]:
    """How much of each canvas point the cover hides, and its grey tone."""
    xs = drawn.centres[:, 0]
    pitch = float(np.min(np.diff(xs)))
    half = pitch * 0.5
    centre, end = float(xs[cover.slot]), cover.slot == len(xs) - 1
    from_left = rng.random() < 0.5 and not end
    left, right = centre - half, centre + half
    hidden = (right - left) * cover.share
    left, right = (left, left + hidden) if from_left else (right - hidden, right)
    if end and cover.kind != "towbar":
        right = 1.02
    mask = np.zeros((CANVAS[1], CANVAS[0]), np.float32)
    x0, x1 = (round(ORIGIN[0] + FACE[0] * at) for at in (left, right))
    top, bottom = ORIGIN[1] - 10, ORIGIN[1] + FACE[1] + 10
    if cover.kind == "towbar":  # a bar from below with a ball on it, in front of the plate's vertical middle
        middle, radius = (x0 + x1) // 2, max(2, (x1 - x0) // 2)
        cv2.circle(mask, (middle, ORIGIN[1] + FACE[1] // 2), round(radius * 1.5), 1.0, -1)
        cv2.rectangle(mask, (x0, ORIGIN[1] + FACE[1] // 2 - radius), (x1, CANVAS[1]), 1.0, -1)
        if cover.share >= 1.0:
            cv2.rectangle(mask, (x0, top), (x1, bottom), 1.0, -1)
    else:
        cv2.rectangle(mask, (x0, top), (x1, bottom), 1.0, -1)
    if cover.kind in {"mud", "snow"}:
        rough = fractal(rng, height=CANVAS[1], width=CANVAS[0], coarse=10, octaves=5)
        mask = np.clip(cv2.GaussianBlur(mask, (0, 0), 2.0) * 2 - 0.5 + (rough - 0.5), 0, 1)
    tone = {"mud": 95.0, "snow": 228.0, "strap": 45.0, "towbar": 30.0}[cover.kind] + float(rng.normal(0, 12))
    return np.asarray(mask, np.float32), tone


def _filmed(
    rng: np.random.Generator, canvas: Grey, aspect: float, taking: Taking
) -> Iterator[tuple[Grey, NDArray[np.float64]]]:
    """Every picture of the track with the plate's true corners `[4, 2]`."""
    roll, shear = float(rng.normal(0, 0.03)), float(rng.normal(0, 0.08))
    narrow = float(rng.uniform(0.82, 1.0))
    x, y = ORIGIN
    source = np.array([[x, y], [x + FACE[0], y], [x + FACE[0], y + FACE[1]], [x, y + FACE[1]]], np.float32)
    start, stop = (w * float(rng.uniform(0.9, 1.15)) for w in taking.width_px)
    blur = taking.defocus * float(rng.uniform(0.5, 1.4)) / 100
    gain = taking.gain * float(rng.uniform(0.8, 1.15))
    kept: NDArray[np.float32] | None = None
    stands_from = int(rng.integers(LOOKS // 2, LOOKS + 1))
    for look in range(LOOKS):
        share = min(1.0, look / stands_from)
        width = start * (stop / start) ** share
        centre = np.array([WINDOW[0] / 2, WINDOW[1] / 2]) + rng.normal(0, 1.0, 2) * (2.0 if look < stands_from else 0.3)
        corners = _corners(centre, width, aspect, roll=roll, shear=shear, narrow=narrow)
        picture = _projected(rng, canvas, source, corners, blur=blur * width, taking=taking, moving=look < stands_from)
        picture = np.asarray(picture * gain + rng.normal(0, taking.noise, picture.shape), np.float32)
        if taking.coder:
            kept = _coded(kept, picture, quality=taking.coder)
            picture = kept
        yield np.clip(picture, 0, 255).astype(np.uint8), corners


def _corners(
    centre: NDArray[np.float64], width: float, aspect: float, *, roll: float, shear: float, narrow: float
) -> NDArray[np.float64]:
    w, h = width * narrow / 2, width / aspect / 2
    flat = np.array([[-w, -h], [w, -h], [w, h], [-w, h]])
    flat[:, 1] += flat[:, 0] * shear
    turn = np.array([[math.cos(roll), -math.sin(roll)], [math.sin(roll), math.cos(roll)]])
    return np.asarray(flat @ turn.T + centre)


def _projected(
    rng: np.random.Generator,
    canvas: Grey,
    source: NDArray[np.float32],
    corners: NDArray[np.float64],
    *,
    blur: float,
    taking: Taking,
    moving: bool,
) -> NDArray[np.float32]:
    """One picture before the sensor: at three times the camera's resolution, reduced by area as a sensor does."""
    fine = 3
    matrix = cv2.getPerspectiveTransform(source, np.asarray(corners * fine, np.float32))
    large = cv2.warpPerspective(
        canvas, matrix, (WINDOW[0] * fine, WINDOW[1] * fine), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    if blur * fine > 0.3:
        large = cv2.GaussianBlur(large, (0, 0), blur * fine)
    if moving and taking.motion_px:
        length = max(1, round(taking.motion_px * float(rng.uniform(0.4, 1.3)) * fine))
        large = cv2.blur(large, (1, length))
    return np.asarray(cv2.resize(large, WINDOW, interpolation=cv2.INTER_AREA), np.float32)


def _coded(kept: NDArray[np.float32] | None, picture: NDArray[np.float32], *, quality: int) -> NDArray[np.float32]:
    """What a video coder keeps: the first picture whole, then only coarse changes, so that its errors persist."""
    base = kept if kept is not None else np.full_like(picture, 128.0)
    change = np.clip((picture - base) / 2 + 128, 0, 255).astype(np.uint8)
    _, data = cv2.imencode(".jpg", change, (cv2.IMWRITE_JPEG_QUALITY, quality))
    back = np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.float32)
    return np.asarray(np.clip(base + (back - 128) * 2, 0, 255), np.float32)
