"""Random days at a gate (`tests.core.histories`): what holds in them, and that the order of one moment's events is nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from core.events import FrameRead, RecordVisit, Tick
from core.gate import step
from core.reading import fusion
from core.reading.fusion import Fusion
from core.turn import lane
from tests.core.histories import Broken, Day, remember_readings


@pytest.fixture(scope="module", autouse=True)
def readings() -> Iterator[None]:
    """What was read is looked up; afterwards everything is read anew again."""
    kept = fusion.softened, fusion.rows_of, lane.decode, Fusion.reading
    remember_readings()
    yield
    fusion.softened, fusion.rows_of, lane.decode, Fusion.reading = kept


@pytest.mark.parametrize("seed", range(5))
def test_whatever_happens_the_rules_hold(seed):
    """Exits open in time, the entry for a pass in a live picture of now, once an arrival; one record a visit."""
    Day(seed).play(3000)


@pytest.mark.parametrize("seed", range(4))
def test_the_rules_hold_in_any_order_of_one_moment(seed):
    """Also where loops, relay, guard, list and cameras are told in another order than the frames of their moment."""
    Day(seed, shuffled=seed + 1, all_shuffled=True).play(1000)


@pytest.mark.parametrize("seed", range(4))
def test_frames_and_ticks_of_one_moment_come_in_any_order(seed):
    """Two cameras and the clock: whichever is heard first, the same cars are opened for and recorded."""
    one, other = Day(seed), Day(seed, shuffled=seed + 1)
    one.play(800)
    other.play(800)

    assert one.asked == other.asked
    assert Counter(one.outcome) == Counter(other.outcome)


@pytest.mark.parametrize("tick_first", [True, False])
def test_a_frame_after_a_gap_is_of_another_visit(scene, read, tick_first):
    """A gap ends a visit, whether the clock is told first or a frame that shows the same plate."""
    gate = scene([])
    for i in range(10):
        gate.frame(read("B555BB77", x=300, y=300 + 10 * i, w=80 + 3 * i, look=i))
    gate.mono += 10
    at = gate.at()
    events = [
        FrameRead("entry", at, at.mono, 99, (1280, 720), (read("B555BB77", look=9),), None, frozen=False),
        Tick(at),
    ]
    told = []
    for event in reversed(events) if tick_first else events:
        gate.state, effects = step(gate.state, event)
        told += [effect.record.plate for effect in effects if isinstance(effect, RecordVisit)]

    assert told == ["B555BB77"]
    assert [visit.frames for visit in gate.state.lanes[0].visits] == [1]


def test_a_broken_rule_is_told():
    """The days can fail: an entry that opens while no pass is in view is named."""
    day = Day(0)
    day._shown = lambda box, text: None
    with pytest.raises(Broken, match="no plate with a pass"):
        day.play(3000)
