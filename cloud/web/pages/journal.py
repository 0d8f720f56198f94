"""«Журнал»: search, export, and the figures of the last days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from urllib.parse import urlencode

from starlette.responses import Response, StreamingResponse

from cloud.db.models import GateEvent
from cloud.domain import journal, limits
from cloud.domain.limits import Limit
from cloud.web import exports
from cloud.web.access import Access
from cloud.web.chart import day_chart
from cloud.web.context import Context
from cloud.web.csv_table import MARK, csv_lines
from cloud.web.journal_table import HEADS, days_of, sheet_of, words_of
from cloud.web.routing import Pages
from cloud.web.words import DECISIONS, REASONS
from cloud.web.xlsx_table import xlsx_response

pages = Pages()

AT_ONCE = 2000
"""Rows of a workbook that is made while the page waits: about a second of work."""
WORKBOOKS = Limit("workbook", 20, timedelta(hours=1))


@pages.get("/t/{code}/journal", Access.OPERATOR)
def overview(page: Context) -> Response:
    search = _search(page)
    events, more = journal.find_events(page.session, page.territory, search, page.zone)
    asked = {
        "plate": search.plate,
        "object": search.object_text,
        "reason": search.reason,
        "decision": search.decision,
        "from": search.first or "",
        "to": search.last or "",
    }
    asked = {name: str(value) for name, value in asked.items() if value}
    charted = page.is_manager and not asked and search.before is None
    days = journal.per_day(page.session, page.territory, page.zone, now=page.now) if charted else []
    return page.render(
        "journal.html",
        search=search,
        events=events,
        passes=journal.passes_of(page.session, events),
        older=urlencode({**asked, "before": events[-1].id}) if more else "",
        query=urlencode(asked),
        chart=day_chart(days) if any(day.opened or day.refused for day in days) else None,
        reasons=REASONS,
        decisions=DECISIONS,
        days=days_of(search, page.say),
        searched=bool(asked) or search.before is not None,
    )


@pages.get("/t/{code}/journal.csv", Access.MANAGER, own_transaction=True)
def export(page: Context) -> Response:
    """The same search as CSV for spreadsheets, complete and streamed: UTF-8 with a BOM, no formula cells."""
    asked = page.request.url.query
    with page.portal.database.write() as session:  # before it starts, since the download may be aborted
        page.use(session)
        page.audit("journal-exported", asked)
    name = f'attachment; filename="journal-{page.territory.code}.csv"'
    return StreamingResponse(
        _table(page, _search(page)), media_type="text/csv; charset=utf-8", headers={"Content-Disposition": name}
    )


@pages.get("/t/{code}/journal.xlsx", Access.MANAGER, own_transaction=True)
def workbook(page: Context) -> Response:
    """The same as a workbook with real times: the newest visits up to its limit, rate-limited. A long one is a job."""
    search = _search(page)
    with page.portal.database.write() as session:
        page.use(session)
        if not limits.use(session, WORKBOOKS, str(page.me.id), now=page.now):
            return page.go(f"{page.base}/journal", "too-often")
        page.audit("journal-exported", page.request.url.query)
        if journal.finds_more_than(session, page.territory, search, page.zone, AT_ONCE):
            ordered = exports.order(page, search)
            return page.go(f"{page.base}/exports", "export-ordered" if ordered else "export-many")
    sheet = sheet_of(page.portal.database, page.territory, search, page.say, now=page.now)
    return xlsx_response(sheet, f"journal-{page.territory.code}.xlsx")


def _table(page: Context, search: journal.Search) -> Iterator[str]:
    yield MARK + csv_lines([[page.say(head) for head in HEADS]])
    for events in journal.all_events(page.portal.database, page.territory, search, page.zone):
        yield csv_lines([_cells(page, event) for event in events])


def _cells(page: Context, event: GateEvent) -> list[str]:
    return [event.placed_at.astimezone(page.zone).isoformat(timespec="seconds"), *words_of(event, page.say)]


def _search(page: Context) -> journal.Search:
    reason, decision, before = page.query("reason"), page.query("decision"), page.query("before", longest=18)
    return journal.Search(
        plate=page.query("plate", longest=32),
        object_text=page.query("object"),
        reason=reason if reason in REASONS else "",
        decision=decision if decision in DECISIONS else "",
        first=day_of(page.query("from", longest=10)),
        last=day_of(page.query("to", longest=10)),
        before=int(before) if before.isdecimal() else None,
    )


def day_of(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 2000 <= found.year <= 2199 else None
