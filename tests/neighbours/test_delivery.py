"""The delivery and the rounds: whoever is told, the gate is not delayed, and what is lost is counted."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

from core.decision.decide import Judgement
from core.instant import Instant
from core.passes.pass_list import PassList
from core.rules.policy import Direction, Lane, Site
from core.turn.state import GateState, LaneState
from core.visit.phase import Phase
from core.visit.visit import Visit
from core.words.reasons import Reason
from edge.neighbours.announcer import Announcer, waiting
from edge.neighbours.delivery import Delivery
from edge.neighbours.seam import Finished, StatusNow, Told, Waiting
from tests.neighbours.conftest import STATUS
from tests.store.records import START, visit_record

NEWS = Finished(visit_record())


class Someone:
    """Takes what comes; may be stuck, may fail."""

    def __init__(self, *, stuck: bool = False, fails: int = 0) -> None:
        self.took: list[Told] = []
        self.heard = threading.Condition()
        self.free = threading.Event()
        if not stuck:
            self.free.set()
        self.fails = fails

    def take(self, told: Told) -> None:
        self.free.wait()
        if self.fails:
            self.fails -= 1
            raise OSError("no route")
        with self.heard:
            self.took.append(told)
            self.heard.notify_all()

    def listen(self, stop: threading.Event) -> None:
        return

    def close(self) -> None:
        return

    def wait(self, count: int) -> None:
        with self.heard:
            assert self.heard.wait_for(lambda: len(self.took) >= count, timeout=60)


def test_a_stuck_neighbour_delays_nobody_and_its_losses_are_counted() -> None:
    """Giving returns at once however long nothing is taken; over the bound the oldest go, and are counted."""
    someone = Someone(stuck=True)
    delivery = Delivery("stuck", someone, most=5)
    delivery.start()
    began = time.thread_time()
    for _ in range(1000):
        delivery.give(NEWS)
    assert time.thread_time() - began < 1.0, "processor time, which a busy machine does not stretch"
    assert 994 <= delivery.lost <= 995, "one may be in its hands already"
    delivery.close(within_s=0.0)
    someone.free.set()


def test_of_statuses_only_the_newest_waits() -> None:
    """A neighbour that was away for an hour is not told an hour of statuses."""
    someone = Someone(stuck=True)
    delivery = Delivery("slow", someone)
    for up in range(50):
        delivery.give(StatusNow(replace(STATUS, up_s=float(up))))
    delivery.give(NEWS)
    someone.free.set()
    delivery.start()
    someone.wait(2)
    assert [StatusNow(replace(STATUS, up_s=49.0)), NEWS] == someone.took
    assert 0 == delivery.lost
    delivery.close()


def test_a_neighbour_that_fails_is_told_the_next_news_after_a_rest() -> None:
    """An error costs the one news it came with; the trouble is named until it is over."""
    someone = Someone(fails=1)
    delivery = Delivery("failing", someone, rest_s=0.01)
    delivery.give(NEWS)
    delivery.give(NEWS)
    delivery.start()
    someone.wait(1)
    delivery.give(NEWS)
    someone.wait(2)
    assert "" == delivery.trouble
    delivery.close()


def state_of(*visits: Visit) -> GateState:
    lane = Lane("entry", Direction.ENTRY, "main")
    return GateState(Site((lane,)), PassList(), (LaneState(lane, visits),))


def test_who_waits_and_was_refused_is_told_once_a_reason() -> None:
    """A refused vehicle in view is news; one not judged yet, let through, or gone is none; another reason is news again."""
    at = Instant(1.0, START, wall_trusted=True)
    unjudged = Visit("v1", at, at, Phase.WAITING)
    refused = replace(unjudged, judgement=Judgement(False, Reason.NO_PASS, "A123BC77"))
    opened = replace(unjudged, judgement=Judgement(True, Reason.PASS_VALID, "A123BC77"))
    let_in = replace(refused, phase=Phase.THROUGH)
    assert [] == list(waiting(state_of(unjudged, opened, let_in)))
    someone, state = Someone(), state_of(refused)
    delivery = Delivery("news", someone)
    rounds = Announcer([delivery], state=lambda: state, status=lambda: STATUS)
    delivery.start()
    rounds.look()
    rounds.look()
    state = state_of(replace(refused, judgement=Judgement(False, Reason.PASS_EXPIRED, "A123BC77")))
    rounds.look()
    someone.wait(2)
    assert [Reason.NO_PASS, Reason.PASS_EXPIRED] == [one.reason for one in someone.took if isinstance(one, Waiting)]
    assert "А 123 ВС 77" == someone.took[0].plate  # type: ignore[union-attr]
    delivery.close()
