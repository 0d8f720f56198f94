"""Passes: the list; adding, changing, ending and repeating one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from starlette.responses import Response

from cloud.db.models import Account, GateEvent, MemberState, Pass
from cloud.domain import doubts, guests, household, listing, owners, passes, territories
from cloud.domain.check import hours_of
from cloud.domain.doubts import Doubt
from cloud.domain.errors import Invalid
from cloud.domain.listing import PassState
from cloud.domain.objects import read_object
from cloud.domain.periods import Period, PeriodFields, Preset, fits, period_fields, preset_fields, read_period
from cloud.odd_plates import read_typed, warnings
from cloud.plates import PlateInvalid, TypedPlate
from cloud.web.access import Access
from cloud.web.context import Context
from cloud.web.routing import Pages

pages = Pages()

PRESETS = (
    (Preset.TODAY, "Сегодня"),
    (Preset.THREE_DAYS, "3 дня"),
    (Preset.MONTH, "Месяц"),
    (Preset.ALWAYS, "Бессрочно"),
    (Preset.ONCE, "Разовый"),
    (Preset.CALLED, "Такси, доставка"),
)
MOST_PASSAGES = 50


@pages.get("/t/{code}/passes", Access.RESIDENT)
def overview(page: Context) -> Response:
    """One's own passes; for a manager those of the whole territory, searchable."""
    search = listing.PassSearch(
        owner_ids=None if page.is_manager else frozenset({page.me.id, *_mates(page)}),
        text=page.query("q"),
        ended=page.query("show") == "ended",
        after=page.query("after", longest=36),
    )
    rows, more = listing.find_passes(page.session, page.territory, search, now=page.now)
    refused = guests.refused_of(page.session, page.territory, page.me, now=page.now)
    plain = not (page.is_manager or search.ended or search.text)
    regulars = listing.regulars(page.session, page.territory, page.me) if plain else []
    listed = {row.plate_display for row in rows}  # cars that already have a pass are not suggested
    regulars = [one for one in regulars if one.plate_display not in listed]
    facts: dict[str, Any] = {"rows": rows, "more": more, "search": search, "states": _states(page, rows)}
    return page.render("passes.html", refused=refused, regulars=regulars, **facts)


@pages.get("/t/{code}/passes/new", Access.RESIDENT)
def new(page: Context) -> Response:
    """The empty form, or one filled in from a pass to repeat."""
    fields = preset_fields(Preset.TODAY, _local(page))
    values: dict[str, str]
    if (source := page.query("repeat", longest=36)) and (old := _mine(page, source)) is not None:
        values = {"plate": old.plate_display, "object": old.object_label, "note": old.note}
        values["hours"] = _hours_words(page, old)
        values |= _owner_values(page, old)
    else:
        values = {"plate": page.query("plate", longest=32), "note": page.query("note", longest=200)}
        values["object"] = page.member.object_label
    return _form(page, fields, values)


@pages.post("/t/{code}/passes/new", Access.RESIDENT)
def add(page: Context) -> Response:
    if (preset := page.form.text("preset")) in set(Preset):
        return _form(page, preset_fields(Preset(preset), _local(page)), page.form.fields)
    try:
        owner, label = _for_whom(page)
        wanted = _read(page, label)
        if asked := unsure(page, wanted.plate):
            return _form(page, _fields(page), page.form.fields, asked=asked)
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
    return page.go_listed(f"{page.base}/passes", _said(page, wanted.plate))


@pages.get("/t/{code}/passes/look", Access.RESIDENT)
def look(page: Context) -> Response:
    """A plate as displayed on the car, with what is unusual about it: for the script, while typing."""
    try:
        plate = read_typed(page.query("plate", longest=64))
    except PlateInvalid:
        return page.render("plate_look.html", plate=None, odd=())
    return page.render("plate_look.html", plate=plate, odd=warnings(plate))


@pages.get("/t/{code}/passes/{pass_id}", Access.RESIDENT)
def one(page: Context) -> Response:
    row = _seen(page, page.path("pass_id"))
    if row is None:
        return page.missing()
    passages = page.session.scalars(
        select(GateEvent)
        .where(GateEvent.pass_id == row.id, GateEvent.territory_id == page.territory.id)
        .order_by(GateEvent.placed_at.desc())
        .limit(MOST_PASSAGES)
    )
    states = _states(page, [row])
    managers = doubts.managers_of(page.session, page.territory) if PassState.BLOCKED in states.values() else []
    mine = page.is_manager or row.owner_id == page.me.id
    return page.render("pass.html", row=row, mine=mine, passages=list(passages), states=states, managers=managers)


@pages.get("/t/{code}/passes/{pass_id}/edit", Access.RESIDENT)
def edit_form(page: Context) -> Response:
    row = _mine(page, page.path("pass_id"))
    if row is None or not passes.live(row, now=page.now):
        return page.missing()
    fields = period_fields(Period(row.valid_from, row.valid_until), page.zone, one_time=row.one_time)
    values = {
        "plate": row.plate_display,
        "object": row.object_label,
        "note": row.note,
        "hours": _hours_words(page, row),
    }
    return _form(page, fields, values, row=row)


@pages.post("/t/{code}/passes/{pass_id}/edit", Access.RESIDENT)
def edit(page: Context) -> Response:
    row = _mine(page, page.path("pass_id"))
    if row is None:
        return page.missing()
    if (preset := page.form.text("preset")) in set(Preset):
        return _form(page, preset_fields(Preset(preset), _local(page)), page.form.fields, row=row)
    try:
        label = read_object(page.form.text("object"), required=False) if page.is_manager else row.object_label
        wanted = _read(page, label)
        if asked := unsure(page, wanted.plate):
            return _form(page, _fields(page), page.form.fields, row=row, asked=asked)
        passes.change(page.session, page.territory, row, wanted, by=page.me, limited=not page.is_manager, now=page.now)
    except Invalid as error:
        return _form(page, _fields(page), page.form.fields, row=row, error=error)
    page.audit("pass-changed", row.plate)
    return page.go_listed(f"{page.base}/passes/{row.id}", "pass-changed")


@pages.post("/t/{code}/passes/{pass_id}/end", Access.RESIDENT)
def end(page: Context) -> Response:
    row = _mine(page, page.path("pass_id"))
    if row is None:
        return page.missing()
    passes.end(page.session, row, now=page.now)
    page.audit("pass-ended", row.plate)
    return page.go_listed(f"{page.base}/passes", "pass-ended")


def plate_of(page: Context, field: str = "plate") -> TypedPlate:
    """The plate in a form field."""
    try:
        return read_typed(page.form.text(field, longest=64))
    except PlateInvalid as error:
        raise Invalid(field, error.reason) from None


def unsure(page: Context, plate: TypedPlate) -> tuple[Doubt, ...]:
    """What to ask before `plate` is saved; nothing once the form confirms exactly this plate."""
    found = doubts.doubts_of(page.session, page.territory, plate, now=page.now)
    return () if page.form.text("sure", longest=16) == plate.canonical else found


def doubt_values(page: Context, asked: tuple[Doubt, ...]) -> dict[str, Any]:
    """What a form needs to ask: the doubts, the plate they are about, and whom to contact about a ban."""
    banned = any(doubt.blocked for doubt in asked)
    return {
        "doubts": asked,
        "sure": plate_of(page).canonical if asked else "",
        "managers": doubts.managers_of(page.session, page.territory) if banned else [],
    }


def _hours_words(page: Context, row: Pass) -> str:
    """A pass's days and hours, in the form that its input field accepts."""
    hours = hours_of(row)
    return "" if hours is None or not hours.spans else hours.words_by(page.say)


def _said(page: Context, plate: TypedPlate) -> str:
    """The notice after adding: what the gate would answer this car now."""
    page.session.flush()
    reason = doubts.what_the_gate_says(page.session, page.territory, plate, now=page.now)
    return {
        "blocked": "pass-added-blocked",
        "pass_not_started": "pass-added-later",
        "outside_hours": "pass-added-hours",
    }.get(reason, "pass-added" if plate.russian else "pass-added-unusual")


def _mine(page: Context, pass_id: str) -> Pass | None:
    """A pass that this person may see and change: their own, or any for a manager."""
    row = passes.find(page.session, page.territory, pass_id)
    if row is None or row.blocked:
        return None
    return row if page.is_manager or row.owner_id == page.me.id else None


def _mates(page: Context) -> set[int]:
    """Accounts of the person's household."""
    return {row.account_id for row in household.mates(page.session, page.member)}


def _seen(page: Context, pass_id: str) -> Pass | None:
    """A pass that this person may see: one that they may change, or one of their household."""
    row = passes.find(page.session, page.territory, pass_id)
    ours = row is not None and not row.blocked and row.owner_id in _mates(page)
    return row if ours else _mine(page, pass_id)


def _states(page: Context, rows: list[Pass]) -> dict[str, str]:
    blocked = doubts.blocked_among(page.session, page.territory, {row.plate for row in rows}, now=page.now)
    states: dict[str, str] = {}
    for row in rows:
        state = listing.state_of(row, now=page.now)
        holds = state in {PassState.CURRENT, PassState.UPCOMING}
        states[row.id] = PassState.BLOCKED if holds and row.plate in blocked else state
    return states


def _local(page: Context) -> datetime:
    return page.now.astimezone(page.zone)


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
    note, hours = page.form.text("note"), passes.read_hours(page.form.text("hours", longest=200), page.zone)
    passes.check_hours(hours, period, now=page.now)
    return passes.PassRequest(plate, period, fields.one_time, label, passes.read_note(note), hours=hours)


def _for_whom(page: Context) -> tuple[Account, str]:
    """The pass's owner and object: a manager may name any member, others add passes for themselves."""
    if not page.is_manager:
        return page.me, page.member.object_label
    label = read_object(page.form.text("object"), required=False)
    text, chosen = page.form.text("owner_text", longest=300), page.form.text("owner", longest=12)
    if not text.strip() and not chosen:  # as the field says: empty means oneself
        return page.me, label
    member = owners.resolve(page.session, page.territory, text, chosen)
    return member.account, label or member.object_label


def _owner_values(page: Context, old: Pass) -> dict[str, str]:
    """The fields for the owner of a pass to repeat. An owner who has left is filled in too, but will not be found."""
    if not page.is_manager or old.owner is None or old.owner_id == page.me.id:
        return {}
    member = territories.membership(page.session, old.owner, page.territory)
    accepted = member is not None and member.state == MemberState.ACCEPTED
    text = owners.label_of(member) if accepted and member is not None else old.owner.name
    return {"owner_text": text, "owner": str(old.owner_id) if accepted else ""}


def _form(
    page: Context,
    fields: PeriodFields,
    values: dict[str, str],
    *,
    row: Pass | None = None,
    error: Invalid | None = None,
    asked: tuple[Doubt, ...] = (),
) -> Response:
    text = values.get("owner_text", "") if page.is_manager and row is None else ""
    found = owners.candidates(page.session, page.territory, text) if text.strip() else []
    longest = None if page.is_manager else page.territory.longest_period_days
    offered = tuple((preset, words) for preset, words in PRESETS if fits(preset, longest, _local(page)))
    days = {preset: preset_fields(preset, _local(page)) for preset, _ in offered}
    facts: dict[str, Any] = {
        "preset_days": days,
        "today": _local(page).date(),
        "fields": fields,
        "values": values,
        "row": row,
        "owners": found if 1 < len(found) <= owners.MOST_CANDIDATES else [],
        "presets": offered,
        "regulars": [] if row is not None else listing.regulars(page.session, page.territory, page.me),
        "longest": longest,
        **doubt_values(page, asked),
    }
    return page.refuse("pass_form.html", error, **facts)
