"""Kills at random moments, a few of them; a thousand: `python -m relay.tools.endurance --cycles 1000`."""

from __future__ import annotations

from pathlib import Path

import pytest

from relay.tools.emulators import KINDS
from relay.tools.endurance import OFF, Endurance

pytestmark = pytest.mark.long


@pytest.mark.parametrize("kind", sorted(OFF))
def test_kills_leave_nothing_closed_and_nothing_unwanted(tmp_path: Path, kind: str) -> None:
    """After each kill the next start opens the contact first thing, and no request is done twice."""
    with KINDS[kind]() as board:
        report = Endurance(board, kind=kind, folder=tmp_path, seed=3).run(6)

    assert (0, 0, 0, []) == (report.stuck, report.repeated, report.unwanted, report.strange_words)
    assert report.cycles == 6
