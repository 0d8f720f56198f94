"""What a training leaves on the disk: written whole, read back, or refused in one line."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch


def write_checkpoint(state: Mapping[str, Any], path: Path) -> None:
    """Write `state` to `path`, all of it or nothing. Raises what `torch.save` does where there is no such folder, or no room."""
    part = path.with_name(path.name + ".part")
    try:
        torch.save(dict(state), part)
        part.replace(path)
    except (OSError, RuntimeError):  # a folder of that name, a full disk: half a checkpoint is left to nobody
        part.unlink(missing_ok=True)
        raise


def read_checkpoint(path: Path, *, needed: set[str]) -> dict[str, Any]:
    """What a training saved at `path`. Ends the program with one line where that is no checkpoint with what is `needed`."""
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise SystemExit(f"{path}: {error.strerror or error}") from error
    except (EOFError, RuntimeError, pickle.UnpicklingError, LookupError, ValueError, TypeError, AttributeError):
        state = None  # a text taken for a pickle ends in whatever its letters mean there
    if not isinstance(state, dict) or not needed <= state.keys():
        raise SystemExit(f"{path}: not a checkpoint of this training")
    return state
