"""The networks' runtime makes no id of this machine and reports to nobody (ADR 174)."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOADS = re.compile(r"^\s*(?:import|from) (?:onnxruntime|fast_plate_ocr)\b", re.MULTILINE)
READS = "import numpy as np; from camera.reader import open_reader; from edge.paths import weights_dir\n"
READS += "open_reader(weights_dir()).read_picture(np.zeros((64, 64), np.uint8))"


@pytest.mark.parametrize("does", [READS, "import edge.bench.reference"])
def test_reading_plates_leaves_nothing_in_a_home(tmp_path: Path, does: str) -> None:
    """Whoever loads the networks finds no file of their runtime's maker afterwards, whatever the environment asked for."""
    env = {**os.environ, "HOME": str(tmp_path), "PYTHONPATH": str(ROOT), "ORT_DISABLE_TELEMETRY": "0"}
    env.pop("XDG_CACHE_HOME", None)
    subprocess.run([sys.executable, "-c", does], check=True, env=env)
    assert [] == sorted(tmp_path.rglob("*"))


def test_whoever_loads_the_runtime_has_silenced_it_before() -> None:
    """It is loaded in `camera`, which does so, and in packages whose first act is to import that."""
    silenced = ("camera", "edge/bench", "models/training")
    loading = {
        file.relative_to(ROOT).as_posix()
        for package in (
            "camera",
            "cloud",
            "core",
            "edge",
            "models",
            "posting",
            "relay",
            "sync",
            "benchmarks",
            "examples",
        )
        for file in (ROOT / package).rglob("*.py")
        if LOADS.search(file.read_text(encoding="utf-8"))
    }
    assert loading
    assert [] == sorted(one for one in loading if not one.startswith(tuple(f"{package}/" for package in silenced)))
    for package in silenced[1:]:
        assert "\nimport camera " in (ROOT / package / "__init__.py").read_text(encoding="utf-8")
