"""The same sights shown to cores, and to one core with a number changed."""

from __future__ import annotations

import pytest

from core.events import FrameRead
from core.geometry import Box
from core.rules.policy import Direction
from models.training.clips.equivalence import Sights, instant, tell


@pytest.fixture
def leaves() -> Sights:
    """A car without a plate that stands at the exit for four seconds, and is gone."""
    frames = [
        FrameRead(
            "lane",
            instant(i / 10),
            i / 10,
            i,
            (1280, 720),
            (),
            Box(200, 100, 500, 450) if i < 40 else None,
            frozen=False,
        )
        for i in range(80)
    ]
    return Sights("leaves", Direction.EXIT, (), tuple(frames))


def test_sights_tell_what_a_gate_would(leaves: Sights) -> None:
    """Openings and records come from the frames alone."""
    told = tell(leaves)

    assert told.records == ((None, "open", "exit_free"),)
    assert told.openings == (0.5,)


def test_a_number_can_be_varied(leaves: Sights) -> None:
    """A number of the policy or the rules changes what is told; one that nothing has is named."""
    assert tell(leaves, varied={"exit_presence_s": 1.0}).openings == (1.0,)
    with pytest.raises(KeyError, match="no_such_rule"):
        tell(leaves, varied={"no_such_rule": 1.0})
