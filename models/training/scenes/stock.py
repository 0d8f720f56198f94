"""A store of drawn cars, streets, plates and boards. Item k of a kind is always the same for the same seed.

Drawing a car takes tens of milliseconds, warping one into a picture half of one. So pictures share items, taken from a
window that moves slowly. One process owns a stock; items are made on first use and dropped once the window has passed.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

import cv2
import numpy as np

from models.training.scenes.backdrops import draw_clutter, draw_street
from models.training.scenes.canvas import Canvas
from models.training.scenes.cars import CarArt, draw_car, draw_motorcycle, draw_side
from models.training.scenes.distractors import draw_board, draw_texts
from models.training.scenes.mount import MountedPlate, mount_plate
from models.training.scenes.plates import PlateSource, any_plate
from models.training.scenes.textures import Picture

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class StockedPlate:
    """A weathered plate ready to mount, with its text and format."""

    mounted: MountedPlate
    text: str
    format_id: str
    width_mm: float


class Stock:
    """Lazily drawn items, the same for the same `seed`; `grey` makes them single-channel (training needs no colour)."""

    def __init__(self, *, seed: int, plates: PlateSource = any_plate, window: int = 150, grey: bool = False) -> None:
        self._seed = seed
        self._plates = plates
        self._window = window
        self._grey = grey
        self._items: OrderedDict[tuple[str, int], object] = OrderedDict()

    def pick(self, rng: np.random.Generator, *, base: int, kind: str) -> int:
        """The number of an item within the window that starts at `base`."""
        faster = 4 if kind in {"plate", "square"} else 1  # plates are quick to draw and matter most
        return faster * base + int(rng.integers(faster * self._window))

    def _get(self, kind: str, number: int, draw: Callable[[np.random.Generator], Item]) -> Item:
        key = (kind, number)
        if key in self._items:
            self._items.move_to_end(key)
        else:
            self._items[key] = draw(np.random.default_rng([self._seed, number, sum(kind.encode())]))
            while len(self._items) > 20 * self._window:
                self._items.popitem(last=False)
        return self._items[key]  # type: ignore[return-value]

    def tone(self, picture: Picture) -> Picture:
        """The picture in the stock's colours: BGR, or one channel if grey."""
        return (
            np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)
            if self._grey and picture.ndim == 3
            else picture
        )

    def backdrop(self, number: int) -> Picture:
        def draw(rng: np.random.Generator) -> Picture:
            picture = draw_street(rng) if rng.random() < 0.75 else draw_clutter(rng)
            if rng.random() < 0.35:
                draw_texts(rng, picture)
            return self.tone(picture)

        return self._get("backdrop", number, draw)

    def car(self, number: int) -> CarArt:
        def draw(rng: np.random.Generator) -> CarArt:
            art = draw_motorcycle(rng) if rng.random() < 0.07 else draw_car(rng, px_per_mm=0.28)
            return replace(art, colour=self.tone(art.colour))

        return self._get("car", number, draw)

    def side(self, number: int) -> Canvas:
        """The flank that belongs to car `number`."""

        def draw(rng: np.random.Generator) -> Canvas:
            art = self.car(number)
            canvas = draw_side(rng, paint=art.paint, height_mm=art.height_mm, px_per_mm=0.1)
            canvas.colour = self.tone(canvas.colour)
            return canvas

        return self._get("side", number, draw)

    def board(self, number: int) -> Picture:
        return self._get("board", number, lambda rng: self.tone(draw_board(rng)))

    def plate(self, number: int, *, square: bool) -> StockedPlate:
        def draw(rng: np.random.Generator) -> StockedPlate:
            flat = self._plates(rng, square)
            mounted = mount_plate(rng, flat.picture)
            toned = MountedPlate(self.tone(mounted.picture), mounted.left, mounted.top, mounted.width, mounted.height)
            return StockedPlate(mounted=toned, text=flat.text, format_id=flat.format_id, width_mm=flat.size_mm[0])

        return self._get("square" if square else "plate", number, draw)
