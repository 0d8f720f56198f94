"""Training needs torch, which is large: its tests are not imported unless they are asked for (`make test-training`)."""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """A module that imports torch is passed over whole, before the `training` mark inside it could be seen."""
    if "not training" not in config.option.markexpr or collection_path.suffix != ".py":
        return None
    lines = collection_path.read_text(encoding="utf-8").splitlines()
    return True if "import torch" in lines else None
