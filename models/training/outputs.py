"""Checks output paths before the work, so that a mistake does not cost it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path

from core.errors import FileUnusable


def prepare_folder(folder: Path, *, files: Iterable[str] = ()) -> None:
    """Make `folder`. Raises FileUnusable if it is not writable, or if a folder has the name of one of the `files`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise FileUnusable(folder, f"nothing can be written there: {error.strerror or error}") from error
    for name in files:
        if (folder / name).is_dir():
            raise FileUnusable(folder / name, "a folder stands in the place of the file that is to be written")


def prepare_empty_folder(folder: Path) -> None:
    """Make `folder`, which may exist if empty. Raises FileUnusable otherwise: nothing is overwritten."""
    prepare_folder(folder)
    first = min(folder.iterdir(), default=None)
    if first is not None:
        raise FileUnusable(folder, f"not empty: {first.name} is there, and nothing is written over")
