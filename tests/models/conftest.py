"""Training needs torch, which is large: its tests are not imported unless they are asked for (`make test-training`)."""

from __future__ import annotations

from pathlib import Path

import pytest

WITH_TORCH = ("test_detector.py", "test_reader_training.py")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    deselected = config.option.markexpr == "not training"
    return True if deselected and collection_path.name in WITH_TORCH else None
