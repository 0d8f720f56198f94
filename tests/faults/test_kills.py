"""Power cuts: the script of a thousand kills, a few of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.kills import WAYS, run

pytestmark = pytest.mark.long


def test_what_was_acknowledged_survives_kills_and_torn_files(tmp_path: Path) -> None:
    """After each kill the acknowledged is there; after each harm the copy's list is; a list decides within 5 s."""
    result = run(2 * len(WAYS), seed=3, folder=tmp_path)
    assert [] == result.problems
    assert set(WAYS) == set(result.harms)
    assert result.slowest_s < 5
