"""The diagram of a visit's phases is the table the gate obeys."""

from __future__ import annotations

import re
from pathlib import Path

from core.visit.phase import TRANSITIONS

PAGE = Path(__file__).parents[2] / "docs" / "visits.md"


def test_the_diagram_draws_every_allowed_transition_and_no_other() -> None:
    """What docs/visits.md draws between two phases is what `TRANSITIONS` allows; arrows from and to nothing are not asked."""
    drawn = re.findall(r"^ +(\w+) --> (\w+) :", PAGE.read_text(encoding="utf-8"), re.MULTILINE)

    assert sorted(drawn) == sorted((str(a), str(b)) for a, after in TRANSITIONS.items() for b in after)
