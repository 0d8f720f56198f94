"""Rules of a training that begins at shipped weights. Needs torch."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from core.plates.alphabet import ALPHABET, SLOTS, UNSEEN
from models.training.ocr.train import hold_still
from models.training.ocr.warm import TOLERANCE, warm_reader

pytestmark = [pytest.mark.training, pytest.mark.timeout(900)]
WEIGHTS = Path(__file__).parents[2] / "models" / "weights"


def test_the_rebuilt_reader_answers_as_the_shipped_one() -> None:
    """A reader rebuilt from the graph gives its probabilities, and reads the same with its normalisation learning."""
    reader, worst = warm_reader(WEIGHTS, pictures=12)
    assert worst <= TOLERANCE
    pictures = torch.randint(0, 256, (2, 64, 192, 1), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))
    symbols, _ = reader(pictures)
    assert (2, SLOTS, len(ALPHABET)) == symbols.shape
    assert torch.isfinite(symbols[..., ALPHABET.index(UNSEEN)]).all()


def test_layers_that_are_held_still_do_not_move() -> None:
    """Neither their weights nor the mean that their normalisation has seen change in a step."""
    reader, _ = warm_reader(WEIGHTS, pictures=12)
    before = {name: tensor.clone() for name, tensor in reader.features[:2].state_dict().items()}
    reader.train()
    hold_still(reader, 2)
    pictures = torch.full((4, 64, 192, 1), 90, dtype=torch.uint8)
    reader(pictures)[0].sum().backward()
    assert all(p.grad is None for p in reader.features[:2].parameters())
    assert all(torch.equal(before[name], now) for name, now in reader.features[:2].state_dict().items())
