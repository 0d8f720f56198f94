"""What the tests of the guard's page share."""

from __future__ import annotations

import pytest

from edge import persons


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A log-in costs what everything else costs; what a guess costs a stranger is `test_a_guess_costs_memory`."""
    monkeypatch.setattr(persons, "_COST", {"n": 2, "r": 1, "p": 1})
