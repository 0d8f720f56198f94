"""Rendered pictures and their corners as tensors for training. Each index gives one picture, the same for the same seed."""

from __future__ import annotations

from collections import OrderedDict

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from models.training.scenes import Scene, Stock, compose_scene, look_again
from models.training.scenes.plates import PlateSource, any_plate

MOST_PLATES = 8
FIND_VISIBLE = 0.75
"""A plate of which less than this share is to be seen is neither demanded nor forbidden."""
FIND_WIDTH_PX = 11.0
PAD_GREY = 114
PADDED_SHARE = 0.15
BLOCK = 64
LOOKS = 4
_SCENES_A_STEP = 20


class RenderedScenes(Dataset[tuple[Tensor, Tensor, Tensor]]):
    """Grey pictures [1, h, w] uint8, corners [MOST_PLATES, 4, 2] in pixels, roles [MOST_PLATES]: 1 find, 0 either, -1 none.

    Each scene is photographed `LOOKS` times, a block of scenes apart, so that one batch never shows a scene twice.
    """

    def __init__(
        self, *, seed: int, length: int, plates: PlateSource = any_plate, width: int = 320, height: int = 256
    ) -> None:
        self._seed, self._length, self._size = seed, length, (width, height)
        self._plates = plates
        self._stock: Stock | None = None  # made where it is used: every worker process owns one
        self._streets: OrderedDict[int, Scene] = OrderedDict()

    def __len__(self) -> int:
        return self._length

    def scene(self, index: int) -> Scene:
        """Picture number `index` with its plates."""
        width, height = self._size
        block, place = divmod(index, BLOCK * LOOKS)
        street = self._street(block * BLOCK + place % BLOCK)
        return look_again(np.random.default_rng([self._seed, 3, index]), street, width=width, height=height)

    def _street(self, number: int) -> Scene:
        if self._stock is None:
            cv2.setNumThreads(1)
            self._stock = Stock(seed=self._seed, plates=self._plates, grey=True)
        if number not in self._streets:
            rng = np.random.default_rng([self._seed, 1, number])
            width, height = (round(1.2 * v) for v in self._size)
            base = number // _SCENES_A_STEP
            self._streets[number] = compose_scene(rng, self._stock, base=base, width=width, height=height)
            while len(self._streets) > BLOCK:
                self._streets.popitem(last=False)
        return self._streets[number]

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor, Tensor]:
        scene = self.scene(index)
        corners, roles = labels(scene)
        picture = scene.picture.copy()
        pad(np.random.default_rng([self._seed, 2, index]), picture, corners[roles >= 0])
        return torch.from_numpy(picture[None]), torch.from_numpy(corners), torch.from_numpy(roles)


def pad(rng: np.random.Generator, picture: NDArray[np.uint8], corners: NDArray[np.float32]) -> None:
    """Sometimes blank the lower or right edge in place, as the gate does to reach a size that 32 divides."""
    if rng.random() > PADDED_SHARE:
        return
    axis = int(rng.integers(2))
    length = picture.shape[axis]
    start = length - int(rng.integers(1, 64))
    if len(corners) and corners[..., 1 - axis].max() >= start:
        return
    if axis == 0:
        picture[start:] = PAD_GREY
    else:
        picture[:, start:] = PAD_GREY


def labels(scene: Scene) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Corners and roles of a scene's plates, padded to MOST_PLATES."""
    corners = np.zeros((MOST_PLATES, 4, 2), np.float32)
    roles = np.full(MOST_PLATES, -1, np.int64)
    for index, plate in enumerate(scene.plates[:MOST_PLATES]):
        corners[index] = plate.corners
        roles[index] = int(plate.visible >= FIND_VISIBLE and plate.width_px >= FIND_WIDTH_PX)
    return corners, roles
