"""Commands that a person waits for, or that must start on a small board at once, load no vision."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.configs import write_config

VISION = ("cv2", "numpy", "onnxruntime", "fast_plate_ocr")
VISITS = ("core.visit.visit", "core.turn.state", "core.decision.standing", "difflib")


def loaded_by(*commands: tuple[str, ...], wanted: tuple[str, ...]) -> list[set[str]]:
    """Which of the `wanted` modules a fresh interpreter has after each of these `gate` commands; each must have ended by itself."""
    code = (
        "import sys\nfrom edge.cli import main\n"
        f"for argv in {list(map(list, commands))!r}:\n"
        "    try:\n        main(argv)\n    except SystemExit as ended:\n        assert ended.code in (0, 1), ended.code\n"
        f"    else:\n        raise AssertionError\n    print('\\nloaded:', *set(sys.modules) & set({wanted!r}))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return [set(line.split()[1:]) for line in done.stdout.splitlines() if line.startswith("loaded:")]


def test_commands_of_the_barrier_load_no_vision(tmp_path: Path) -> None:
    """Help, state, barrier and settings are served without loading what sees, and the state without what decides of visits."""
    config = ("--config", str(write_config(tmp_path)))
    status = [("status", *config), ("status", *config, "--json")]
    assert [set()] * 2 == loaded_by(*status, wanted=(*VISION, *VISITS))
    helps = [("--help",), *((name, "--help") for name in ("config", "hold", "open", "relay", "release"))]
    assert [set()] * 6 == loaded_by(*helps, wanted=VISION)


def test_list_and_journal_load_no_networks() -> None:
    """List and journal are read without the networks and OpenCV; numpy is sqlite-utils' own wish."""
    commands = [(name, "--help") for name in ("enroll", "events", "passes", "why")]
    found = loaded_by(*commands, wanted=VISION)
    assert 4 == len(found)
    assert set().union(*found) <= {"numpy"}


def test_vision_is_noticed_where_it_is() -> None:
    """The check sees the vision stack in a command that reads pictures."""
    assert [set(VISION)] == loaded_by(("read", "--help"), wanted=VISION)
