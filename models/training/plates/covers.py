"""Draws covers that hide characters of a plate: towbars, straps, posts, mud, snow, stickers, the end of a bumper.

Covers are drawn onto the flat canvas. A map records how opaque each pixel has become, because training must know which
characters can no longer be seen: their label is `core.plates.alphabet.UNSEEN` instead of the character.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from models.training.plates.likeness import CELLS
from models.training.plates.pose import Float
from models.training.plates.surroundings import CANVAS, FACE, ORIGIN, Grey

_GONE: Final = (0.65, 0.9)
"""Opacities: below the first a symbol shows through completely, above the second not at all; linear in between."""
_HIDDEN: Final = (0.2, 0.5, 0.8)
SURELY: Final = 0.97
_UNSEEN: Final = (0.0, 0.85, SURELY)
"""Target probability of «unseen» for a symbol, by the share that is hidden (`_HIDDEN`). Half of an M or an 8 may still
be recognised; half of most other symbols fits two of them."""
_ROOM_HIDDEN: Final = (0.55, 0.8, 0.95)
_ROOM_UNSEEN: Final = (0.0, 0.3, 0.5)
"""The same for the empty room of a third region digit, by the share of the room that is hidden (`_ROOM_HIDDEN`).

The room is narrower than a digit, so a digit there would be partly visible as long as part of the room is. A bolt, a flake or
a bumper's edge in the room cannot hide one. The rest of the plate is evidence too: on a plate with a three-digit region, the
spaces between digits and letters are narrower. So the probability is at most 0.5; for a hidden digit it goes up to `SURELY`."""


@dataclass(frozen=True, slots=True)
class Laid:
    """A canvas with covers on it."""

    canvas: Grey
    opaque: Float
    """`[144, 400]`, 0 to 1: how much of the canvas below is hidden."""
    noticed: Float
    """The same without covers in the tone of the plate, which cannot be told from the bare plate."""


def bare(canvas: Grey) -> Laid:
    """The canvas without covers."""
    nothing = np.zeros(CANVAS[::-1], np.float32)
    return Laid(canvas, nothing, nothing)


def covered(rng: np.random.Generator, canvas: Grey, boxes: Float) -> Laid:
    """Draws one to three covers on `canvas`. `boxes`, `[n, 4]` as shares of the plate's sides: the places of its symbols."""
    picture = canvas.astype(np.float32)
    opaque, noticed = (np.zeros(CANVAS[::-1], np.float32) for _ in range(2))
    x, y = ORIGIN
    ground = float(np.median(canvas[y : y + FACE[1], x : x + FACE[0]]))
    for _ in range(1 + int(rng.random() < 0.25) + int(rng.random() < 0.06)):
        shape = _shape(rng, _target(rng, boxes))
        soft = float(rng.choice([0.4, 0.8, 1.5, 3.0]))
        alpha = np.asarray(cv2.GaussianBlur(shape, (0, 0), soft), np.float32)
        alpha *= float(rng.uniform(0.93, 1.0) if rng.random() < 0.85 else rng.uniform(0.55, 0.93))
        toned = rng.random() < 0.15
        tone = ground + float(rng.normal(0, 4)) if toned else _tone(rng)
        picture += (tone + _texture(rng, plain=toned) - picture) * alpha
        opaque = np.maximum(opaque, alpha)
        if not toned:
            noticed = np.maximum(noticed, alpha)
    return Laid(np.clip(picture, 0, 255).astype(np.uint8), opaque, noticed)


def covered_to(rng: np.random.Generator, canvas: Grey, boxes: Float, *, at: int, shares: tuple[float, float]) -> Grey:
    """`canvas` with a visible cover that hides a share of symbol `at` within the range `shares`."""
    box = boxes[at : at + 1]
    while True:
        laid = covered(rng, canvas, box)
        if shares[0] <= float(hidden_shares(laid.noticed, box)[0]) <= shares[1]:
            return laid.canvas


def beneath(laid: Laid, alpha: Float, canvas: Grey) -> Laid:
    """`laid` under weather of opacity `alpha`. `canvas`: its picture with that weather."""
    return Laid(canvas, 1 - (1 - laid.opaque) * (1 - alpha), 1 - (1 - laid.noticed) * (1 - alpha))


def hidden_shares(opaque: Float, boxes: Float) -> NDArray[np.float32]:
    """`[n]`: the share of each of `boxes` that is hidden. `boxes` are shares of the plate's sides."""
    places = _gone(opaque, boxes)
    return np.array([float(place.mean()) if place.size else 1.0 for place in places], np.float32)


def hidden_cells(opaque: Float, boxes: Float) -> Float:
    """`[n, *CELLS]`: the same for each cell of the boxes."""
    cells = np.ones((len(boxes), *CELLS), np.float32)
    for index, place in enumerate(_gone(opaque, boxes)):
        if place.size:
            cells[index] = cv2.resize(place, CELLS[::-1], interpolation=cv2.INTER_AREA) if place.any() else 0.0
    return cells


def _gone(opaque: Float, boxes: Float) -> list[Float]:
    """The parts of `opaque` in `boxes`, scaled by `_GONE` to 0 (the canvas shows through) to 1 (it does not)."""
    low, high = _GONE
    return [
        np.clip((opaque[max(y0, 0) : max(y1, y0 + 1), max(x0, 0) : max(x1, x0 + 1)] - low) * (1 / (high - low)), 0, 1)
        for x0, y0, x1, y1 in _pixels(boxes)
    ]


def unseen_probability(shares: NDArray[np.float32]) -> NDArray[np.float32]:
    """Target probability of «unseen» for symbols of which `shares` are hidden."""
    return np.asarray(np.interp(shares, _HIDDEN, _UNSEEN), np.float32)


def room_probability(share: float) -> float:
    """The same for an empty room where a character might stand."""
    return float(np.interp(share, _ROOM_HIDDEN, _ROOM_UNSEEN))


def seen_ends(opaque: Float) -> tuple[float, float]:
    """Start and end of the visible part of the plate, as shares of its width; 0 and 1 if neither end is hidden.

    To a detector, the plate ends where a cover hides one of its ends from top to bottom.
    """
    x, y = ORIGIN
    tall = FACE[1]
    face = opaque[y + tall // 8 : y + tall - tall // 8, x : x + FACE[0]]
    seen = np.flatnonzero(face.mean(axis=0) < _GONE[0])
    if not len(seen):
        return 0.0, 1.0
    return float(seen[0]) / FACE[0], float(seen[-1] + 1) / FACE[0]


def _pixels(boxes: Float) -> list[tuple[int, int, int, int]]:
    scale = np.array([FACE[0], FACE[1], FACE[0], FACE[1]], np.float32)
    offset = np.array([*ORIGIN, *ORIGIN], np.float32)
    return [tuple(round(float(v)) for v in box) for box in boxes * scale + offset]  # type: ignore[misc]


def _target(rng: np.random.Generator, boxes: Float) -> tuple[int, int, int, int]:
    """The place of a cover, in pixels: on a symbol, most often the last one, or anywhere on the plate."""
    if len(boxes) and rng.random() < 0.85:
        at = len(boxes) - 1 if rng.random() < 0.38 else int(rng.integers(len(boxes)))
        return _pixels(boxes[at : at + 1])[0]
    x, y = ORIGIN[0] + float(rng.uniform(0, FACE[0])), ORIGIN[1] + float(rng.uniform(0, FACE[1] * 0.4))
    return round(x - 10), round(y), round(x + 10), round(y + FACE[1] * 0.6)


def _shape(rng: np.random.Generator, target: tuple[int, int, int, int]) -> Float:
    """The shape of a cover as a mask, `[144, 400]`, 0 or 1."""
    kinds = (_sticker, _strip, _blob, _end, _ball)
    return kinds[int(rng.choice(len(kinds), p=[0.34, 0.24, 0.18, 0.14, 0.10]))](rng, target)


def _empty() -> Float:
    return np.zeros(CANVAS[::-1], np.float32)


def _sticker(rng: np.random.Generator, target: tuple[int, int, int, int]) -> Float:
    """A patch that covers part or all of one character, from one of its sides."""
    x0, y0, x1, y1 = (float(v) for v in target)
    share, side = float(rng.uniform(0.15, 1.25) if rng.random() < 0.5 else rng.uniform(0.25, 0.7)), rng.random()
    wide, tall = (x1 - x0) * share, (y1 - y0) * share
    above, below = (float(rng.uniform(-0.05, 0.5)) * (y1 - y0) for _ in range(2))
    if side < 0.4:
        corners = (x0 - 1, y0 - above, x0 + wide, y1 + below)
    elif side < 0.8:
        corners = (x1 - wide, y0 - above, x1 + 1, y1 + below)
    else:
        corners = (x0 - 1, y1 - tall, x1 + 1, y1 + below) if side < 0.92 else (x0 - 1, y0 - above, x1 + 1, y0 + tall)
    left, top, right, bottom = corners
    middle, beyond = ORIGIN[0] + FACE[0] / 2, float(rng.uniform(0, 45))
    if x0 > middle + FACE[0] * 0.33 and side >= 0.4 and rng.random() < 0.7:  # also over the end of the plate
        right += beyond
    elif x1 < middle - FACE[0] * 0.33 and side < 0.4 and rng.random() < 0.7:
        left -= beyond
    mask = _empty()
    lean = float(rng.normal(0, 4)) if rng.random() < 0.4 else 0.0
    _fill(mask, ((left + lean, top), (right + lean, top), (right - lean, bottom), (left - lean, bottom)))
    return mask


def _strip(rng: np.random.Generator, target: tuple[int, int, int, int]) -> Float:
    """A towbar, a post, a strap: a strip through the target, more often upright than along the plate."""
    x, y = (target[0] + target[2]) / 2, (target[1] + target[3]) / 2
    x, y = x + float(rng.normal(0, 6)), y + float(rng.normal(0, 8))
    upright = rng.random() < 0.65
    angle = float(rng.normal(math.pi / 2, 0.3) if upright else rng.normal(0, 0.25))
    thick = float(np.exp(rng.uniform(math.log(4), math.log(48 if upright else 26))))
    dx, dy = math.cos(angle), math.sin(angle)
    nx, ny = -dy * thick / 2, dx * thick / 2
    mask = _empty()
    _fill(
        mask,
        (
            (x - 500 * dx - nx, y - 500 * dy - ny), (x + 500 * dx - nx, y + 500 * dy - ny),
            (x + 500 * dx + nx, y + 500 * dy + ny), (x - 500 * dx + nx, y - 500 * dy + ny),
        ),
    )  # fmt: skip
    return mask


def _blob(rng: np.random.Generator, target: tuple[int, int, int, int]) -> Float:
    """A lump of mud or snow with a ragged edge."""
    x, y = (target[0] + target[2]) / 2 + float(rng.normal(0, 5)), (target[1] + target[3]) / 2 + float(rng.normal(0, 8))
    across, down = (
        float(np.exp(rng.uniform(math.log(7), math.log(55)))),
        float(np.exp(rng.uniform(math.log(12), math.log(50)))),
    )
    turn = np.linspace(0, 2 * math.pi, 24, endpoint=False)
    reach = np.clip(1 + rng.normal(0, 0.18, 24), 0.5, 1.6)
    points = np.stack([x + across * reach * np.cos(turn), y + down * reach * np.sin(turn)], axis=1)
    mask = _empty()
    _fill(mask, points)
    return mask


def _end(rng: np.random.Generator, target: tuple[int, int, int, int]) -> Float:
    """A bumper, a flap or a lump of snow over an end or edge of the plate: everything on one side of a line.

    For an end, the line is near the target. For the lower or upper edge, it is at a random height.
    """
    x0, _, x1, _ = target
    edge = x0 + float(rng.uniform(-0.1, 1.1)) * (x1 - x0)
    lean = float(rng.normal(0, 10))
    mask = _empty()
    beyond = -50.0 if x0 + x1 < 2 * ORIGIN[0] + FACE[0] else CANVAS[0] + 50.0
    roll = rng.random()
    if roll < 0.75:
        _fill(mask, ((edge + lean, -20), (beyond, -20), (beyond, CANVAS[1] + 20), (edge - lean, CANVAS[1] + 20)))
    else:  # covers from below or from above
        level = ORIGIN[1] + FACE[1] * float(rng.uniform(0.3, 1.0) if roll < 0.92 else rng.uniform(0.0, 0.5))
        far = CANVAS[1] + 20 if roll < 0.92 else -20
        _fill(mask, ((-20, level + lean), (CANVAS[0] + 20, level - lean), (CANVAS[0] + 20, far), (-20, far)))
    return mask


def _ball(rng: np.random.Generator, target: tuple[int, int, int, int]) -> Float:
    """The ball of a towbar, a lamp, a hand: round, usually with a stem that comes from below."""
    x, y = (
        (target[0] + target[2]) / 2 + float(rng.normal(0, 5)),
        target[1] + float(rng.uniform(0.0, 1.2)) * (target[3] - target[1]),
    )
    across = float(rng.uniform(6, 24))
    mask = _empty()
    centre = (round(x * 16), round(y * 16))
    cv2.ellipse(
        mask,
        centre,
        (round(across * 16), round(across * float(rng.uniform(0.9, 1.5)) * 16)),
        0,
        0,
        360,
        1.0,
        -1,
        cv2.LINE_8,
        4,
    )
    if rng.random() < 0.7:
        half = across * float(rng.uniform(0.4, 0.9))
        _fill(mask, ((x - half, y), (x + half, y), (x + half, CANVAS[1] + 20), (x - half, CANVAS[1] + 20)))
    return mask


def _fill(mask: Float, points: object) -> None:
    cv2.fillPoly(mask, [np.round(np.asarray(points, np.float64) * 16).astype(np.int32)], 1.0, cv2.LINE_8, 4)


def _tone(rng: np.random.Generator) -> float:
    kind = rng.random()
    if kind < 0.3:  # iron, rubber
        return float(rng.uniform(8, 50))
    if kind < 0.55:  # snow, paper
        return float(rng.uniform(200, 250))
    return float(rng.uniform(50, 200))  # mud, cloth


def _texture(rng: np.random.Generator, *, plain: bool) -> Float:
    if plain or rng.random() < 0.3:
        return np.zeros(CANVAS[::-1], np.float32)
    grain = int(rng.choice([1, 2, 5, 12]))
    coarse = rng.standard_normal((CANVAS[1] // grain + 1, CANVAS[0] // grain + 1), dtype=np.float32)
    texture = cv2.resize(coarse, CANVAS, interpolation=cv2.INTER_LINEAR) * float(rng.uniform(2, 18))
    if rng.random() < 0.3:
        texture = texture + np.linspace(-1, 1, CANVAS[0], dtype=np.float32)[None, :] * float(rng.uniform(-40, 40))
    return np.asarray(texture, np.float32)
