"""The reader's network: a plain CNN, two transformer layers over the whole map, and slots that attend to it.

Two-line plates have no single reading order along the width, so attention covers rows and columns alike. One query more
than there are slots answers the plate's format.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor, nn

from core.plates.alphabet import ALPHABET, SLOTS
from core.plates.formats import LOOKS

ROWS: Final = 4
COLUMNS: Final = 24
_FLOOR: Final = 3.0
"""Grey levels added to the standard deviation, so that the noise of an empty picture is not amplified."""


def _conv(
    inputs: int, outputs: int, *, kernel: tuple[int, int] = (3, 3), stride: tuple[int, int] = (2, 2)
) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, (kernel[0] // 2, kernel[1] // 2), bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class Residual(nn.Module):
    """One convolution with a residual connection; `apart` is its dilation along columns."""

    def __init__(self, channels: int, *, apart: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, 1, (1, apart), (1, apart), bias=False)
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(x + self.norm(self.conv(x)))


def _waves(count: int, features: int) -> Tensor:
    """`[count, features]`: sines and cosines of positions along one axis, from half a period to six."""
    periods = torch.logspace(math.log10(0.5), math.log10(6.0), features // 2)
    angles = (torch.arange(count)[:, None] + 0.5) / count * periods * 2 * math.pi
    return torch.stack([angles.sin(), angles.cos()], dim=2).flatten(1)


def _places(dim: int) -> Tensor:
    """`[1, ROWS, COLUMNS, dim]`: the first half encodes the column, the second the row."""
    columns = _waves(COLUMNS, dim // 2)[None, None].expand(1, ROWS, COLUMNS, -1)
    rows = _waves(ROWS, dim // 2)[None, :, None].expand(1, ROWS, COLUMNS, -1)
    return torch.cat([columns, rows], dim=-1).contiguous()


def _first_guess(dim: int) -> Tensor:
    """`[1, SLOTS + 1, dim]`: each slot at its column of an evenly filled line, the last at none."""
    line = _waves(10 * COLUMNS, dim // 2)
    at = ((torch.arange(SLOTS) + 0.8) / (SLOTS - 0.2) * 10 * COLUMNS).long().clamp(max=10 * COLUMNS - 1)
    slots = torch.randn(1, SLOTS + 1, dim) * 0.1
    slots[0, :SLOTS, : dim // 2] += 1.5 * line[at]
    return slots


class Attention(nn.Module):
    """Multi-head attention of `queries` over `places`, on rows: `[n * queries, dim]`.

    Sizes are fixed to keep the ONNX graph small; on rows a linear layer with bias is one node instead of two.
    """

    def __init__(self, dim: int, heads: int, *, queries: int, places: int) -> None:
        super().__init__()
        self.dim = dim
        self.scale = (dim // heads) ** -0.5
        self.ask = (-1, queries, heads, dim // heads)
        self.answer = (-1, places, heads, dim // heads)
        self.query, self.key, self.value = nn.Linear(dim, dim), nn.Linear(dim, dim), nn.Linear(dim, dim)
        self.out = nn.Linear(dim, dim)

    def forward(self, queries: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
        """The result, and the attention weight of each place: `[n, heads, queries, places]`."""
        q = self.query(queries).reshape(self.ask).transpose(1, 2)
        k = self.key(memory).reshape(self.answer).permute(0, 2, 3, 1)
        v = self.value(memory).reshape(self.answer).transpose(1, 2)
        weights = torch.softmax(q @ k * self.scale, dim=-1)
        answer: Tensor = self.out((weights @ v).transpose(1, 2).reshape(-1, self.dim))
        return answer, weights


class Layer(nn.Module):
    """Pre-norm attention and feed-forward on rows; self-attention, or attention to a `memory`."""

    def __init__(self, dim: int, heads: int, *, queries: int, places: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.attention = Attention(dim, heads, queries=queries, places=places)
        self.feed = nn.Sequential(nn.Linear(dim, 2 * dim), nn.ReLU(inplace=True), nn.Linear(2 * dim, dim))

    def forward(self, x: Tensor) -> Tensor:
        return self.looking(x, None)[0]

    def looking(self, x: Tensor, memory: Tensor | None) -> tuple[Tensor, Tensor]:
        """The output for `x`, and the attention weights."""
        normed = self.norm1(x)
        answer, weights = self.attention(normed, normed if memory is None else memory)
        x = x + answer
        fed: Tensor = self.feed(self.norm2(x))
        return x + fed, weights


@dataclass(frozen=True, slots=True)
class Lesson:
    """Everything with a loss: the answers, and as intermediate results what is seen and where the slots look."""

    symbols: Tensor
    """Logits `[n, SLOTS, len(ALPHABET)]`."""
    formats: Tensor
    """Logits `[n, len(LOOKS)]`."""
    first_symbols: Tensor
    """Like `symbols`, after the first look."""
    place_symbols: Tensor
    """Logits `[n, ROWS * COLUMNS, len(ALPHABET)]`: the symbol at each place of the map."""
    looks: tuple[Tensor, ...]
    """Attention weights of each look, averaged over its heads: `[n, SLOTS, ROWS * COLUMNS]`."""


class PlateReader(nn.Module):
    """`uint8 [n, 64, 192, 1]` grey → logits `[n, SLOTS, len(ALPHABET)]` and `[n, len(LOOKS)]`."""

    def __init__(self, *, dim: int = 96, heads: int = 4) -> None:
        super().__init__()
        self.dim = dim
        # Rows are halved sooner than columns: letters are close together, and an I between two others is 6 pixels wide.
        self.features = nn.Sequential(
            _conv(1, 32, kernel=(5, 5)),
            _conv(32, 48),
            Residual(48),
            _conv(48, 64, stride=(2, 1)),
            Residual(64, apart=2),
            Residual(64, apart=2),
            _conv(64, dim, kernel=(3, 5)),
        )
        cells = ROWS * COLUMNS
        self.place = nn.Parameter(_places(dim).flatten(1, 2))
        self.mix = nn.Sequential(*(Layer(dim, heads, queries=cells, places=cells) for _ in range(2)))
        self.memory_norm = nn.LayerNorm(dim)
        self.slots = nn.Parameter(_first_guess(dim))
        self.gist = nn.Linear(dim, dim)
        # Two looks: the first finds the layout, the slots agree on it, the second reads.
        self.look = Layer(dim, heads, queries=SLOTS + 1, places=cells)
        self.agree = nn.Sequential(*(Layer(dim, heads, queries=SLOTS + 1, places=SLOTS + 1) for _ in range(2)))
        self.look_again = Layer(dim, heads, queries=SLOTS + 1, places=cells)
        # From the first step on, a slot looks at its column: otherwise finding it takes 50,000 samples.
        for look in (self.look, self.look_again):
            for projection in (look.attention.query, look.attention.key):
                nn.init.eye_(projection.weight)
                nn.init.zeros_(projection.bias)
        self.norm = nn.LayerNorm(dim)
        self.symbols = nn.Linear(dim, len(ALPHABET))
        self.formats = nn.Linear(dim, len(LOOKS))

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        slots = self._read(self._looks(pictures)[-1][0])
        return self.symbols(slots[:, :SLOTS]), self.formats(slots[:, SLOTS])

    def taught(self, pictures: Tensor) -> Lesson:
        """The answers with all intermediate results that are trained."""
        memory, *looks = self._looks(pictures)
        first, last = (self._read(slots) for slots, _ in looks)
        return Lesson(
            symbols=self.symbols(last[:, :SLOTS]),
            formats=self.formats(last[:, SLOTS]),
            first_symbols=self.symbols(first[:, :SLOTS]),
            place_symbols=self.symbols(memory).reshape(-1, ROWS * COLUMNS, len(ALPHABET)),
            looks=tuple(weights[:, :, :SLOTS].mean(dim=1) for _, weights in looks),
        )

    def _looks(self, pictures: Tensor) -> tuple[Tensor, tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
        """The map as rows; the slots' contents as rows and their attention weights, after the first and second look."""
        x = pictures.permute(0, 3, 1, 2).float()
        x = x - x.mean(dim=(1, 2, 3), keepdim=True)
        deviation = (x * x).mean(dim=(1, 2, 3), keepdim=True).sqrt()
        x = self.features((x / (deviation + _FLOOR)).contiguous(memory_format=torch.channels_last))
        tokens = x.flatten(2).transpose(1, 2) + self.place
        memory = self.memory_norm(self.mix(tokens.reshape(-1, self.dim)))
        gist = self.gist(memory.reshape(-1, ROWS * COLUMNS, self.dim).mean(dim=1))
        slots = (self.slots + gist[:, None]).reshape(-1, self.dim)
        found, first = self.look.looking(slots, memory)
        agreed = self.agree(found)
        read, second = self.look_again.looking(agreed, memory)
        return memory, (agreed, first), (read, second)

    def _read(self, slots: Tensor) -> Tensor:
        normed: Tensor = self.norm(slots).reshape(-1, SLOTS + 1, self.dim)
        return normed


class Answers(nn.Module):
    """The network as shipped: probabilities instead of logits, calibrated by `temperature`."""

    def __init__(self, reader: PlateReader, temperature: float = 1.0) -> None:
        super().__init__()
        self.reader = reader
        self.temperature = temperature

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        symbols, formats = self.reader(pictures)
        return torch.softmax(symbols / self.temperature, dim=-1), torch.softmax(formats, dim=-1)
