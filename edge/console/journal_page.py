"""The journal on the page: search by part of a plate, day, lane, outcome and reason; page by page."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from core.passes.pass_list import day_end, day_start
from core.plates.canonical import PlateInvalid, canonical, folded
from core.words.reasons import WORDS, Reason
from edge.config import GateConfig
from edge.console.journal_reader import JournalReader
from edge.console.pages import Pages
from edge.console.views import visit_row
from edge.language import say
from edge.runtime.known_time import now_of
from edge.store.visit_search import VisitSearch

PAGE = 50
MOST_TYPED = 64
"""Maximum length of an input field: no plate, day or name is longer."""


@dataclass(frozen=True, slots=True)
class Typed:
    """The form's fields, as typed."""

    plate: str = ""
    day: str = ""
    until: str = ""
    lane: str = ""
    reason: str = ""
    opened: str = ""


class JournalPage:
    """The handler of `/journal`."""

    def __init__(self, config: GateConfig, pages: Pages, journal: JournalReader) -> None:
        self._config = config
        self._pages = pages
        self._journal = journal

    def show(self, request: Request) -> Response:
        asked = {name: value.strip()[:MOST_TYPED] for name, value in request.query_params.items()}
        typed = Typed(**{name: asked.get(name, "") for name in Typed.__slots__})
        wanted, wrong = self._wanted(typed)
        found = None if wrong else self._journal.search(replace(wanted, before=asked.get("before", "")), PAGE + 1)
        now = now_of(self._config.state_dir).wall
        rows = [visit_row(one, self._config, now=now) for one in (found or ())[:PAGE]]
        more = self._link(typed, before=rows[-1].id) if found is not None and len(found) > PAGE else ""
        error = wrong or (say("Журнал не прочитать.") if found is None else "")
        return self._pages.page(
            request,
            "journal.html",
            typed=typed,
            visits=rows,
            error=error,
            older=more,
            newest=self._link(typed) if asked.get("before") else "",
            config_lanes=self._config.lanes,
            reasons=[(reason.value, say(WORDS[reason.value])) for reason in Reason],
            status_code=422 if wrong else 200,
        )

    def _wanted(self, typed: Typed) -> tuple[VisitSearch, str]:
        """The search, and what is wrong with the input."""
        try:
            since, until = self._period(typed)
            part = part_of_plate(typed.plate)
        except PlateInvalid as error:
            return VisitSearch(), str(error)
        except (ValueError, OverflowError):
            return VisitSearch(), say("Такого дня нет.")
        opened = {"yes": True, "no": False}.get(typed.opened)
        return VisitSearch(part, since, until, typed.lane, typed.reason, opened), ""

    def _period(self, typed: Typed) -> tuple[datetime | None, datetime | None]:
        """From the start of one day to the end of the other; a single day means that day."""
        first = date.fromisoformat(typed.day) if typed.day else None
        last = date.fromisoformat(typed.until) if typed.until else first
        zone = self._config.zone
        return (
            None if first is None else day_start(first, zone),
            None if last is None else day_end(last, zone) if last < date.max - timedelta(days=1) else None,
        )

    def _link(self, typed: Typed, **more: str) -> str:
        values = {name: getattr(typed, name) for name in Typed.__slots__ if getattr(typed, name)}
        return f"/journal?{urlencode({**values, **more})}"


def part_of_plate(typed: str) -> str:
    """Part of a plate in the journal's form; Cyrillic and Latin letters are the same. Raises PlateInvalid.

    >>> part_of_plate("а 12")
    'A12'
    """
    if not typed:
        return ""
    text = folded(typed)
    if len(text) == 1:  # a plate has at least two characters, but a part may have one
        return canonical(text + "0")[:-1]
    return canonical(typed)
