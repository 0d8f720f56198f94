"""Rules of the reader's training: it learns, stops and resumes, and exports what it trained. Needs torch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

pytestmark = [
    pytest.mark.training,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # torch's exporter warns of its own successor
    pytest.mark.filterwarnings("ignore::UserWarning"),
]


def _recipe(out: Path, samples: int) -> object:
    from models.training.ocr.train import Recipe

    return Recipe(
        out=out,
        samples=samples,
        minutes=None,
        batch=8,
        rate=1e-3,
        decay=0.02,
        average=0.9,
        seed=3,
        workers=0,
        fonts=None,
    )


def test_a_stopped_training_goes_on(tmp_path: Path) -> None:
    """After a resume the count of samples goes on from the checkpoint, and every shipped file is there."""
    from models.training.ocr.train import train

    train(_recipe(tmp_path, 16), resume=False)
    train(_recipe(tmp_path, 32), resume=True)
    state = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    assert state["samples"] == 32
    assert all((tmp_path / name).exists() for name in ("plate_ocr.onnx", "plate_ocr.yaml", "manifest.toml"))


def test_a_seed_gives_the_same_weights(tmp_path: Path) -> None:
    """Two trainings of one seed on one machine end alike."""
    from models.training.ocr.train import train

    states = []
    for name in ("one", "two"):
        train(_recipe(tmp_path / name, 16), resume=False)
        states.append(torch.load(tmp_path / name / "checkpoint.pt", weights_only=True)["reader"])
    assert all(torch.equal(a, b) for a, b in zip(states[0].values(), states[1].values(), strict=True))


def test_a_few_plates_can_be_learned_by_heart() -> None:
    """The loss falls when the same batch is shown again and again: gradients reach every part."""
    from models.training.ocr.network import PlateReader
    from models.training.ocr.train import loss_of, tensors
    from models.training.plates.samples import Stream

    torch.manual_seed(1)
    reader = PlateReader()
    batch = tensors(Stream(1, size=8).batch(), torch.device("cpu"))
    optimiser = torch.optim.AdamW(reader.parameters(), lr=2e-3)
    losses = []
    for _ in range(12):
        loss = loss_of(reader, *batch)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] * 0.8
    assert all(p.grad is not None and np.isfinite(p.grad.numpy()).all() for p in reader.parameters())
