"""Rules of growing a reader: a larger network begins with what a smaller one has learned. Needs torch."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from core.plates.alphabet import SLOTS
from models.training.ocr.grow import grown
from models.training.ocr.network import COLUMNS, ROWS, Layer, PlateReader, Residual

pytestmark = pytest.mark.training


def _conv(inputs: int, outputs: int, kernel: int, stride: int | tuple[int, int]) -> nn.Sequential:
    conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs), nn.ReLU())


class FirstReader(PlateReader):
    """The first network: fewer channels, columns halved once more before the residual layers, one layer of each kind."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            _conv(1, 24, 5, 2), _conv(24, 32, 3, 2), Residual(32), _conv(32, 64, 3, 2), Residual(64), Residual(64),
            _conv(64, 96, 3, (2, 1)),
        )  # fmt: skip
        self.mix = Layer(96, 4, queries=ROWS * COLUMNS, places=ROWS * COLUMNS)
        self.agree = Layer(96, 4, queries=SLOTS + 1, places=SLOTS + 1)
        self.look_again = self.look

    def learned(self) -> dict[str, Tensor]:
        """Its weights, as its checkpoints have them."""
        return {name: tensor for name, tensor in self.state_dict().items() if not name.startswith("look_again.")}


@torch.no_grad()
def _lived(reader: PlateReader) -> PlateReader:
    """With weights and statistics as a training leaves them, unlike those of the beginning."""
    for name, tensor in reader.state_dict().items():
        if name.endswith("running_var"):
            tensor.uniform_(0.5, 2)
        elif tensor.is_floating_point() and "place" not in name:
            tensor.add_(torch.randn_like(tensor), alpha=0.05)
    return reader.eval()


@torch.no_grad()
def test_a_grown_reader_answers_as_the_smaller_one_did() -> None:
    """Before its first step the larger network reads every picture as the smaller one does."""
    torch.manual_seed(5)
    small = _lived(FirstReader())
    large = PlateReader().eval()
    large.load_state_dict(grown(small.learned(), seed=1))
    pictures = torch.randint(0, 256, (4, 64, 192, 1), dtype=torch.uint8)
    for was, now in zip(small(pictures), large(pictures), strict=True):
        assert torch.allclose(was, now, atol=1e-4)
        assert was.std() > 0.01


def test_what_is_new_learns_from_the_first_step() -> None:
    """Each layer of the larger network has some weight that a first step moves: nothing stays dead."""
    torch.manual_seed(5)
    large = PlateReader().train()
    large.load_state_dict(grown(_lived(FirstReader()).learned(), seed=1))
    symbols, formats = large(torch.randint(0, 256, (4, 64, 192, 1), dtype=torch.uint8))
    (symbols.square().mean() + formats.square().mean()).backward()
    for part in (
        large.mix[1].attention.out,
        large.mix[1].feed[-1],
        large.agree[1].attention.out,
    ):
        assert part.weight.grad.abs().max() > 0
    outputs, inputs = 48, 24
    heard = large.features[1][0].weight.grad[:outputs, inputs:]
    assert heard.abs().max() > 0


def test_a_reader_of_this_size_stays_as_it_is() -> None:
    """Growing what has grown changes nothing."""
    state = PlateReader().state_dict()
    assert all(torch.equal(tensor, grown(state, seed=1)[name]) for name, tensor in state.items())
