"""The detector's targets and losses: a Gaussian at every plate's centre, and the offsets to its four corners."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from models.training.detector.network import STRIDE


@dataclass(frozen=True, slots=True)
class Targets:
    """Per cell: `heat` [n, h, w], `centre` and `ignored` masks, `corners` [n, 8, h, w] pixels from the cell, `size`, `weight`."""

    heat: Tensor
    centre: Tensor
    ignored: Tensor
    corners: Tensor
    size: Tensor
    weight: Tensor


def make_targets(corners: Tensor, roles: Tensor, *, rows: int, columns: int) -> Targets:
    """Targets from corners [n, k, 4, 2] in network pixels and roles [n, k] (1 find, 0 either, -1 none)."""
    device = corners.device
    y = (torch.arange(rows, device=device) + 0.5) * STRIDE
    x = (torch.arange(columns, device=device) + 0.5) * STRIDE
    middle = corners.mean(2)
    wide = ((corners[:, :, 1] - corners[:, :, 0]).norm(dim=-1) + (corners[:, :, 2] - corners[:, :, 3]).norm(dim=-1)) / 2
    tall = ((corners[:, :, 3] - corners[:, :, 0]).norm(dim=-1) + (corners[:, :, 2] - corners[:, :, 1]).norm(dim=-1)) / 2
    size = (wide * tall).sqrt().clamp_min(4.0)
    sigma = (0.14 * size).clamp(0.6 * STRIDE, 2.5 * STRIDE)
    dx = (x[None, None] - middle[..., :1]) / sigma[..., None]
    dy = (y[None, None] - middle[..., 1:]) / sigma[..., None]
    hill = torch.exp(-0.5 * (dx[:, :, None, :] ** 2 + dy[:, :, :, None] ** 2)) * (roles == 1)[:, :, None, None]
    heat, owner = hill.max(1)

    centre = torch.zeros(heat.shape, dtype=torch.bool, device=device)
    batch, index = torch.nonzero(roles == 1, as_tuple=True)
    column = (middle[batch, index, 0] / STRIDE).long().clamp(0, columns - 1)
    row = (middle[batch, index, 1] / STRIDE).long().clamp(0, rows - 1)
    centre[batch, row, column] = True

    low, high = corners.amin(2), corners.amax(2)
    in_x = (x[None, None] > low[..., :1]) & (x[None, None] < high[..., :1])
    in_y = (y[None, None] > low[..., 1:]) & (y[None, None] < high[..., 1:])
    ignored = (in_y[:, :, :, None] & in_x[:, :, None, :] & (roles == 0)[:, :, None, None]).any(1) & ~centre

    n = corners.shape[0]
    flat = corners.reshape(n, -1, 8).gather(1, owner.reshape(n, -1, 1).expand(-1, -1, 8))
    cells = torch.stack(torch.meshgrid(y, x, indexing="ij")[::-1], -1).reshape(1, -1, 1, 2)
    offsets = (flat.reshape(n, -1, 4, 2) - cells).reshape(n, rows, columns, 8).permute(0, 3, 1, 2)
    owner_size = size.gather(1, owner.reshape(n, -1)).reshape(n, rows, columns)
    weight = torch.where((heat > 0.3) | centre, heat, torch.zeros_like(heat))
    return Targets(heat=heat, centre=centre, ignored=ignored, corners=offsets, size=owner_size, weight=weight)


def heat_loss(logits: Tensor, targets: Targets) -> Tensor:
    """Penalty-reduced focal loss (Law & Deng 2018), normalised by the number of plates to find."""
    score = torch.sigmoid(logits).clamp(1e-5, 1 - 1e-5)
    found = -((1 - score) ** 2) * torch.log(score) * targets.centre
    silent = -(score**2) * torch.log1p(-score) * (1 - targets.heat) ** 4 * ~(targets.centre | targets.ignored)
    return (found.sum() + silent.sum()) / targets.centre.sum().clamp_min(1)


def corner_loss(offsets: Tensor, targets: Targets) -> Tensor:
    """Mean corner distance in plate sizes, near plate centres."""
    error = functional.smooth_l1_loss(
        offsets / targets.size[:, None], targets.corners / targets.size[:, None], beta=0.02, reduction="none"
    )
    return (error.mean(1) * targets.weight).sum() / targets.weight.sum().clamp_min(1)
