"""The gate of branches: each house for itself, branches alone, and a house that was not measured is none that holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.branches import main, package


def file_of(taken: int, whole: int, *missing: tuple[int, int]) -> dict[str, Any]:
    """Of coverage's JSON what is read; statements are all well."""
    summary = {"covered_lines": 1000, "num_statements": 1000, "covered_branches": taken, "num_branches": whole}
    return {"summary": summary, "missing_branches": [list(one) for one in missing]}


REPORT = {
    "files": {
        "core/gate.py": file_of(98, 100, (3, 5), (9, -7)),
        "core/turn/turn.py": file_of(0, 0),
        "relay/plan.py": file_of(49, 50, (1, 2)),
        "relay_x/plan.py": file_of(0, 50, (1, 2)),
    }
}


@pytest.fixture
def report(tmp_path: Path) -> str:
    path = tmp_path / "coverage.json"
    path.write_text(json.dumps(REPORT), encoding="utf-8")
    return str(path)


def test_branches_are_counted_alone() -> None:
    """However many statements run; what nobody takes is named."""
    found = package(REPORT, "core")
    assert (98, 100, 98.0) == (found.taken, found.whole, found.percent)
    assert ("core/gate.py: 3->5, 9->exit",) == found.missed
    assert 98.0 == package(REPORT, "relay").percent  # and nothing of relay_x


@pytest.mark.parametrize(
    ("least", "houses", "code"),
    [
        ("98", ["core", "relay"], 0),
        ("98.1", ["core", "relay"], 1),
        ("98.1", ["relay", "core"], 1),
        ("0.1", ["sync"], 1),
    ],
)
def test_each_house_is_held_to_the_least(
    report: str, capsys: pytest.CaptureFixture[str], least: str, houses: list[str], code: int
) -> None:
    """One that falls short fails the whole, wherever it stands; so does one of which nothing was measured."""
    assert code == main([report, "--least", least, *houses])
    assert ("less than" in capsys.readouterr().out) is bool(code)


def test_a_report_without_branches_is_no_report(tmp_path: Path) -> None:
    """Measured by statements alone it would hold nothing."""
    path = tmp_path / "coverage.json"
    path.write_text(json.dumps({"files": {"core/gate.py": {"summary": {}, "missing_branches": []}}}), encoding="utf-8")
    with pytest.raises(KeyError):
        main([str(path), "--least", "98", "core"])
