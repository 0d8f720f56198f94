"""A fault at any key there is: told on its own line, by its own name, with what may stand there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from core.errors import ConfigError
from edge.config import load
from edge.config.describe import Explained, all_keys


def faults(folder: Path, line_of: Callable[[Explained], str]) -> list[tuple[Explained, str]]:
    """Every key of every table wrong in one file: each key with what is told of its line."""
    lines: list[str] = []
    at: dict[int, Explained] = {}
    for item in sorted(all_keys(), key=lambda one: one.table):
        line = line_of(item)
        header = f"[[{item.table}]]" if item.many else f"[{item.table}]"
        if line and header not in lines:
            lines.append(header)
        if line:
            lines.append(line)
            at[len(lines)] = item
    file = folder / "gate.toml"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load(file)
    told = [one.removeprefix(f"{file}:") for one in str(caught.value).splitlines()]
    found = []
    for number, item in at.items():
        mine = [one for one in told if one.startswith(f"{number}: {item.name}")]
        assert 1 == len(mine), (lines[number - 1], mine)
        found.append((item, mine[0]))
    return found


def test_a_value_of_another_kind_is_told_at_its_key(tmp_path: Path) -> None:
    """A date is what no key takes: the line says which key, and what may stand there."""
    for item, told in faults(tmp_path, lambda one: f"{one.key.name} = 1979-05-27"):
        assert told.partition(f"{item.name}: ")[2].strip(), told


def test_a_name_with_a_slip_is_told_with_the_right_one(tmp_path: Path) -> None:
    """A letter too many: the key that was meant stands beside."""
    for item, told in faults(tmp_path, lambda one: f"{one.key.name}x = 1"):
        assert told.endswith(f"{item.name}x: нет такого ключа; похоже на {item.key.name}"), told


@pytest.mark.parametrize("end", ["low", "high"])
def test_a_number_out_of_range_is_told_with_the_range(tmp_path: Path, end: str) -> None:
    """Below the least and above the most: both bounds are told, with their unit."""

    def line_of(item: Explained) -> str:
        bound = getattr(item.key, end)
        if bound is None:
            return ""
        value = bound + (1 if end == "high" else -1)
        listed = getattr(item.key.kind, "__origin__", None) is tuple
        return f"{item.key.name} = {[int(value)] * 4 if listed else int(value)}"

    found = faults(tmp_path, line_of)
    assert len(found) > 50
    for item, told in found:
        assert item.key.allowed.split(" ", 1)[-1] in told, told
