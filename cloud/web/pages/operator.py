"""The guard's page: may this plate enter, what is happening at the gate, and the barrier by hand."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from starlette.responses import Response

from cloud.calls import desk
from cloud.calls.course import Phase
from cloud.calls.words import evidence_words
from cloud.db.models import Call, EventNote, GateEvent
from cloud.domain import (
    called_cars,
    check,
    foot_passes,
    gates,
    guests,
    hosts,
    journal,
    limits,
    listing,
    pins,
    presence,
    unwelcome,
)
from cloud.domain.errors import Invalid
from cloud.odd_plates import read_typed
from cloud.plates import PlateInvalid, TypedPlate
from cloud.web.access import Access
from cloud.web.context import Context
from cloud.web.pin_check import check_pin
from cloud.web.routing import Pages
from cloud.web.snapshots import snapshot_response
from core.words.reasons import Reason

pages = Pages()

FEED_ROWS = 20
REFUSAL_SHOWN = timedelta(hours=2)
"""An older refusal stands among the visits only: at the top of a telephone it would hide the check for days."""
HOLD_MINUTES = (5, 15, 30, 60, 120)
LONGEST_NOTE = 1000
QUESTIONS = {
    "open": "Открыть шлагбаум?",
    "hold": "Удержать шлагбаум открытым?",
    "release": "Закончить удержание?",
}


@pages.get("/t/{code}/check", Access.OPERATOR)
def check_page(page: Context) -> Response:
    """Question and answer on one page, so that it can be linked to and reloaded."""
    typed = page.query("plate", longest=64)
    plate: TypedPlate | None = None
    verdict: check.Verdict | None = None
    error: Invalid | None = None
    if "plate" in page.request.query_params:
        try:
            plate = read_typed(typed)
            verdict = check.check_plate(page.session, page.territory, plate.canonical, now=page.now)
        except PlateInvalid as invalid:
            error = Invalid("plate", invalid.reason)
    values: dict[str, Any] = {
        "typed": typed,
        "plate": plate,
        "verdict": verdict,
        "unwanted_by": unwelcome.who_refuses(page.session, page.territory, plate.canonical) if plate else [],
        **_feed(page),
    }
    return page.refuse("check.html", error, **values)


@pages.get("/t/{code}/feed", Access.OPERATOR)
def feed(page: Context) -> Response:
    """Only the live part of the page, fetched again after each hint from the stream."""
    return page.render("live.html", **_feed(page))


def _feed(page: Context) -> dict[str, Any]:
    """What the open page is told anew: visits, the last refusal and who would let it in by now, gates and commands."""
    refused = journal.last_refused(page.session, page.territory)
    if refused is not None and page.now - refused.placed_at > REFUSAL_SHOWN:
        refused = None
    now = (
        check.check_plate(page.session, page.territory, refused.plate, now=page.now)
        if refused is not None and refused.plate
        else None
    )
    rung = desk.live_of(page.session, Call.territory_id == page.territory.id, now=page.now)
    calls = [(call, desk.course_of(call, page.now)) for call in rung]
    events = journal.newest(page.session, page.territory, most=FEED_ROWS)
    admitted = now.deciding if now is not None and now.allowed else None
    enrolled = [gate for gate in gates.gates_of(page.session, page.territory) if gates.enrolled(gate)]
    return {
        "gates": [(gate, gates.lanes(gate), gates.online(gate, now=page.now)) for gate in enrolled],
        "commands": gates.recent_commands(page.session, page.territory),
        "events": events,
        "calls": [(call, standing) for call, standing in calls if standing.phase is not Phase.ENDED],
        "passes": journal.passes_of(page.session, events),
        "refused": refused,
        "admitted": admitted,
        "hosted": None if refused is None else hosts.host_of(page.session, refused),
        "refusers": unwelcome.who_refuses(page.session, page.territory, refused.plate or "") if refused else [],
        "waiting_online": refused is not None and gates.online(refused.gate, now=page.now),
        "waiting_lane": refused is not None and _waits(page, refused),
        "called": called_cars.who_waits_for(
            page.session, page.territory, refused.plate, read_as=refused.body.get("format"), now=page.now
        )
        if refused is not None and refused.plate and refused.reason != Reason.BLOCKED
        else [],
    }


def _waits(page: Context, refused: GateEvent) -> bool:
    """Whether the car may still stand at a lane that can be opened from here."""
    gate = refused.gate
    lane = next((one for one in gates.lanes(gate) if one.name == refused.lane), None)
    fresh = page.now - refused.placed_at < guests.FRESH
    return fresh and gates.enrolled(gate) and lane is not None


@pages.get("/t/{code}/expected", Access.OPERATOR)
def expected(page: Context) -> Response:
    """Who is expected and who is inside, a page of each at a time; or a search, which also covers everyday cars."""
    text = page.query("q", longest=64)
    starts = {name: _start(page.query(name, longest=7)) for name in ("cars", "foot", "inside")}
    on_foot = foot_passes.expected(page.session, page.territory, now=page.now, text=text, start=starts["foot"])
    came = [(row, foot_passes.came_today(row, page.territory, now=page.now)) for row in on_foot.rows]
    values: dict[str, Any] = {
        "text": text,
        "starts": starts,
        "on_foot": came,
        "on_foot_total": on_foot.total,
        "each": presence.PAGE,
    }
    if text:
        found, more = listing.find_passes(page.session, page.territory, listing.PassSearch(text=text), now=page.now)
        return page.render("expected.html", found=found, more=more, **values)
    inside = presence.inside(page.session, page.territory, now=page.now)
    ids = presence.expected(page.session, page.territory, {one.plate for one in inside.cars}, now=page.now)
    shown = inside.cars[starts["inside"] : starts["inside"] + presence.PAGE]
    return page.render(
        "expected.html",
        inside=shown,
        inside_total=len(inside.cars),
        inside_whole=inside.whole,
        told=presence.is_told(page.session, page.territory),
        rows=presence.passes_by_id(page.session, ids[starts["cars"] : starts["cars"] + presence.PAGE]),
        rows_total=len(ids),
        passes=journal.passes_of(page.session, [one.event for one in shown]),
        **values,
    )


def _start(typed: str) -> int:
    """The number of the first row of a page; nonsense is the first."""
    return int(typed) if typed.isascii() and typed.isdecimal() else 0


@pages.get("/t/{code}/gates/{gate_id}/{kind}", Access.OPERATOR)
def confirm_command(page: Context) -> Response:
    return _confirmation(page)


def _confirmation(page: Context, *, error: Invalid | None = None) -> Response:
    gate = gates.find(page.session, page.territory, page.path("gate_id"))
    question = QUESTIONS.get(page.path("kind"))
    if gate is None or question is None or not gates.enrolled(gate):
        return page.missing()
    lane = page.form.text("lane") or page.query("lane", longest=64)
    if lane not in {known.name for known in gates.lanes(gate)}:
        return page.missing()
    values: dict[str, Any] = {
        "gate": gate,
        "lane": lane,
        "kind": page.path("kind"),
        "question": question,
        "minutes": [(minutes, str(minutes)) for minutes in HOLD_MINUTES],
        "online": gates.online(gate, now=page.now),
        "pin": pins.wanted(page.me, page.territory),
    }
    return page.refuse("command.html", error, **values)


@pages.post("/t/{code}/gates/{gate_id}/{kind}", Access.OPERATOR, own_transaction=True)
def send_command(page: Context) -> Response:
    """The PIN is checked outside of a transaction, because hashing takes time."""
    database = page.portal.database
    with database.read() as session:
        page.use(session)
        gate = gates.find(session, page.territory, page.path("gate_id"))
        if gate is None or page.path("kind") not in QUESTIONS:
            return page.missing()
    try:
        check_pin(page)
        with database.write() as session:
            page.use(session)
            _send(page)
    except Invalid as error:
        with database.read() as session:
            page.use(session)
            return _confirmation(page, error=error)
    return page.go(f"{page.base}/check")  # which shows what came of it


def _send(page: Context) -> None:
    gate, kind = gates.find(page.session, page.territory, page.path("gate_id")), page.path("kind")
    if gate is None:  # it was deleted just now
        raise Invalid("", "Устройство шлагбаума не привязано.")
    minutes, lane = page.form.text("minutes", longest=4), page.form.text("lane", longest=64)
    limits.demand(page.session, limits.COMMANDS, str(page.me.id), now=page.now)
    gates.command(
        page.session,
        gate,
        kind,
        lane,
        by=page.me,
        now=page.now,
        minutes=int(minutes) if minutes.isdecimal() else None,
    )
    page.audit(f"command-{kind}", f"{gate.name}: {lane}")


@pages.get("/t/{code}/visits/{event_id}", Access.OPERATOR)
def visit(page: Context) -> Response:
    return _visit(page)


def _visit(page: Context, *, error: Invalid | None = None) -> Response:
    event = journal.find(page.session, page.territory, page.path("event_id"))
    if event is None:
        return page.missing()
    trace = event.body.get("trace", []) if isinstance(event.body, dict) else []
    values: dict[str, Any] = {
        "event": event,
        "pass_": journal.passes_of(page.session, [event]).get(event.pass_id or ""),
        "notes": journal.notes(page.session, event),
        "calls": {command.call_id: command for command in desk.opened_for(page.session, event.id)},
        "evidence": evidence_words,
        "trace": [str(line)[:200] for line in trace][:64] if isinstance(trace, list) else [],
    }
    return page.refuse("visit.html", error, **values)


@pages.post("/t/{code}/visits/{event_id}/note", Access.OPERATOR)
def note(page: Context) -> Response:
    event = journal.find(page.session, page.territory, page.path("event_id"))
    if event is None:
        return page.missing()
    text = page.form.text("note").strip()
    if not 1 <= len(text) <= LONGEST_NOTE:
        return _visit(page, error=Invalid("note", "Напишите примечание, не длиннее {n} знаков.", n=LONGEST_NOTE))
    page.session.add(
        EventNote(event_id=event.id, author_id=page.me.id, author_name=page.me.name, at=page.now, text=text)
    )
    page.audit("note-added", event.plate or "")
    return page.go(f"{page.base}/visits/{event.id}", "note-saved")


@pages.get("/t/{code}/visits/{event_id}/photo.jpg", Access.OPERATOR, own_transaction=True)
def photo(page: Context) -> Response:
    return _picture(page, small=False)


@pages.get("/t/{code}/visits/{event_id}/thumb.jpg", Access.OPERATOR, own_transaction=True)
def thumb(page: Context) -> Response:
    """The thumbnail, made on first request."""
    return _picture(page, small=True)


def _picture(page: Context, *, small: bool) -> Response:
    """Fetched outside of a transaction: the storage may be slow, and database connections are few."""
    with page.portal.database.read() as session:
        event = journal.find(session, page.territory, page.path("event_id"))
        kept = None if event is None else event.snapshot_path
    known = page.request.headers.get("if-none-match", "")
    found = snapshot_response(page.portal.pictures, kept, known=known, say=page.say, small=small)
    return page.missing() if found is None else found
