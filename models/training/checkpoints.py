"""A training's checkpoints on disk: written whole, read back, or refused with one line."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch


def write_checkpoint(state: Mapping[str, Any], path: Path) -> None:
    """Write all of `state` to `path` or nothing.

    Raises what `torch.save` does if there is no such folder or no space.
    """
    part = path.with_name(path.name + ".part")
    try:
        torch.save(dict(state), part)
        part.replace(path)
    except (OSError, RuntimeError):  # a folder of that name, a full disk: leave no half-written checkpoint
        part.unlink(missing_ok=True)
        raise


def read_checkpoint(path: Path, *, needed: set[str]) -> dict[str, Any]:
    """The checkpoint at `path`. Ends the program with one line if it is not a checkpoint with the keys in `needed`."""
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise SystemExit(f"{path}: {error.strerror or error}") from error
    except (EOFError, RuntimeError, pickle.UnpicklingError, LookupError, ValueError, TypeError, AttributeError):
        state = None  # unpickling a text file may fail in any way
    if not isinstance(state, dict) or not needed <= state.keys():
        raise SystemExit(f"{path}: not a checkpoint of this training")
    return state
