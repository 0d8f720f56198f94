"""Commands that a person waits for, or that must start on a small board at once, load no vision."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.configs import write_config

VISION = ("cv2", "numpy", "onnxruntime", "fast_plate_ocr")
VISITS = ("core.visit.visit", "core.turn.state", "core.decision.standing", "difflib")


def loaded_by(*argv: str, wanted: tuple[str, ...]) -> set[str]:
    """Which of the `wanted` modules a fresh interpreter has after `gate` with these arguments; it must have ended by itself."""
    code = (
        "import sys\nfrom edge.cli import main\n"
        f"try:\n    main({list(argv)!r})\nexcept SystemExit as ended:\n    assert ended.code in (0, 1), ended.code\n"
        f"else:\n    raise AssertionError\nsys.stdout.write('\\nloaded: ' + ' '.join(set(sys.modules) & set({wanted!r})))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return set(done.stdout.rpartition("loaded: ")[2].split())


def vision_loaded_by(*argv: str) -> set[str]:
    return loaded_by(*argv, wanted=VISION)


def test_help_loads_no_vision() -> None:
    """`gate --help` is words."""
    assert set() == vision_loaded_by("--help")


@pytest.mark.parametrize("as_json", [(), ("--json",)], ids=["text", "json"])
def test_status_loads_no_vision(tmp_path: Path, as_json: tuple[str, ...]) -> None:
    """`gate status` asks the running gate; it needs no picture, whether the gate answers or not."""
    assert set() == vision_loaded_by("status", "--config", str(write_config(tmp_path)), *as_json)


def test_status_loads_no_visits(tmp_path: Path) -> None:
    """`gate status` reads values that the gate has told: what makes visits and decides of them is not loaded for it."""
    assert set() == loaded_by("status", "--config", str(write_config(tmp_path)), wanted=VISITS)


@pytest.mark.parametrize("name", ["config", "hold", "open", "relay", "release"])
def test_commands_of_the_barrier_load_no_vision(name: str) -> None:
    """Barrier and settings are served without loading what sees."""
    assert set() == vision_loaded_by(name, "--help")


@pytest.mark.parametrize("name", ["enroll", "events", "passes", "why"])
def test_list_and_journal_load_no_networks(name: str) -> None:
    """List and journal are read without the networks and OpenCV; numpy is sqlite-utils' own wish."""
    assert vision_loaded_by(name, "--help") <= {"numpy"}


def test_vision_is_noticed_where_it_is() -> None:
    """The check sees the vision stack in a command that reads pictures."""
    assert set(VISION) == vision_loaded_by("read", "--help")
