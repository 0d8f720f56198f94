"""Pages of lists: built once, right whenever they are given again, and a crowd of gates is no storm."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.api import list_pages
from cloud.api.list_pages import KEPT_S, LATER_S, ListPages, Mark, Wanted
from cloud.api.problems import ApiProblem
from cloud.db.models import Territory
from sync import wire
from tests.pass_items import pass_item

T = TypeVar("T")
MARK = Mark(epoch=7, rev=10, floor=0)
FIRST, NEXT = Wanted(1, "", hours=False), Wanted(1, "7-5", hours=False)


class Builder:
    """Builds pages that name how often it was asked."""

    def __init__(self, mark: Mark = MARK, *, more: bool = False, items: int = 1) -> None:
        self.mark, self.more, self.items = mark, more, items
        self.times = 0

    def __call__(self) -> tuple[wire.PassPage, Mark]:
        self.times += 1
        items = tuple(pass_item(f"{self.times}-{number}", "A777AA77") for number in range(self.items))
        return wire.PassPage(items, f"7-{self.mark.rev}", self.more, reset=True), self.mark


def run(check: Callable[[], Awaitable[T]]) -> T:
    return asyncio.run(check())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("more", "later", "again"),
    [
        (False, MARK, False),
        (False, Mark(7, 11, 0), True),
        (True, Mark(7, 11, 0), False),
        (True, Mark(7, 11, 3), True),
        (True, Mark(8, 10, 0), True),
    ],
    ids=["unchanged", "last page, changed", "full page, changed", "full page, tombstones forgotten", "restored"],
)
def test_a_page_is_built_again_only_when_it_is_another(more, later, again):
    """A full page outlives changes, which come further on; the last one, and any after a restore, does not."""
    build = Builder(more=more)

    async def check() -> None:
        pages = ListPages()
        for mark in (MARK, later):
            build.mark = mark
            await pages.get(FIRST, mark, build)

    run(check)

    assert (2 if again else 1) == build.times


def test_gates_of_one_territory_share_the_building():
    """A hundred gates that ask at once have one page built, and each gets it; those with another language, another."""
    build, other = Builder(), Builder()

    async def check() -> set[bytes]:
        pages = ListPages()
        asked = [pages.get(FIRST, MARK, build) for _ in range(100)]
        asked.append(pages.get(Wanted(1, "", hours=True), MARK, other))
        return {built.body for built in await asyncio.gather(*asked)}

    assert 1 == len(run(check))
    assert (1, 1) == (build.times, other.times)


def test_one_who_gives_up_leaves_the_others_their_page():
    """A gate whose connection ends while its page is built takes nothing from the next one."""
    build = Builder()

    async def check() -> wire.PassPage:
        pages = ListPages()
        first = asyncio.ensure_future(pages.get(FIRST, MARK, build))
        second = asyncio.ensure_future(pages.get(FIRST, MARK, build))
        await asyncio.sleep(0)
        first.cancel()
        return wire.decode(wire.PassPage, (await second).plain())

    assert 1 == len(run(check).items)


def test_what_fails_is_told_and_not_kept():
    """A page that could not be built is tried again by the next one who asks."""
    build = Builder()

    def gone() -> tuple[wire.PassPage, Mark]:
        raise ApiProblem(410, "gone")

    async def check() -> int:
        pages = ListPages()
        with pytest.raises(ApiProblem) as caught:
            await pages.get(NEXT, MARK, gone)
        await pages.get(NEXT, MARK, build)
        return caught.value.status

    assert (410, 1) == (run(check), build.times)


def test_a_long_page_is_kept_packed():
    """A long page is compressed once; who cannot read that gets the same page."""

    async def check() -> tuple[bool, wire.PassPage]:
        built = await ListPages().get(FIRST, MARK, Builder(items=1000))
        return built.packed and len(built.body) * 4 < len(built.plain()), wire.decode(wire.PassPage, built.plain())

    packed, page = run(check)
    assert packed
    assert 1000 == len(page.items)


def test_a_page_grows_old():
    """An hour later a first page would leave out passes that have ended: it is built anew."""
    build, now = Builder(), [0.0]

    async def check() -> None:
        pages = ListPages(now=lambda: now[0])
        for moment in (0.0, KEPT_S - 1, KEPT_S + 1):
            now[0] = moment
            await pages.get(FIRST, MARK, build)

    run(check)

    assert 2 == build.times


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 60)), max_size=60))
def test_no_more_is_kept_than_may_be(asked):
    """Whatever is asked in whatever order, what is kept stays within its bytes, and what is given is right."""

    async def check() -> None:
        pages = ListPages(most_bytes=5000)
        for territory, items in asked:
            built = await pages.get(
                Wanted(territory, "", hours=False), Mark(1, items, 0), Builder(Mark(1, items, 0), items=items)
            )
            assert items == len(wire.decode(wire.PassPage, built.plain()).items)
            assert pages.kept_bytes <= 5000

    run(check)


def test_a_storm_is_spread(monkeypatch):
    """When the line is long a gate that has not begun is asked to come later, at a time of its own; one that has goes on."""
    monkeypatch.setattr(list_pages, "MOST_WAITING", 3)

    async def check() -> tuple[list[object], int]:
        pages = ListPages()
        starts = [pages.get(Wanted(number, "", hours=False), MARK, Builder()) for number in range(20)]
        going_on = [pages.get(Wanted(number, "7-5", hours=False), MARK, Builder()) for number in range(20)]
        found = await asyncio.gather(*starts, return_exceptions=True)
        return found, len(await asyncio.gather(*going_on))

    found, went_on = run(check)
    later = [error for error in found if isinstance(error, ApiProblem)]

    assert 20 == went_on
    assert 0 < len(later) < 20
    assert {429} == {error.status for error in later}
    assert all(LATER_S[0] <= error.retry_after_s <= LATER_S[1] for error in later)
    assert len({error.retry_after_s for error in later}) == len(later)


def test_gates_of_a_restored_portal_share_their_new_list(client, place, app):
    """After a restore, which draws a new epoch, the old list is given to nobody, and the new one is read once."""
    place.add_pass("A777AA77")
    ask = lambda cursor="": client.get("/api/edge/v1/passes", params={"cursor": cursor})  # noqa: E731
    before = wire.decode(wire.PassPage, ask().content)
    with place.database.write() as session:
        session.get_one(Territory, place.territory_id).pass_epoch += 1

    assert 410 == ask(before.cursor).status_code
    first, second = ask().content, ask().content

    assert before.cursor != wire.decode(wire.PassPage, first).cursor
    assert first == second
