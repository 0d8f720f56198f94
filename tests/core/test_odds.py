"""Chances as people say them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.words.odds import ACCEPTABLE, visits_of


@pytest.mark.parametrize(
    ("chance", "said"),
    [(0.0, ""), (-1.0, ""), (1.0, "1"), (0.5, "2"), (0.03, "33"), (0.00123, "810"), (ACCEPTABLE, "100\u00a0000")],
)
def test_a_chance_is_one_in_so_many_visits(chance: float, said: str) -> None:
    """To two figures, thousands apart; what never happens has no number."""
    assert said == visits_of(chance)


@given(st.floats(1e-12, 1.0))
def test_the_number_is_within_a_twentieth_of_the_chance(chance: float) -> None:
    """Two figures are kept, whatever the size."""
    told = int(visits_of(chance).replace("\u00a0", ""))
    assert told == pytest.approx(1 / chance, rel=0.05) or abs(told - 1 / chance) <= 0.5
