"""Pulls the list: deltas page by page, the whole list into staging, with plausibility checks.

A failure never clears the list. A page is applied together with its cursor or not at all, and a whole list replaces the
old one in one transaction once its last page has arrived. Sync thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from core.words.language import say
from sync.errors import AnswerInvalid, ListExpired, ListShrunken
from sync.seams import Clock, ListState, PassCache
from sync.wire import PassPage

FEW = 10
"""This many deletions at once need no second look."""
RESETS = 3
"""How often a cloud may start over within one pull."""
EMPTY_AGAIN_S = 20.0
"""An empty whole list is believed if it is repeated at least this much later."""


class PassSource(Protocol):
    """The only call of the cloud that a pull needs."""

    def passes(self, cursor: str) -> PassPage: ...


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a pull did."""

    changed: bool
    pages: int
    items: int
    whole: bool
    """Whether the whole list was taken anew."""


class Puller:
    """Keeps `cache` in step with `source`. On CloudError or StoreError, the list stays as it was."""

    def __init__(self, source: PassSource, cache: PassCache, clock: Clock) -> None:
        self._source = source
        self._cache = cache
        self._clock = clock
        self._empty_since: float | None = None

    def pull(self) -> Pulled:
        """Bring the list up to date."""
        state = self._cache.state()
        if state.staging_cursor is not None or not state.cursor:
            return self._pull_whole(state)
        try:
            return self._pull_changes(state)
        except ListExpired:
            self._cache.begin_staging()
            return self._pull_whole(self._cache.state())

    def _pull_changes(self, state: ListState) -> Pulled:
        pages = items = 0
        changed = False
        cursor, count = state.cursor, state.count
        while True:
            page = self._page_at(cursor, pages)
            if page.reset:
                self._cache.begin_staging()
                return self._pull_whole(self._cache.state(), first=page)
            gone = self._cache.count_live([item.id for item in page.items if item.deleted])
            if gone > FEW and (count - gone) * 2 < state.count:
                # Deltas that remove most of the list are only believed after reading the list as a whole.
                self._cache.begin_staging()
                return self._pull_whole(self._cache.state())
            count -= gone
            self._cache.apply(page.items, cursor=page.cursor, at=self._now())
            pages, items, changed = pages + 1, items + len(page.items), changed or bool(page.items)
            if not page.more:
                return Pulled(changed=changed, pages=pages, items=items, whole=False)
            cursor = page.cursor

    def _pull_whole(self, state: ListState, *, first: PassPage | None = None) -> Pulled:
        """Fills the staging, resuming where an interrupted pull stopped, and swaps."""
        pages = items = resets = 0
        if state.staging_cursor is None:
            self._cache.begin_staging()
        cursor = state.staging_cursor or ""
        told_reset = bool(cursor)  # the staging being resumed began with a `reset`
        while True:
            try:
                page = first if first is not None else self._page_at(cursor, pages)
            except ListExpired:
                page = None
            first = None
            if page is None or (page.reset and pages):
                resets += 1
                if resets > RESETS:
                    raise AnswerInvalid(say("облако снова и снова начинает список сначала"))
            if page is None:
                self._cache.begin_staging()
                cursor, told_reset = "", False
                continue
            if page.reset:
                self._cache.begin_staging()
                told_reset = True
            self._cache.stage(page.items, cursor=page.cursor)
            pages, items, cursor = pages + 1, items + len(page.items), page.cursor
            if not page.more:
                self._check_whole(told_reset=told_reset)
                self._cache.commit_staging(at=self._now())
                return Pulled(changed=True, pages=pages, items=items, whole=True)

    def _check_whole(self, *, told_reset: bool) -> None:
        """Refuses a whole list that looks like a mistake, and drops the staging."""
        state = self._cache.state()
        left = state.staging_count
        if not told_reset and left * 2 < state.count:
            self._cache.begin_staging()
            raise ListShrunken(had=state.count, left=left)
        if left or not state.count:
            self._empty_since = None
            return
        mono = self._clock.now().mono
        if self._empty_since is None:
            self._empty_since = mono
        if mono - self._empty_since < EMPTY_AGAIN_S:
            self._cache.begin_staging()
            raise ListShrunken(had=state.count, left=0)
        self._empty_since = None

    def _page_at(self, cursor: str, pages: int) -> PassPage:
        page = self._source.passes(cursor)
        if not page.cursor:
            raise AnswerInvalid(say("облако прислало список без курсора"))
        if page.more and page.cursor == cursor:
            raise AnswerInvalid(say("облако стоит на месте (страница {pages})", pages=pages + 1))
        return page

    def _now(self) -> datetime:
        return self._clock.now().wall
