"""Every example in a docstring runs as written."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("core", "camera", "relay", "sync", "edge", "cloud", "models", "benchmarks")
WITH_EXAMPLES = [
    ".".join(file.relative_to(ROOT).with_suffix("").parts)
    for package in PACKAGES
    for file in sorted((ROOT / package).rglob("*.py"))
    if ">>> " in file.read_text(encoding="utf-8")
]


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_an_example_does_what_it_shows(name: str) -> None:
    """What a docstring shows is what happens."""
    tried = doctest.testmod(importlib.import_module(name))

    assert tried.attempted > 0
    assert tried.failed == 0


def test_the_gate_and_the_headline_show_an_example() -> None:
    """The two functions that everything else serves are shown at work."""
    assert {"core.gate", "core.decision.headline"} <= set(WITH_EXAMPLES)
