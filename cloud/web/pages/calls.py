"""A call from a gate: it rings; one person answers, sees, hears, speaks and opens (ADR 150-152)."""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse, Response

from cloud.calls import desk
from cloud.calls.course import Ending, NotYours, Phase, TooLate
from cloud.calls.desk import Word
from cloud.calls.evidence import Evidence
from cloud.calls.words import ENDINGS, evidence_words
from cloud.db.models import Call
from cloud.domain import gates, limits, pins
from cloud.domain.errors import Invalid
from cloud.web.access import Access
from cloud.web.call_state import call_state
from cloud.web.context import Context
from cloud.web.pin_check import check_pin
from cloud.web.routing import Pages
from sync.call_wire import SDP_CHARS

pages = Pages()
MAY_USE_MICROPHONE = "camera=(), microphone=(self), geolocation=(), payment=()"
"""Permissions of this page; all other pages disable the microphone (`cloud.web.headers`)."""
COUNTED = ("pictures_shown", "sound_heard")
MOST_COUNTED = 2**53
MOST_ATTEMPTS = 1000


@pages.get("/t/{code}/calls", Access.OPERATOR)
def record(page: Context) -> Response:
    """Every call of the territory, newest first: who answered, how long, what was opened."""
    rows, more = desk.page_of(page.session, page.territory, before=page.query("before", longest=36))
    told = [(row, desk.course_of(row, page.now), desk.openings(page.session, row)) for row in rows]
    older = rows[-1].id if more else ""
    return page.render("calls.html", calls=told, older=older, endings=ENDINGS, evidence=evidence_words)


@pages.get("/t/{code}/calls/{call_id}", Access.RESIDENT)
def call(page: Context) -> Response:
    row = _seen(page)
    if row is None:
        return page.missing()
    standing = desk.course_of(row, page.now)
    response = page.render(
        "call.html",
        call=row,
        standing=standing,
        mine=_mine(page, row),
        state=call_state(page, row),
        openings=desk.openings(page.session, row),
        endings=ENDINGS,
        evidence=evidence_words,
        pin=pins.wanted(page.me, page.territory),
        phases=Phase,
    )
    response.headers["Permissions-Policy"] = MAY_USE_MICROPHONE
    return response


@pages.get("/t/{code}/calls/{call_id}/state", Access.RESIDENT)
def state(page: Context) -> Response:
    """What the page shows while it rings. The person who talks gets it with each of their own requests."""
    row = _seen(page)
    return _no_such_call() if row is None else JSONResponse(call_state(page, row))


@pages.post("/t/{code}/calls/{call_id}/answer", Access.RESIDENT)
def answer(page: Context) -> Response:
    """The first to answer gets the call; everybody after that is told who has it."""
    row = _seen(page, lock=True)
    if row is None:
        return page.missing()
    assert page.device is not None
    there = f"{page.base}/calls/{row.id}"
    try:
        desk.answer(page.session, row, by=page.me, device=page.device.id, now=page.now)
    except TooLate:
        return page.go(there, "call-taken" if row.answered_at is not None else "call-over")
    page.audit("call-answered", f"{row.gate.name}: {row.lane}")
    return page.go(there)


@pages.post("/t/{code}/calls/{call_id}/talk", Access.RESIDENT)
def talk(page: Context) -> Response:
    """Posted by the talking person's page every two seconds: a new offer, or counts of media. Returns the state."""
    row = _seen(page, lock=True)
    if row is None:
        return _no_such_call()
    word = _word(page)
    assert page.device is not None
    if word is None:
        return JSONResponse({"error": page.say("Сведения о звонке не прочитаны.")}, 422)
    try:
        desk.heard_person(page.session, row, word, by=page.me, device=page.device.id, now=page.now)
    except NotYours:
        return JSONResponse({"error": page.say("Этот разговор ведёт другой.")}, 409)
    return JSONResponse(call_state(page, row))


@pages.post("/t/{code}/calls/{call_id}/hang-up", Access.RESIDENT)
def hang_up(page: Context) -> Response:
    row = _seen(page, lock=True)
    if row is None:
        return page.missing()
    if _mine(page, row):
        desk.end(page.session, row, Ending.PERSON, now=page.now)
    return page.go(f"{page.base}/calls/{row.id}")


@pages.post("/t/{code}/calls/{call_id}/open", Access.RESIDENT, own_transaction=True)
def open_barrier(page: Context) -> Response:
    """Open the call's lane. The PIN is checked outside of a transaction, because hashing takes time."""
    with page.portal.database.read() as session:
        page.use(session)
        row = _seen(page)
        if row is None or not _mine(page, row):
            return _no_such_call()
    try:
        check_pin(page)
        with page.portal.database.write() as session:
            page.use(session)
            return JSONResponse(_opened(page))
    except Invalid as error:
        return JSONResponse({"field": error.field, "error": page.say(error.text, **error.facts)}, 422)


def _opened(page: Context) -> dict[str, Any]:
    row = _seen(page, lock=True)
    if row is None or not _mine(page, row) or desk.course_of(row, page.now).phase is not Phase.ANSWERED:
        raise Invalid("", "Разговор завершён.")
    evidence = desk.seen_and_heard(row, now=page.now)
    if not may_open(page, evidence):
        raise Invalid("", "Картинка и звук не подтверждены. Из звонка открыть нельзя.")
    limits.demand(page.session, limits.COMMANDS, str(page.me.id), now=page.now)
    command = gates.command(page.session, row.gate, "open", row.lane, by=page.me, now=page.now)
    command.call_id, command.picture, command.sound = row.id, evidence.picture.value, evidence.sound.value
    page.audit("command-open", f"{row.gate.name}: {row.lane}")
    page.session.flush()
    return call_state(page, row)


def may_open(page: Context, evidence: Evidence) -> bool:
    """Whether the territory lets a call open with this much evidence of picture and sound."""
    return evidence.met or page.territory.calls_unproven


def _seen(page: Context, *, lock: bool = False) -> Call | None:
    """The call in the path, if this person may see it."""
    row = desk.find(page.session, page.territory, page.path("call_id"), lock=lock)
    return row if row is not None and desk.may_see(row, page.member) else None


def _mine(page: Context, row: Call) -> bool:
    """Whether this session is the one that talks; another session of the same person is not."""
    return page.device is not None and desk.talks(row, account_id=page.me.id, device=page.device.id)


def _word(page: Context) -> Word | None:
    """The posted data; None if it is not what our page sends."""
    attempt, offer = _count(page.form.raw("attempt"), MOST_ATTEMPTS), page.form.raw("offer")
    printable = offer.isascii() and all(char.isprintable() or char in "\r\n" for char in offer)
    if attempt is None or len(offer) > SDP_CHARS or not printable:
        return None
    counted = {name: _count(page.form.raw(name), MOST_COUNTED) for name in COUNTED if page.form.raw(name)}
    passed = {name: count for name, count in counted.items() if count is not None}
    if len(passed) != len(counted):
        return None
    return Word(attempt, offer, passed or None)


def _count(typed: str, most: int) -> int | None:
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 18 and int(typed) <= most else None


def _no_such_call() -> Response:
    return JSONResponse({"error": "no such call"}, 404)
