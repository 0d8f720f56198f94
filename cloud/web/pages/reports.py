"""«Отчёты» and «Риск списка»: the manager's statistics."""

from __future__ import annotations

from datetime import date
from urllib.parse import urlencode

from starlette.responses import Response

from cloud.domain import limits, list_risk, reports
from cloud.domain.errors import Invalid
from cloud.domain.reports import By
from cloud.web.access import Access
from cloud.web.context import Context
from cloud.web.csv_table import MARK, csv_lines
from cloud.web.journal_table import about
from cloud.web.pages.journal import day_of
from cloud.web.routing import Pages
from cloud.web.templates import sentence
from cloud.web.words import REASONS
from cloud.web.xlsx_table import Cell, Sheet, xlsx_response
from core.words.odds import ACCEPTABLE, visits_of

pages = Pages()

KINDS = {By.DAY: "По дням", By.OBJECT: "По объектам", By.REASON: "По причинам"}


@pages.get("/t/{code}/reports", Access.MANAGER)
def overview(page: Context) -> Response:
    by, first, last = _asked(page)
    known = reports.known_days(page.session, page.territory, now=page.now)
    rows = reports.report(page.session, page.territory, by, first, last, known=known)
    query = urlencode({"by": by.value, "from": first, "to": last})
    return page.render(
        "reports.html",
        rows=[(_name(page, by, row.name), row) for row in rows],
        by=by,
        kinds=KINDS,
        first=first,
        last=last,
        query=query,
        since=known[0],
    )


@pages.get("/t/{code}/reports.csv", Access.MANAGER, own_transaction=True)
def export(page: Context) -> Response:
    by, _, _, rows = _exported(page)
    lines = [[_name(page, by, row.name), str(row.opened), str(row.refused), str(row.total)] for row in rows]
    name = f'attachment; filename="report-{page.territory.code}-{by.value}.csv"'
    return Response(
        MARK + csv_lines([_heads(page, by), *lines]),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": name},
    )


@pages.get("/t/{code}/reports.xlsx", Access.MANAGER, own_transaction=True)
def workbook(page: Context) -> Response:
    """The same as a workbook, with real days and numbers, ready to print."""
    by, first, last, rows = _exported(page)
    lines: list[list[Cell]] = [
        [
            date.fromisoformat(row.name) if by is By.DAY else _name(page, by, row.name),
            row.opened,
            row.refused,
            row.total,
        ]
        for row in rows
    ]
    sums = [sum(row.opened for row in rows), sum(row.refused for row in rows), sum(row.total for row in rows)]
    sheet = Sheet(
        page.say("Отчёты"),
        about(page.territory, f"{first:%d.%m.%Y} — {last:%d.%m.%Y}", page.say, now=page.now),
        _heads(page, by),
        lines,
        last=[page.say("Всего"), *sums],
    )
    return xlsx_response(sheet, f"report-{page.territory.code}-{by.value}.xlsx")


def _exported(page: Context) -> tuple[By, date, date, list[reports.Row]]:
    by, first, last = _asked(page)
    with page.portal.database.write() as session:
        page.use(session)
        page.audit("report-exported", f"{by.value} {first} — {last}")
        known = reports.known_days(session, page.territory, now=page.now)
        return by, first, last, reports.report(session, page.territory, by, first, last, known=known)


def _heads(page: Context, by: By) -> list[str]:
    return [page.say(word) for word in (KINDS[by], "Открыто", "Отказано", "Всего")]


def _asked(page: Context) -> tuple[By, date, date]:
    wish = page.query("by", longest=8)
    by = By(wish) if wish in set(By) else By.DAY
    today = page.now.astimezone(page.zone).date()
    return by, *reports.bounds(day_of(page.query("from", longest=10)), day_of(page.query("to", longest=10)), today)


def _name(page: Context, by: By, name: str) -> str:
    if by is By.DAY:
        return f"{date.fromisoformat(name):%d.%m.%Y}"
    if by is By.REASON:
        return sentence(page.say(REASONS.get(name, name))) or "—"
    return name or "—"


@pages.get("/t/{code}/risk", Access.MANAGER, own_transaction=True)
def risk(page: Context) -> Response:
    """Computed outside of a transaction and rate-limited: a long list takes seconds."""
    database = page.portal.database
    with database.write() as session:
        allowed = limits.use(session, list_risk.LOOKS, str(page.me.id), now=page.now)
    if not allowed:
        return page.refuse("risk.html", Invalid("", "Слишком много попыток. Попробуйте позже."), risk=None)
    with database.read() as session:
        page.use(session)
        plates = list_risk.plates_of(session, page.territory, now=page.now)
    page.leave()
    found = list_risk.risk_of(*plates)
    return page.render("risk.html", risk=found, acceptable=ACCEPTABLE, visits=visits_of)
