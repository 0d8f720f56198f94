"""The reader's training losses: on its answers, and on intermediate results: what is seen where, and where it looks.

Pictures are rendered, so the place of every symbol is known. With that, the map learns to name a symbol at its place
and a slot learns to look there. From the text alone both would have to be guessed, and where letters are close together
a slot takes its neighbour's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from core.plates.alphabet import ALPHABET, PAD, UNSEEN
from models.training.ocr.network import COLUMNS, ROWS, PlateReader
from models.training.plates.samples import NO_FORMAT, Batch

FORMAT_WEIGHT: Final = 0.15
FIRST_LOOK_WEIGHT: Final = 0.3
"""The answers after the first look are trained too: DETR's auxiliary losses (Carion et al. 2020, arXiv:2005.12872)."""
PLACE_WEIGHT: Final = 0.15
LOOK_WEIGHT: Final = 0.05
"""For each of the two looks."""
SMOOTHING: Final = 0.03
_NOTHING: Final = ALPHABET.index(PAD)
_UNSEEN: Final = ALPHABET.index(UNSEEN)
_NOT_ASKED: Final = -100
_LEAST: Final = 1e-4


@dataclass(frozen=True, slots=True)
class Labelled:
    """A `Batch` as tensors on the training device."""

    pictures: Tensor
    """uint8 `[n, 64, 192, 1]`"""
    symbols: Tensor
    """int64 `[n, SLOTS]`"""
    formats: Tensor
    """int64 `[n]`"""
    centres: Tensor
    """float32 `[n, SLOTS, 2]`, NaN if there is no symbol."""
    unseen: Tensor
    """float32 `[n, SLOTS]`: the target share of `UNSEEN` in a slot's answer."""

    @property
    def answers(self) -> Tensor:
        """int64 `[n, SLOTS]`: the best possible answer of each slot."""
        return torch.where(self.unseen > 0.5, _UNSEEN, self.symbols)


def on(device: torch.device, batch: Batch) -> Labelled:
    """`batch` on the device."""
    return Labelled(
        torch.from_numpy(batch.pictures[..., None]).to(device, non_blocking=True),
        torch.from_numpy(batch.symbols.astype(np.int64)).to(device, non_blocking=True),
        torch.from_numpy(batch.formats.astype(np.int64)).to(device, non_blocking=True),
        torch.from_numpy(batch.centres).to(device, non_blocking=True),
        torch.from_numpy(batch.unseen).to(device, non_blocking=True),
    )


def loss_of(reader: PlateReader, labelled: Labelled) -> Tensor:
    """Cross entropy of every slot after both looks, of the format if there is a plate, of places and looks."""
    lesson = reader.taught(labelled.pictures)
    slots, early = (
        symbol_loss(logits.float(), labelled.symbols, labelled.unseen, smoothing=SMOOTHING)
        for logits in (lesson.symbols, lesson.first_symbols)
    )
    kinds = cross_entropy(lesson.formats.float(), labelled.formats, ignore_index=NO_FORMAT)
    near = nearness(labelled.centres)
    seen = cross_entropy(lesson.place_symbols.float().flatten(0, 1), places(near, labelled.answers).flatten())
    looked = sum(astray(weights, near) for weights in lesson.looks)
    return slots + FIRST_LOOK_WEIGHT * early + FORMAT_WEIGHT * kinds + PLACE_WEIGHT * seen + LOOK_WEIGHT * looked


def symbol_loss(logits: Tensor, symbols: Tensor, unseen: Tensor, *, smoothing: float = 0.0) -> Tensor:
    """Cross entropy of `[n, SLOTS, len(ALPHABET)]` logits; `unseen` is each symbol's target share of `UNSEEN`."""
    flat = logits.flatten(0, 1)
    named = cross_entropy(flat, symbols.flatten(), label_smoothing=smoothing, reduction="none")
    share = unseen.flatten()
    hidden = share > 0
    if not hidden.any():
        return named.mean()
    dark = torch.full_like(symbols.flatten()[hidden], _UNSEEN)
    other = cross_entropy(flat[hidden], dark, label_smoothing=smoothing, reduction="none")
    mixed = named.clone()
    mixed[hidden] = (1 - share[hidden]) * named[hidden] + share[hidden] * other
    return mixed.mean()


def nearness(centres: Tensor) -> Tensor:
    """`[n, SLOTS, 2]` → `[n, SLOTS, ROWS * COLUMNS]`: how near each place of the map is to a symbol's centre.

    1 at the centre, 0 from the next place on, as in bilinear interpolation; 0 everywhere for a slot without a symbol.
    """
    across = (centres[..., 0] * COLUMNS - 0.5).clamp(0, COLUMNS - 1)
    down = (centres[..., 1] * ROWS - 0.5).clamp(0, ROWS - 1)
    columns = (1 - (across[..., None] - torch.arange(COLUMNS, device=centres.device)).abs()).clamp(min=0)
    rows = (1 - (down[..., None] - torch.arange(ROWS, device=centres.device)).abs()).clamp(min=0)
    return (rows[..., :, None] * columns[..., None, :]).flatten(2).nan_to_num(0.0)


def places(near: Tensor, symbols: Tensor) -> Tensor:
    """`[n, ROWS * COLUMNS]`: the symbol whose centre lies at a place; padding far from all; ignored in between."""
    nearest = near.amax(dim=1)
    labels = torch.where(nearest == 0, _NOTHING, _NOT_ASKED)
    best = near.amax(dim=2, keepdim=True)
    middle = (near == best) & (best > 0)
    for slot in range(near.shape[1]):  # if two share a place, the later one gets it
        labels = torch.where(middle[:, slot], symbols[:, slot, None], labels)
    return labels


def astray(weights: Tensor, near: Tensor) -> Tensor:
    """Mean -log of the share of a look, `[n, SLOTS, places]`, that falls on its symbol; slots without one excluded."""
    there = near.sum(dim=2) > 0
    about = (weights.float() * (near > 0)).sum(dim=2)
    lost = -(about + _LEAST).log() * there
    return lost.sum() / there.sum().clamp(min=1)
