"""SUPPORTED.md claims what was seen and nothing more."""

from __future__ import annotations

import re
from pathlib import Path

from relay.settings import DRIVERS

TEXT = (Path(__file__).resolve().parents[2] / "SUPPORTED.md").read_text(encoding="utf-8")


def test_every_driver_has_its_row() -> None:
    """A driver that was added has a row that says on what it was tried; `simulated` is no board."""
    rows = set(re.findall(r"^\| `(\w+)`", TEXT, re.MULTILINE))
    assert set(DRIVERS) - {"simulated"} == rows - {"driver"}


def test_nothing_is_said_to_run_on_metal_without_a_name_and_a_day() -> None:
    """The last column is «—» until somebody tried it: then it has a date and who."""
    boards = TEXT.partition("## Платы реле")[2].partition("## Камеры")[0]
    rows = [line for line in boards.splitlines() if line.startswith("| `") and not line.startswith("| `driver`")]
    metal = [line.strip("|").split("|")[-1].strip() for line in rows]
    assert metal
    assert [] == [cell for cell in metal if cell != "—" and not re.search(r"\d{4}-\d\d-\d\d, \S+", cell)]
