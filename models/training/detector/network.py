"""The plate detector: plain 3x3 convolutions to stride 32 and back to stride 8; heatmap and corners per cell.

Corners are predicted as `exp(size) * shape`: one number for the plate's size, eight for its shape, so that a plate of
20 pixels and one of 400 are learned with the same relative precision.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

STRIDE = 8
_PRIOR = -4.6  # sigmoid(-4.6) = 0.01: a cell is rarely a plate's centre


class Block(nn.Sequential):
    """Convolution, batch normalisation, ReLU; the normalisation is folded into the convolution on export."""

    def __init__(self, inputs: int, outputs: int, *, kernel: int = 3, stride: int = 1) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False),
            nn.BatchNorm2d(outputs, momentum=0.05),
            nn.ReLU(inplace=True),
        )


class PlateDetector(nn.Module):
    """`forward` takes grey pictures [n, 1, h, w] in 0..255 and gives the raw head [n, 10, h/8, w/8]: heat, size, 8 shapes."""

    def __init__(self, *, widths: tuple[int, int, int, int, int] = (16, 16, 48, 64, 96), neck: int = 48) -> None:
        super().__init__()
        w2, w4, w8, w16, w32 = widths
        self.stem = nn.Sequential(Block(1, w2, stride=2), Block(w2, w4, stride=2))
        self.stage8 = nn.Sequential(Block(w4, w8, stride=2), Block(w8, w8))
        self.stage16 = nn.Sequential(Block(w8, w16, stride=2), Block(w16, w16))
        self.stage32 = nn.Sequential(Block(w16, w32, stride=2), Block(w32, w32), Block(w32, w32), Block(w32, w32))
        self.from32 = Block(w32, neck, kernel=1)
        self.from16 = Block(w16, neck, kernel=1)
        self.join16 = Block(neck, neck)
        self.from8 = Block(w8, neck, kernel=1)
        self.join8 = Block(neck, neck)
        self.head = nn.Conv2d(neck, 10, 1)
        nn.init.normal_(self.head.weight, std=0.01)
        assert self.head.bias is not None
        nn.init.zeros_(self.head.bias)
        with torch.no_grad():
            self.head.bias[0] = _PRIOR

    def forward(self, pictures: Tensor) -> Tensor:
        x = (pictures - 118.0) * (1 / 64.0)
        p8 = self.stage8(self.stem(x))
        p16 = self.stage16(p8)
        p32 = self.stage32(p16)
        up16 = self.join16(self.from16(p16) + _twice(self.from32(p32)))
        up8 = self.join8(self.from8(p8) + _twice(up16))
        maps: Tensor = self.head(up8)
        return maps


def _twice(x: Tensor) -> Tensor:
    return functional.interpolate(x, scale_factor=2, mode="nearest")


def answers(head: Tensor) -> tuple[Tensor, Tensor]:
    """The head as the heatmap [n, 1, h, w] in 0..1 and corner offsets [n, 8, h, w] in pixels from the cell's centre."""
    scale = STRIDE * torch.exp(head[:, 1:2].clamp(-4.0, 5.0))
    return torch.sigmoid(head[:, :1]), head[:, 2:] * scale


def parameter_count(net: nn.Module) -> int:
    return sum(p.numel() for p in net.parameters())
