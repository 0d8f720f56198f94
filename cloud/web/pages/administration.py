"""The manager's administration: settings, the block list, the audit log."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from cloud.domain import audit, listing, operators, passes, territories
from cloud.domain.doubts import Doubt
from cloud.domain.errors import Invalid
from cloud.domain.periods import PeriodFields, read_period
from cloud.web import telegrams
from cloud.web.access import Access
from cloud.web.context import Context
from cloud.web.pages.journal import day_of
from cloud.web.pages.passes import doubt_values, plate_of, unsure
from cloud.web.routing import Pages
from cloud.web.words import ACTS, ZONES

pages = Pages()


@pages.get("/t/{code}/settings", Access.MANAGER)
def settings(page: Context) -> Response:
    territory = page.territory
    values: dict[str, Any] = {
        "name": territory.name,
        "timezone": territory.timezone,
        "passes_per_object": str(territory.passes_per_object or ""),
        "longest_period_days": str(territory.longest_period_days or ""),
        "filings_per_hour": str(territory.filings_per_hour or ""),
        "retention_days": str(territory.retention_days),
        "ask_pin": territory.ask_pin,
        "calls_host": territory.calls_host,
        "calls_unproven": territory.calls_unproven,
        "telegram_off": territory.telegram_off,
    }
    return page.render("settings.html", values=values, zones=tuple(ZONES))


@pages.post("/t/{code}/settings", Access.MANAGER)
def save(page: Context) -> Response:
    form, territory = page.form, page.territory
    try:
        name = territories.read_territory_name(form.text("name"))
        zone = territories.read_zone(form.text("timezone", longest=64))
        per_object = _number(page, "passes_per_object", 1, 10_000)
        longest = _number(page, "longest_period_days", 1, 36_500)
        hourly = _number(page, "filings_per_hour", 1, 10_000)
        retention = _number(page, "retention_days", 1, 3650, required=True)
    except Invalid as error:
        return page.refuse("settings.html", error, values=form.fields, zones=tuple(ZONES))
    territory.name = name
    territories.change_zone(page.session, territory, zone)
    territory.passes_per_object, territory.longest_period_days = per_object, longest
    territory.filings_per_hour = hourly
    territory.retention_days = retention or territory.retention_days
    territory.ask_pin = form.ticked("ask_pin")
    territory.calls_host, territory.calls_unproven = form.ticked("calls_host"), form.ticked("calls_unproven")
    if page.portal.telegram is not None:  # otherwise the checkbox is not shown
        territory.telegram_off = form.ticked("telegram_off")
        if territory.telegram_off:
            telegrams.take_back(page.session, territory)
    page.audit("settings-changed")
    return page.go(f"{page.base}/settings", "settings-saved")


@pages.get("/t/{code}/operator", Access.MANAGER)
def operator(page: Context) -> Response:
    now = operators.of_territory(page.territory)
    values = {f"operator_{name}": getattr(now, name) for name in ("name", "inn", "address", "email")}
    return page.render("operator.html", values=values)


@pages.post("/t/{code}/operator", Access.MANAGER)
def save_operator(page: Context) -> Response:
    try:
        told = (page.form.text(f"operator_{name}", longest=400) for name in ("name", "inn", "address", "email"))
        details = operators.read_details(*told)
    except Invalid as error:
        return page.refuse("operator.html", error, values=page.form.fields)
    operators.keep(page.territory, details)
    page.audit("operator-changed", details.name)
    return page.go(f"{page.base}/operator", "settings-saved")


def _number(page: Context, field: str, low: int, high: int, *, required: bool = False) -> int | None:
    typed = page.form.text(field, longest=12).strip()
    if not typed and not required:
        return None
    if not typed.isdecimal() or not low <= int(typed) <= high:
        raise Invalid(field, "Введите число от {low} до {high}.", low=low, high=high)
    return int(typed)


@pages.get("/t/{code}/blocked", Access.MANAGER)
def blocked(page: Context) -> Response:
    return _blocked(page)


def _blocked(page: Context, *, error: Invalid | None = None, asked: tuple[Doubt, ...] = ()) -> Response:
    search = listing.PassSearch(blocked=True, after=page.query("after", longest=36))
    rows, more = listing.find_passes(page.session, page.territory, search, now=page.now)
    values: dict[str, Any] = {"rows": rows, "more": more, "values": page.form.fields, **doubt_values(page, asked)}
    return page.refuse("blocked.html", error, **values)


@pages.post("/t/{code}/blocked", Access.MANAGER)
def block(page: Context) -> Response:
    try:
        plate = plate_of(page)
        if asked := tuple(doubt for doubt in unsure(page, plate) if not doubt.blocked):
            return _blocked(page, asked=asked)
        period = read_period(PeriodFields("", page.form.text("valid_until", longest=32)), page.zone, now=page.now)
        wanted = passes.PassRequest(plate, period, False, "", passes.read_note(page.form.text("note")), blocked=True)
        passes.file(page.session, page.territory, wanted, owner=None, filed_by=page.me, limited=False, now=page.now)
    except Invalid as error:
        return _blocked(page, error=error)
    page.audit("plate-blocked", wanted.plate.canonical)
    return page.go_listed(f"{page.base}/blocked", "blocked")


@pages.post("/t/{code}/blocked/{pass_id}/remove", Access.MANAGER)
def unblock(page: Context) -> Response:
    row = passes.find(page.session, page.territory, page.path("pass_id"))
    if row is None or not row.blocked:
        return page.missing()
    passes.end(page.session, row, now=page.now)
    page.audit("plate-unblocked", row.plate)
    return page.go_listed(f"{page.base}/blocked", "unblocked")


@pages.get("/t/{code}/acts", Access.MANAGER)
def acts(page: Context) -> Response:
    action, before = page.query("action", longest=48), page.query("before", longest=9)
    search = audit.ActSearch(
        text=page.query("q", longest=64),
        action=action if action in ACTS else "",
        first=day_of(page.query("from", longest=10)),
        last=day_of(page.query("to", longest=10)),
        before=int(before) if before.isdecimal() else None,
    )
    entries, more = audit.find_entries(page.session, page.territory, search)
    asked = {"q": search.text, "action": search.action, "from": search.first or "", "to": search.last or ""}
    asked = {name: str(value) for name, value in asked.items() if value}
    older = urlencode({**asked, "before": entries[-1].id}) if more else ""
    return page.render("acts.html", entries=entries, search=search, older=older)
