"""What the runtime's tests share: a clock, a config on disk, clips without cars."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.events import Instant

CONFIG = """\
[site]
name = "Тест"
timezone = "Europe/Moscow"
state_dir = "state"

[[lane]]
name = "entry"
direction = "entry"
camera = "file:{clip}"
barrier = "main"

[[lane]]
name = "exit"
direction = "exit"
camera = "file:gone.mp4"
barrier = "main"

[[barrier]]
name = "main"
driver = "simulated"
min_gap_s = 0.5

[store]
ballast_mb = 1
free_floor_mb = 1
"""


@pytest.fixture
def noon() -> Instant:
    """One moment."""
    return Instant(mono=100.0, wall=datetime(2026, 12, 1, 9, tzinfo=UTC), wall_trusted=True)


@pytest.fixture(scope="session")
def empty_road(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four seconds of a road on which nothing but the sensor's noise moves."""
    path = tmp_path_factory.mktemp("clips") / "road.mp4"
    rng = np.random.default_rng(1)
    road = rng.integers(60, 120, (240, 426, 3), np.uint8)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 10.0, (426, 240))
    for _ in range(40):
        noise = rng.integers(0, 3, road.shape, np.uint8)
        writer.write(np.asarray(road + noise, np.uint8))
    writer.release()
    return path


@pytest.fixture
def config_file(tmp_path: Path, empty_road: Path) -> Path:
    """Two lanes: one camera shows an empty road, the other is not there."""
    file = tmp_path / "gate.toml"
    file.write_text(CONFIG.format(clip=empty_road))
    return file
