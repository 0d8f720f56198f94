"""The reader's checkpoints: its network, the moving average, and how many pictures they have seen."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from models.training.checkpoints import read_checkpoint
from models.training.ocr.network import PlateReader


def checkpoint_of(path: Path) -> dict[str, Any]:
    """The checkpoint at `path`. Ends the program with one line if it is not one."""
    return read_checkpoint(path, needed={"reader", "average", "samples"})


def take(reader: PlateReader, weights: Mapping[str, Tensor], *, path: Path) -> None:
    """Load the weights found at `path` into `reader`. Ends the program with one line if they do not fit."""
    try:
        reader.load_state_dict(weights)
    except RuntimeError as error:
        raise SystemExit(f"{path}: of another network than this one") from error
