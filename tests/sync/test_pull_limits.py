"""What is believed of a list and what is not, at the edge of each number: a cloud that answers from a script, a list in memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from sync.errors import AnswerInvalid, ListExpired, ListShrunken
from sync.memory import MemoryClock, MemoryPassCache
from sync.pull import EMPTY_AGAIN_S, FEW, RESETS, Puller
from sync.wire import PassItem, PassPage
from tests.pass_items import pass_item
from tests.sync.test_odd_clouds import Pages

START = datetime(2026, 11, 29, 9, 0, tzinfo=UTC)
Answer = PassPage | Exception


def items(first: int, last: int, *, deleted: bool = False) -> tuple[PassItem, ...]:
    return tuple(pass_item(f"p{n}", f"A{n:03}BC77", deleted=deleted) for n in range(first, last + 1))


def page(*some: PassItem, cursor: str, more: bool = False, reset: bool = False) -> PassPage:
    return PassPage(some, cursor=cursor, more=more, reset=reset)


class Gate:
    """A gate that has a list of `count` passes, or none yet, and then hears this."""

    def __init__(self, count: int, *script: Answer) -> None:
        first = [page(*items(1, count), cursor="have")] if count else []
        self.cloud, self.cache, self.clock = Pages(*first, *script), MemoryPassCache(), MemoryClock.at(START)
        self.puller = Puller(self.cloud, self.cache, self.clock)
        if count:
            self.puller.pull()
            assert count == self.have

    @property
    def have(self) -> int:
        return len(self.cache.live)

    def later(self, seconds: float) -> None:
        self.clock.instant = replace(self.clock.instant, mono=self.clock.instant.mono + seconds)


WHOLE = page(*items(1, 60), cursor="whole")


@pytest.mark.parametrize(
    ("had", "gone", "asked_whole"),
    [
        (FEW, FEW, False),
        (FEW + 1, FEW + 1, True),
        (22, 11, False),
        (21, 11, True),
        (100, 50, False),
        (100, 51, True),
    ],
)
def test_deletions_that_take_most_of_a_list_are_asked_about(had: int, gone: int, asked_whole: bool) -> None:  # noqa: FBT001
    """More than a few, and more than half: then the list is asked for as a whole, and nobody is shut out meanwhile."""
    gate = Gate(had, page(*items(1, gone, deleted=True), cursor="less"), WHOLE)
    done = gate.puller.pull()
    assert asked_whole is done.whole
    assert (60 if asked_whole else had - gone) == gate.have
    assert (["", "have", ""] if asked_whole else ["", "have"]) == gate.cloud.asked


def test_deletions_are_counted_over_all_pages_of_a_delta() -> None:
    """A list that goes piece by piece goes as well; what is deleted and was not there takes nothing away."""
    gate = Gate(
        100,
        page(*items(1, 30, deleted=True), cursor="a", more=True),
        page(*items(31, 60, deleted=True), cursor="b"),
        WHOLE,
    )
    assert gate.puller.pull().whole
    gate = Gate(100, page(*items(201, 290, deleted=True), cursor="a"))
    assert not gate.puller.pull().whole
    assert 100 == gate.have


def test_what_a_pull_did_is_told() -> None:
    """Whether anything changed decides whether the list is loaded anew: a page without items changes nothing, before or after one with."""
    gate = Gate(
        3, page(cursor="a"), page(cursor="b", more=True), page(*items(4, 5), cursor="c", more=True), page(cursor="d")
    )
    done = gate.puller.pull()
    assert (False, 1, 0, False) == (done.changed, done.pages, done.items, done.whole)
    done = gate.puller.pull()
    assert (True, 3, 2, False) == (done.changed, done.pages, done.items, done.whole)
    assert ("d", 5) == (gate.cache.state().cursor, gate.have)
    gate = Gate(0, page(*items(1, 2), cursor="a", more=True), page(*items(3, 3), cursor="b"))
    done = gate.puller.pull()
    assert (True, 2, 3, True) == (done.changed, done.pages, done.items, done.whole)


@pytest.mark.parametrize(
    ("left", "reset", "taken"), [(5, False, True), (4, False, False), (4, True, True), (1, True, True)]
)
def test_a_whole_list_that_has_shrunken_is_taken_where_the_cloud_says_so(left: int, reset: bool, taken: bool) -> None:  # noqa: FBT001
    """Half of what was there is believed; less only with the cloud's word that it begins anew. What was there stays else."""
    gate = Gate(10, ListExpired(), page(*items(1, left), cursor="w", reset=reset))
    if taken:
        assert gate.puller.pull().whole
    else:
        with pytest.raises(ListShrunken):
            gate.puller.pull()
        assert "" == gate.cache.state().staging_cursor
    assert (left if taken else 10) == gate.have


def test_a_reset_in_the_middle_of_a_delta_is_the_first_page_of_the_whole() -> None:
    """It is not asked for twice, and its word that the list begins anew counts."""
    gate = Gate(10, page(*items(1, 1), cursor="a", reset=True, more=True), page(*items(2, 2), cursor="b"))
    assert gate.puller.pull().whole
    assert (["", "have", "a"], 2) == (gate.cloud.asked, gate.have)


def test_a_staging_that_goes_on_after_a_restart_keeps_the_word_it_began_with() -> None:
    """A list that was told to begin anew, cut off between its pages, is taken when the rest has come."""
    gate = Gate(10, ListExpired(), page(*items(1, 1), cursor="a", reset=True, more=True), ConnectionError())
    with pytest.raises(ConnectionError):
        gate.puller.pull()
    again = Puller(Pages(page(*items(2, 2), cursor="b")), gate.cache, gate.clock)
    assert again.pull().whole
    assert 2 == gate.have


def test_an_empty_list_is_believed_when_it_is_told_again_later() -> None:
    """Not a moment sooner; one that is not empty in between begins the wait anew."""
    empty = page(cursor="e", reset=True)
    gate = Gate(
        10, ListExpired(), *[empty] * 2, page(*items(1, 9), cursor="n", reset=True), ListExpired(), *[empty] * 3
    )
    for wait in (0.0, EMPTY_AGAIN_S - 0.001):
        gate.later(wait)
        with pytest.raises(ListShrunken, match=" 0 "):
            gate.puller.pull()
        assert (10, "") == (gate.have, gate.cache.state().staging_cursor)
    gate.later(100.0)
    gate.puller.pull()
    assert 9 == gate.have
    for wait in (100.0, EMPTY_AGAIN_S - 0.001):
        gate.later(wait)
        with pytest.raises(ListShrunken):
            gate.puller.pull()
    gate.later(0.001)
    gate.puller.pull()
    assert 0 == gate.have


def test_what_was_told_before_a_list_began_anew_is_no_part_of_it() -> None:
    """Neither what the cloud begins anew in the middle of, nor its word that it does: that was of the list before."""
    gate = Gate(0, page(*items(1, 1), cursor="a", more=True), page(*items(2, 2), cursor="b", reset=True))
    gate.puller.pull()
    assert {"p2"} == set(gate.cache.live)
    gate = Gate(
        10, ListExpired(), page(cursor="a", reset=True, more=True), ListExpired(), page(*items(1, 4), cursor="b")
    )
    with pytest.raises(ListShrunken):
        gate.puller.pull()
    assert 10 == gate.have


def test_a_gate_without_a_list_takes_an_empty_one_at_once() -> None:
    """There is nobody to be shut out."""
    gate = Gate(0, page(cursor="e"))
    assert gate.puller.pull().whole
    assert "e" == gate.cache.state().cursor


def test_a_cloud_may_begin_again_so_often_and_no_oftener() -> None:
    """Within one pull: a list that expires page by page, or is begun anew by the cloud, is left for now."""
    begun_anew = [page(*items(1, 1), cursor=f"r{n}", reset=True, more=True) for n in range(RESETS + 1)]
    for again in ([ListExpired()] * (RESETS + 1), begun_anew):
        begun = page(*items(1, 1), cursor="a", more=True)
        gate = Gate(0, begun, *again[:RESETS], page(*items(2, 2), cursor="z"))
        assert gate.puller.pull().whole
        gate = Gate(0, begun, *again)
        with pytest.raises(AnswerInvalid, match="снова"):
            gate.puller.pull()


def test_a_page_leads_on_or_is_none() -> None:
    """Without a cursor nothing can be asked for next; the same cursor with more to come would be asked for ever."""
    for bad in (page(*items(11, 11), cursor=""), page(*items(11, 11), cursor="have", more=True)):
        gate = Gate(10, bad)
        with pytest.raises(AnswerInvalid):
            gate.puller.pull()
        assert 10 == gate.have
    gate = Gate(10, page(cursor="a", more=True), page(cursor="a", more=True))
    with pytest.raises(AnswerInvalid, match="2"):
        gate.puller.pull()
    gate = Gate(10, page(cursor="have"))
    assert not gate.puller.pull().changed  # the end of the list, told once more
