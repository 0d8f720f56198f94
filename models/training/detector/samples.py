"""Rendered pictures and their corners as training tensors. Each index gives one picture, the same for the same seed."""

from __future__ import annotations

from collections import OrderedDict

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from models.training.scenes import Scene, Stock, compose_scene, look_again, seen_through
from models.training.scenes.plates import PlateSource, any_plate

MOST_PLATES = 8
FIND_VISIBLE = 0.75
"""A plate of which a smaller share is visible is neither required nor penalised."""
FIND_WIDTH_PX = 11.0
PAD_GREY = 114
PADDED_SHARE = 0.15
BLOCK = 64
LOOKS = 4
CYCLE = 3
CLOSE_UPS = 4
"""Close-ups per batch for each scene in a batch: they are a quarter the size."""
CLOSE_UP = (192, 96)
_SCENES_A_STEP = 20


class RenderedScenes:
    """Photographs of rendered scenes by number. Each scene is used `LOOKS` times, one block of scenes apart."""

    def __init__(self, *, seed: int, plates: PlateSource = any_plate, width: int = 320, height: int = 256) -> None:
        self._seed = seed
        self._size = (width, height)
        self._stock = Stock(seed=seed, plates=plates, grey=True)
        self._streets: OrderedDict[int, Scene] = OrderedDict()
        self._scenes: OrderedDict[int, Scene] = OrderedDict()

    def scene(self, index: int) -> Scene:
        """Picture number `index` with its plates."""
        if index not in self._scenes:
            block, place = divmod(index, BLOCK * LOOKS)
            street = self._street(block * BLOCK + place % BLOCK)
            rng = np.random.default_rng([self._seed, 3, index])
            self._scenes[index] = look_again(rng, street, width=self._size[0], height=self._size[1])
            while len(self._scenes) > BLOCK:
                self._scenes.popitem(last=False)
        return self._scenes[index]

    def _street(self, number: int) -> Scene:
        if number not in self._streets:
            rng = np.random.default_rng([self._seed, 1, number])
            width, height = (round(1.2 * v) for v in self._size)
            base = number // _SCENES_A_STEP
            self._streets[number] = compose_scene(rng, self._stock, base=base, width=width, height=height)
            while len(self._streets) > BLOCK:
                self._streets.popitem(last=False)
        return self._streets[number]


class RenderedBatches(Dataset[tuple[Tensor, Tensor, Tensor]]):
    """Batches by number: two of whole scenes, then one of close-ups cut from the previous scenes."""

    def __init__(self, *, seed: int, batches: int, batch: int, plates: PlateSource = any_plate) -> None:
        self._seed, self._batches, self._batch, self._plates = seed, batches, batch, plates
        self._scenes: RenderedScenes | None = None  # made on first use, so that every worker process has its own

    def __len__(self) -> int:
        return self._batches

    def __getitem__(self, number: int) -> tuple[Tensor, Tensor, Tensor]:
        if self._scenes is None:
            cv2.setNumThreads(1)
            self._scenes = RenderedScenes(seed=self._seed, plates=self._plates)
        rng = np.random.default_rng([self._seed, 2, number])
        group, turn = divmod(number, CYCLE)
        first = (group * (CYCLE - 1) + min(turn, CYCLE - 2)) * self._batch
        scenes = [self._scenes.scene(first + i) for i in range(self._batch)]
        if turn == CYCLE - 1:
            scenes = [close_up(rng, scenes[i % self._batch]) for i in range(CLOSE_UPS * self._batch)]
        places = [labels(scene) for scene in scenes]
        pictures = np.stack([scene.picture for scene in scenes])
        if turn < CYCLE - 1:
            for picture, (corners, roles) in zip(pictures, places, strict=True):
                pad(rng, picture, corners[roles >= 0])
        corners, roles = (np.stack(part) for part in zip(*places, strict=True))
        return torch.from_numpy(pictures[:, None]), torch.from_numpy(corners), torch.from_numpy(roles)


def close_up(rng: np.random.Generator, scene: Scene) -> Scene:
    """A window as cut by the gate for its second look: a large plate near the middle, or something else."""
    width, height = CLOSE_UP
    plates = [p for p in scene.plates if p.visible > FIND_VISIBLE and p.width_px >= FIND_WIDTH_PX]
    if plates and rng.random() < 0.78:
        outline = plates[int(rng.integers(len(plates)))].corners
    elif scene.decoys and rng.random() < 0.7:
        outline = scene.decoys[int(rng.integers(len(scene.decoys)))]
    else:
        span = np.exp(rng.uniform(np.log(16), np.log(200)))
        outline = rng.uniform(0, scene.picture.shape[::-1], (1, 2)) + span * np.array(
            [[0, 0], [1, 0], [1, 0.25], [0, 0.25]]
        )
    long_side = max(float(np.linalg.norm(outline[1] - outline[0])), float(np.linalg.norm(outline[2] - outline[3])), 8.0)
    scale = rng.uniform(75, 135) / long_side
    aside = rng.normal(0, [0.07 * width / 2, 0.09 * height])
    shift = np.array([width, height]) / 2 + aside - scale * outline.mean(0)
    matrix = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
    moved = matrix.copy()
    moved[:, 2] += 0.5 * scale - 0.5  # from pixel corners to pixel centres
    flags = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    window = cv2.warpAffine(scene.picture, moved, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return seen_through(scene, matrix, np.asarray(window, np.uint8))


def pad(rng: np.random.Generator, picture: NDArray[np.uint8], corners: NDArray[np.float32]) -> None:
    """Sometimes blank the lower or right edge in place, as the gate does to pad to a size divisible by 32."""
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
    """Corners [MOST_PLATES, 4, 2] and roles [MOST_PLATES] of a scene's plates: 1 find, 0 either, -1 none."""
    corners = np.zeros((MOST_PLATES, 4, 2), np.float32)
    roles = np.full(MOST_PLATES, -1, np.int64)
    for index, plate in enumerate(scene.plates[:MOST_PLATES]):
        corners[index] = plate.corners
        roles[index] = int(plate.visible >= FIND_VISIBLE and plate.width_px >= FIND_WIDTH_PX)
    return corners, roles
