"""A stream of labelled pictures for the reader, taken from a bank of flat canvases that are each photographed several times.

Drawing a flat plate costs more than photographing it, so each canvas is used for about `USES` pictures before it is replaced.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from core.plates.alphabet import ALPHABET, PAD, SLOTS
from core.plates.formats import FORMAT_IDS, FORMATS, LOOKS, UNKNOWN
from models.training.plates.conditions import INPUT, TRAINING, Conditions
from models.training.plates.covers import SURELY, room_probability, unseen_probability
from models.training.plates.distractors import distractor
from models.training.plates.faces import FlatPlate, render_flat
from models.training.plates.likeness import doubt
from models.training.plates.optics import Photograph, photograph
from models.training.plates.surroundings import FACE, Grey, surround
from models.training.plates.texts import random_text

Points = NDArray[np.float32]
USES: Final = 12
NO_FORMAT: Final = -1
"""Label of the format head for a picture without a plate."""

_CLASS: Final = {symbol: index for index, symbol in enumerate(ALPHABET)}
_RUSSIAN: Final = {
    "ru_1": 0.36, "ru_1a": 0.025, "ru_1b": 0.025, "ru_2": 0.02, "ru_4": 0.012, "ru_5": 0.02, "ru_6": 0.025, "ru_7": 0.015,
    "ru_8": 0.015, "ru_9": 0.015, "ru_10d": 0.018, "ru_10t": 0.025, "ru_10m": 0.012, "ru_15": 0.01, "ru_20": 0.025,
    "ru_21": 0.022, "ru_22": 0.018,
}  # fmt: skip
_DISTRACTORS: Final = 0.06
_STRANGERS: Final = 0.03
"""Share of plates of an unknown format."""
_FOREIGN: Final = 0.015
"""Share of Russian plates with a letter that no Russian plate has. It must be read as itself, not as a similar letter."""
_FOREIGN_LETTERS: Final = "БГДЖЗИЛПФЦШЩЭЮЯFGJLNRSUVWZ"
_REST: Final = [i for i in FORMAT_IDS if i not in _RUSSIAN]
_OFTEN: Final = {
    "eu": 20.0, "kz_2012": 15.0, "kz_2012_square": 7.0, "uz_private": 20.0, "uz_legal": 11.0, "uz_square": 3.0, "kg_2016": 7.0,
    "kg_1994": 2.0, "su_white": 4.0, "su_black": 5.0, "su_moto": 3.5, "mn": 3.0, "ua_1995": 3.0, "ua_2015": 1.5, "tj": 3.5,
    "am": 24.0, "md_1992": 3.0, "am_square": 9.0, "ua_tractor": 4.0, "ua_square": 4.0, "ua_2004": 1.5, "kz_1993": 3.0, "tm": 1.5, "ge_2014": 3.5, "by_taxi": 1.5,
}  # fmt: skip
"""Weights set by the errors of an earlier reader: formats with more or smaller letters need more pictures."""
_REST_WEIGHTS: Final = np.array([_OFTEN.get(i, 1.0) for i in _REST])
_REST_SHARES: Final = _REST_WEIGHTS / _REST_WEIGHTS.sum()


@dataclass(frozen=True, slots=True)
class Drawn:
    """A canvas and its labels."""

    canvas: Grey
    text: str
    format_id: str | None
    aspect: float
    centres: Points = field(default_factory=lambda: np.zeros((0, 2), np.float32))
    """`[len(text), 2]`: the middle of each symbol, x and y as shares of the plate's sides."""
    boxes: Points = field(default_factory=lambda: np.zeros((0, 4), np.float32))
    """`[len(text), 4]`: each symbol's left, top, right and bottom, as shares of the plate's sides.

    One more row if another symbol could follow the last: its room.
    """


@dataclass(frozen=True, slots=True)
class Batch:
    """The input and the labels of a training step, for `n` plates."""

    pictures: NDArray[np.uint8]
    """`[n, 64, 192]`"""
    symbols: NDArray[np.int8]
    """`[n, SLOTS]`"""
    formats: NDArray[np.int16]
    """`[n]`: indices into `LOOKS`; `NO_FORMAT` if there is no plate."""
    centres: Points
    """`[n, SLOTS, 2]`: the middle of each symbol, x and y as shares of the picture's sides; NaN for empty slots."""
    unseen: NDArray[np.float32]
    """`[n, SLOTS]`: target probability of «unseen», instead of the symbol that stands or might stand there."""


def draw(
    rng: np.random.Generator,
    format_id: str | None = None,
    text: str | None = None,
    *,
    fonts: str | None = None,
    own_typefaces: bool = False,
) -> Drawn:
    """Draws one canvas. Without `format_id`, draws from the training mix, including distractors. See `render_flat`."""
    if format_id is None:
        if rng.random() < _DISTRACTORS:
            return Drawn(distractor(rng), "", None, float(rng.choice([4.64, 4.64, 2.5, 1.5])))
        format_id = UNKNOWN if rng.random() < _STRANGERS else _any(rng)
    if text is None and format_id.startswith("ru_") and rng.random() < _FOREIGN:
        return _with_a_foreign_letter(rng, format_id, fonts)
    plate = render_flat(rng, format_id, text, size_px=FACE, fonts=fonts, own_typefaces=own_typefaces)
    return _on_canvas(rng, plate)


def _on_canvas(rng: np.random.Generator, plate: FlatPlate) -> Drawn:
    grey = np.asarray(cv2.cvtColor(plate.picture, cv2.COLOR_BGR2GRAY), np.uint8)
    if rng.random() < 0.08:  # coloured light or a filter can invert the tones of coloured plates
        grey = plate.picture[:, :, int(rng.integers(3))]
    aspect = plate.size_mm[0] / plate.size_mm[1]
    return Drawn(surround(rng, grey), plate.text, plate.format_id, aspect, centres_of(plate), boxes_of(plate))


def _with_a_foreign_letter(rng: np.random.Generator, format_id: str, fonts: str | None) -> Drawn:
    text, pattern = random_text(rng, format_id)
    letters = [at for at, slot in enumerate(pattern) if slot == "L"]
    if letters:
        at = letters[int(rng.integers(len(letters)))]
        text = text[:at] + _FOREIGN_LETTERS[int(rng.integers(len(_FOREIGN_LETTERS)))] + text[at + 1 :]
    return _on_canvas(rng, render_flat(rng, format_id, text, pattern=pattern, size_px=FACE, fonts=fonts))


def centres_of(plate: FlatPlate) -> Points:
    """`[len(text), 2]`: the middle of each symbol, x and y as shares of the plate's sides."""
    boxes: Points = np.array(plate.boxes_mm, np.float32).reshape(-1, 2, 2)
    return np.asarray(boxes.mean(axis=1) / np.array(plate.size_mm, np.float32), np.float32)


def boxes_of(plate: FlatPlate) -> Points:
    """`[len(text), 4]`, as shares of the plate's sides. One more row for the room of a third region digit, if one fits.

    It is added to plates with a two-digit region whose format also allows three digits.
    """
    sides = np.array([*plate.size_mm, *plate.size_mm], np.float32)
    boxes: Points = np.asarray(np.array(plate.boxes_mm, np.float32).reshape(-1, 4) / sides, np.float32)
    plate_format = FORMATS.get(plate.format_id)
    pattern = plate_format.match(plate.text) if plate_format is not None else None
    if (
        plate_format is None
        or pattern is None
        or not pattern.endswith("RR")
        or f"{pattern}R" not in plate_format.patterns
    ):
        return boxes
    x0, y0, x1, y1 = boxes[-1]
    room = np.array([[x1 + 0.01, y0, max(min(2 * x1 - x0 + 0.02, 0.985), x1 + 0.03), y1]], np.float32)
    return np.asarray(np.concatenate([boxes, room]), np.float32)


def projected(centres: Points, corners: Points) -> Points:
    """Projects points of a plate, as shares of its sides, into a picture in which the plate has `corners`, `[4, 2]`."""
    if not len(centres):
        return centres
    unit = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    matrix = cv2.getPerspectiveTransform(unit, np.asarray(corners, np.float32))
    return np.asarray(cv2.perspectiveTransform(centres[None], matrix)[0], np.float32)


def _any(rng: np.random.Generator) -> str:
    roll = rng.random()
    for format_id, share in _RUSSIAN.items():
        if roll < share:
            return format_id
        roll -= share
    return _REST[int(rng.choice(len(_REST), p=_REST_SHARES))]


def encode(text: str) -> NDArray[np.int8]:
    """The symbol classes of a text, padded to `SLOTS`."""
    return np.array([_CLASS[symbol] for symbol in text.ljust(SLOTS, PAD)], np.int8)


def _unseen(taken: Photograph, text: str, *, russian: bool) -> NDArray[np.float32]:
    """`[SLOTS]`: target probability of «unseen» per slot.

    It is the larger of two values: one by how much of the symbol is hidden, one by which other symbols the visible part fits.
    """
    length = len(text)
    unseen = np.zeros(SLOTS, np.float32)
    unseen[:length] = unseen_probability(taken.hidden[:length])
    for at in np.flatnonzero(taken.hidden[:length]):
        unseen[at] = max(
            unseen[at], SURELY * doubt(text[at], taken.parts[at], width_px=taken.width_px, russian=russian)
        )
    if len(taken.hidden) > length:
        unseen[length] = room_probability(float(taken.noticed[-1]))
    return unseen


class Stream:
    """Endless batches from one seed. Consecutive pictures are taken under each of `conditions` in turn.

    Not thread-safe: use one stream per process.
    """

    def __init__(
        self,
        seed: int | tuple[int, ...],
        *,
        size: int,
        conditions: Sequence[Conditions] = (TRAINING,),
        bank: int = 256,
        fonts: str | None = None,
    ) -> None:
        self._rng = np.random.default_rng(seed)
        self._size = size
        self.conditions = conditions
        self._capacity = bank
        self._fonts = fonts
        self._bank: list[Drawn] = []

    def batch(self) -> Batch:
        """The next batch."""
        pictures = np.empty((self._size, INPUT[1], INPUT[0]), np.uint8)
        symbols = np.empty((self._size, SLOTS), np.int8)
        formats = np.empty(self._size, np.int16)
        centres = np.full((self._size, SLOTS, 2), np.nan, np.float32)
        unseen = np.zeros((self._size, SLOTS), np.float32)
        for index in range(self._size):
            drawn = self._take()
            conditions = self.conditions[index % len(self.conditions)]
            taken = photograph(self._rng, drawn.canvas, drawn.aspect, conditions, boxes=drawn.boxes)
            pictures[index] = taken.picture
            centres[index, : len(drawn.text)] = projected(drawn.centres, taken.corners)
            russian = (drawn.format_id or "").startswith("ru_")
            unseen[index] = _unseen(taken, drawn.text, russian=russian)
            symbols[index] = encode(drawn.text)
            formats[index] = NO_FORMAT if drawn.format_id is None else LOOKS.index(drawn.format_id)
        return Batch(pictures, symbols, formats, centres, unseen)

    def _take(self) -> Drawn:
        rng = self._rng
        if len(self._bank) < self._capacity:
            self._bank.append(draw(rng, fonts=self._fonts))
            return self._bank[-1]
        place = int(rng.integers(self._capacity))
        if rng.random() < 1 / USES:
            self._bank[place] = draw(rng, fonts=self._fonts)
        return self._bank[place]
