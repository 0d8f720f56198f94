"""Rules of taking the mean of readers. Needs torch."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from models.training.checkpoints import write_checkpoint
from models.training.ocr.calibrate import load_average
from models.training.ocr.mean import mean_checkpoint, mean_of
from models.training.ocr.network import PlateReader

pytestmark = pytest.mark.training


def _saved(path: Path, *, seed: int, samples: int) -> Path:
    torch.manual_seed(seed)
    weights = PlateReader().state_dict()
    torch.save({"reader": weights, "average": weights, "samples": samples}, path)
    return path


def test_the_mean_lies_between_and_is_a_checkpoint(tmp_path: Path) -> None:
    """Every weight is the mean of its two, the pictures are those of the longer training, and calibration takes it."""
    one, two = _saved(tmp_path / "1.pt", seed=1, samples=10), _saved(tmp_path / "2.pt", seed=2, samples=30)
    torch.save(mean_checkpoint([one, two]), tmp_path / "mean.pt")

    mean, first, second = (load_average(path).state_dict() for path in (tmp_path / "mean.pt", one, two))
    assert any(not torch.equal(first[name], second[name]) for name in first)
    for name, tensor in mean.items():
        if tensor.is_floating_point():
            assert torch.allclose(tensor, (first[name] + second[name]) / 2, atol=1e-6)
    assert torch.load(tmp_path / "mean.pt", weights_only=True)["samples"] == 30


def test_counters_are_not_averaged() -> None:
    """What counts steps stays a whole number."""
    states = [{"steps": torch.tensor(n), "weight": torch.tensor([float(n)])} for n in (1, 4)]

    assert mean_of(states)["steps"].item() == 4
    assert mean_of(states)["weight"].item() == 2.5


def test_a_network_of_another_shape_is_refused_by_its_name(tmp_path: Path) -> None:
    """A checkpoint that does not fit is named in one line, and no mean is made of the rest."""
    good = _saved(tmp_path / "good.pt", seed=1, samples=10)
    other = tmp_path / "other.pt"
    torch.save({"reader": {}, "average": {"weight": torch.zeros(3)}, "samples": 1}, other)

    with pytest.raises(SystemExit, match=r"other\.pt: of another network"):
        mean_checkpoint([good, other])


def test_a_checkpoint_that_cannot_be_put_in_its_place_leaves_nothing(tmp_path: Path) -> None:
    """Where a folder has the name, the writing fails and no half of it lies about."""
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "other").touch()

    with pytest.raises(OSError, match="taken"):
        write_checkpoint({"samples": 1}, tmp_path / "taken")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]
