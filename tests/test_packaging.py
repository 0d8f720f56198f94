"""What `pip install .` gives: a `gate` that works outside the checkout, with weights, config and page assets inside."""

from __future__ import annotations

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, built without the network by the build backend itself."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
                   cwd=ROOT, check=True, capture_output=True)  # fmt: skip
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_carries_what_is_read_at_run_time(wheel: Path) -> None:
    """Weights, configs, demo clips, units, templates and styles travel inside the package."""
    names = set(zipfile.ZipFile(wheel).namelist())
    expected = {
        "edge/_data/models/plate_ocr.onnx",
        "edge/_data/models/plate_detector.onnx",
        "edge/_data/models/manifest.toml",
        "edge/_data/config/gate.toml",
        "edge/_data/config/demo/gate.mp4",
        "edge/_data/config/demo/passes.csv",
        "edge/console/templates/home.html",
        "edge/console/static/console.css",
        "cloud/app.py",
        "core/words/english/gate.json",
        "core/words/english/portal.json",
    }
    assert set() == expected - names
    assert not [name for name in names if name.startswith(("tests/", "models/", "config/"))]
    assert not {"relay/fake.py", "relay/tools/endurance.py"} & names


@pytest.mark.long
def test_the_suite_is_collected_where_torch_is_not_installed() -> None:
    """`make test` needs no torch: no module it collects imports it, whatever a training test beside it does."""
    without = (
        "import sys, pytest; sys.modules['torch'] = None; sys.exit(pytest.main(['--collect-only', '-q', 'tests']))"
    )
    collected = subprocess.run([sys.executable, "-c", without], cwd=ROOT, capture_output=True, text=True, check=False)
    assert 0 == collected.returncode, collected.stdout[-2000:]


@pytest.mark.long
def test_gate_works_outside_the_checkout(wheel: Path, tmp_path: Path) -> None:
    """In a clean environment, away from the sources: help, config and a reading with the weights inside."""
    venv.create(tmp_path / "venv", with_pip=False, symlinks=True)
    (site,) = (tmp_path / "venv").glob("lib/python3*/site-packages")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    dependencies = next(path for path in sys.path if path.endswith("site-packages"))
    (site / "dependencies.pth").write_text(f"{dependencies}\n")

    def gate(*arguments: str) -> subprocess.CompletedProcess[str]:
        # -I: neither this folder nor PYTHONPATH; the extracted wheel stands before the dependencies.
        return subprocess.run([str(tmp_path / "venv/bin/python"), "-I", "-m", "edge", *arguments],
                              cwd=tmp_path, capture_output=True, text=True, check=False, timeout=100)  # fmt: skip

    shown = gate("config", "check")
    assert 0 == shown.returncode, shown.stderr
    assert str(site / "edge/_data/config/gate.toml") in shown.stdout
    assert "gate run" not in gate("--help").stderr
    checked = gate("config", "explain", "pulse_s")
    assert "barrier.pulse_s" in checked.stdout
    clip = site / "edge/_data/config/demo/exit.mp4"
    missing = gate("replay", str(clip.with_name("none.mp4")), "--lane", "exit")
    assert 1 == missing.returncode  # the weights were loaded, the video is what is missing
    assert "none.mp4" in missing.stderr
