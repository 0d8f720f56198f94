"""Passes: the list, filing one, changing, ending and repeating it, and the passages made with it."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import select
from starlette.responses import Response

from cloud.db.models import Account, GateEvent, MemberState, Pass
from cloud.domain import listing, passes, territories
from cloud.domain.errors import Invalid
from cloud.domain.objects import read_object
from cloud.domain.periods import Period, PeriodFields, Preset, period_fields, preset_fields, read_period
from cloud.plates import PlateInvalid, TypedPlate, read_plate
from cloud.web.access import Access
from cloud.web.context import Context
from cloud.web.routing import Pages
from core.doubts import doubt

pages = Pages()

PRESETS = (
    (Preset.TODAY, "Сегодня"),
    (Preset.THREE_DAYS, "3 дня"),
    (Preset.MONTH, "Месяц"),
    (Preset.ALWAYS, "Бессрочно"),
    (Preset.ONCE, "Разовый"),
)
MOST_PASSAGES = 50


@pages.get("/t/{code}/passes", Access.RESIDENT)
def overview(page: Context) -> Response:
    """One's own passes; a manager's whole territory, searchable."""
    search = listing.PassSearch(
        owner_id=None if page.is_manager else page.me.id,
        text=page.query("q"),
        ended=page.query("show") == "ended",
        after=page.query("after", longest=36),
    )
    rows, more = listing.find_passes(page.session, page.territory, search, now=page.now)
    return page.render("passes.html", rows=rows, more=more, search=search, states=_states(page, rows))


@pages.get("/t/{code}/passes/new", Access.RESIDENT)
def new(page: Context) -> Response:
    """The empty form, or one filled from a pass to repeat."""
    fields = preset_fields(Preset.TODAY, _today(page))
    values: dict[str, str]
    if (source := page.query("repeat", longest=36)) and (old := _mine(page, source)) is not None:
        values = {"plate": old.plate_display, "object": old.object_label, "note": old.note}
        values["owner"] = str(old.owner_id or page.me.id)
    else:
        values = {"plate": page.query("plate", longest=32), "object": page.member.object_label}
    return _form(page, fields, values)


@pages.post("/t/{code}/passes/new", Access.RESIDENT)
def add(page: Context) -> Response:
    if (preset := page.form.text("preset")) in set(Preset):
        return _form(page, preset_fields(Preset(preset), _today(page)), page.form.fields)
    try:
        owner, label = _for_whom(page)
        wanted = _read(page, label)
        passes.file(
            page.session,
            page.territory,
            wanted,
            owner=owner,
            filed_by=page.me,
            limited=not page.is_manager,
            now=page.now,
        )
    except Invalid as error:
        return _form(page, _fields(page), page.form.fields, error=error)
    page.audit("pass-added", wanted.plate.canonical)
    usual = wanted.plate.russian and doubt(wanted.plate.canonical) is None
    return page.go(f"{page.base}/passes", "pass-added" if usual else "pass-added-unusual")


@pages.get("/t/{code}/passes/{pass_id}", Access.RESIDENT)
def one(page: Context) -> Response:
    row = _mine(page, page.path("pass_id"))
    if row is None:
        return page.missing()
    passages = page.session.scalars(
        select(GateEvent)
        .where(GateEvent.pass_id == row.id, GateEvent.territory_id == page.territory.id)
        .order_by(GateEvent.at.desc())
        .limit(MOST_PASSAGES)
    )
    return page.render("pass.html", row=row, passages=list(passages), states=_states(page, [row]))


@pages.get("/t/{code}/passes/{pass_id}/edit", Access.RESIDENT)
def edit_form(page: Context) -> Response:
    row = _mine(page, page.path("pass_id"))
    if row is None or not passes.live(row, now=page.now):
        return page.missing()
    fields = period_fields(Period(row.valid_from, row.valid_until), page.zone, one_time=row.one_time)
    values = {"plate": row.plate_display, "object": row.object_label, "note": row.note}
    return _form(page, fields, values, row=row)


@pages.post("/t/{code}/passes/{pass_id}/edit", Access.RESIDENT)
def edit(page: Context) -> Response:
    row = _mine(page, page.path("pass_id"))
    if row is None:
        return page.missing()
    if (preset := page.form.text("preset")) in set(Preset):
        return _form(page, preset_fields(Preset(preset), _today(page)), page.form.fields, row=row)
    try:
        label = read_object(page.form.text("object"), required=False) if page.is_manager else row.object_label
        wanted = _read(page, label)
        passes.change(page.session, page.territory, row, wanted, limited=not page.is_manager, now=page.now)
    except Invalid as error:
        return _form(page, _fields(page), page.form.fields, row=row, error=error)
    page.audit("pass-changed", row.plate)
    return page.go(f"{page.base}/passes/{row.id}", "pass-changed")


@pages.post("/t/{code}/passes/{pass_id}/end", Access.RESIDENT)
def end(page: Context) -> Response:
    row = _mine(page, page.path("pass_id"))
    if row is None:
        return page.missing()
    passes.end(page.session, row, now=page.now)
    page.audit("pass-ended", row.plate)
    return page.go(f"{page.base}/passes", "pass-ended")


def plate_of(page: Context, field: str = "plate") -> TypedPlate:
    """The plate in a form's field."""
    try:
        return read_plate(page.form.text(field, longest=64))
    except PlateInvalid as error:
        raise Invalid(field, error.reason) from None


def _mine(page: Context, pass_id: str) -> Pass | None:
    """A pass this person may see and change: their own, or any for a manager."""
    row = passes.find(page.session, page.territory, pass_id)
    if row is None or row.blocked:
        return None
    return row if page.is_manager or row.owner_id == page.me.id else None


def _states(page: Context, rows: list[Pass]) -> dict[str, str]:
    return {row.id: listing.state_of(row, now=page.now) for row in rows}


def _today(page: Context) -> date:
    return page.now.astimezone(page.zone).date()


def _fields(page: Context) -> PeriodFields:
    form = page.form
    return PeriodFields(
        start=form.text("valid_from", longest=32),
        end=form.text("valid_until", longest=32),
        start_time=form.text("from_time", longest=16),
        end_time=form.text("until_time", longest=16),
        one_time=form.ticked("one_time"),
    )


def _read(page: Context, label: str) -> passes.PassRequest:
    fields = _fields(page)
    plate = plate_of(page)
    period = read_period(fields, page.zone, now=page.now)
    return passes.PassRequest(plate, period, fields.one_time, label, passes.read_note(page.form.text("note")))


def _for_whom(page: Context) -> tuple[Account, str]:
    """Whose pass it is and for which object: a manager may name any member, others file for themselves."""
    if not page.is_manager:
        return page.me, page.member.object_label
    label = read_object(page.form.text("object"), required=False)
    chosen = page.form.text("owner", longest=12)
    for member in territories.members(page.session, page.territory, MemberState.ACCEPTED):
        if str(member.account_id) == chosen:
            return member.account, label or member.object_label
    return page.me, label


def _form(
    page: Context,
    fields: PeriodFields,
    values: dict[str, str],
    *,
    row: Pass | None = None,
    error: Invalid | None = None,
) -> Response:
    owners = territories.members(page.session, page.territory, MemberState.ACCEPTED) if page.is_manager else []
    days = {preset: preset_fields(preset, _today(page)) for preset, _ in PRESETS}
    facts: dict[str, Any] = {
        "preset_days": days,
        "today": _today(page),
        "fields": fields,
        "values": values,
        "row": row,
        "owners": owners,
        "presets": PRESETS,
    }
    return page.refuse("pass_form.html", error, **facts)
