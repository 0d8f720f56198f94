"""Mutation testing: which mistakes are made, which tests are asked, and what was judged to change nothing."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from benchmarks import mutants as made
from benchmarks.mutant_runs import Watched

SOURCE = '''
"""A module."""
MOST = 3


def fits(width: int, *, open_: bool = True) -> bool:
    """Whether it fits."""
    if not open_ and width == 0:
        return False
    return width <= MOST
'''


@pytest.fixture
def found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[made.Mutant]:
    (tmp_path / "module.py").write_text(SOURCE)
    monkeypatch.setattr(made, "ROOT", tmp_path)
    return list(made.mutants("module.py"))


def test_each_mutant_is_one_mistake_with_a_mark_of_its_own(found: list[made.Mutant]) -> None:
    """Operators, constants, conditions, a `not`; nothing of docstrings and types."""
    assert len({one.mark for one in found}) == len(found) > 8
    texts = {one.now for one in found}
    assert {"MOST = 4", "return True", "return width < MOST"} <= texts
    assert all(ast.unparse(one.tree) != ast.unparse(ast.parse(SOURCE)) for one in found)
    assert all("Whether it fits" in ast.unparse(one.tree) for one in found)


def test_of_a_condition_the_lines_of_its_head_count(found: list[made.Mutant]) -> None:
    """A test that never comes into the block runs the condition all the same; one that does runs more than the condition."""
    heads = {one.lines for one in found if one.was.startswith("if ")}
    assert {range(8, 9)} == heads


def test_the_quickest_of_the_tests_that_run_a_line_are_asked_first() -> None:
    """A line that is run as the module is imported is everybody's; one that nobody runs is nobody's."""
    seen = Watched({3: [], 8: ["slow", "quick"], 9: ["slow"]}, {"slow": 5.0, "quick": 0.1, "other": 0.2})
    assert ["quick", "slow"] == seen.that_run(range(8, 10))
    assert ["quick", "other", "slow"] == seen.that_run(range(3, 4))
    assert [] == seen.that_run(range(20, 21))
    assert ["quick", "other"] == seen.within(["quick", "other", "slow"], 1.0)
    assert ["slow"] == seen.within(["slow"], 1.0)


def test_what_was_judged_to_change_nothing_says_of_which_file_and_why() -> None:
    """A mark alone would excuse anything."""
    root = Path(__file__).resolve().parents[2]
    for mark, text in made.known().items():
        file, _, why = text.partition(": ")
        assert re.fullmatch(r"[0-9a-f]{8}", mark)
        assert (root / file).is_file(), file
        assert len(why) > 10, mark


def test_the_tests_of_every_module_are_there() -> None:
    """Of core, relay and sync each has some, and no name has gone."""
    root = Path(__file__).resolve().parents[2]
    for tests in made.TESTS.values():
        assert all((root / name.removeprefix("--ignore=")).exists() for name in tests), tests
    for house in ("core", "relay", "sync"):
        assert all(made.tests_of(str(path.relative_to(root))) for path in (root / house).rglob("*.py"))
