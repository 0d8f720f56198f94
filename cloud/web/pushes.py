"""The texts of notices to browsers, in the language that each was in when it asked for them: short, and where a tap leads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from cloud.calls.course import RINGS
from cloud.couriers import web_push
from cloud.db.models import Call, FootPass, GateEvent, Membership, Pass, PushSubscription, utc_now
from cloud.domain.guests import WAITS
from cloud.plates import show_plate
from cloud.web.language import read_language, translate
from cloud.web.portal import Portal

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Text:
    """Keys of the catalogue, and what fills their places."""

    title: str
    body: str
    facts: dict[str, str]


def guest_refused(portal: Portal, session: Session, host: Membership, event: GateEvent) -> None:
    """Leads to the one button, for as long as it works."""
    text = Text("Гостя не пропустили: {plate}", "{place}. Нажмите, чтобы пропустить.", _facts(host, event))
    _put(portal, session, host, text, f"/guests/{event.id}", tag=f"guest-{event.plate}", lasts=WAITS, urgent=True)


def guest_arrived(portal: Portal, session: Session, host: Membership, event: GateEvent) -> None:
    text = Text("Гость приехал: {plate}", "{place}, {when}", _facts(host, event))
    _put(portal, session, host, text, "/passes", tag=f"guest-{event.plate}", lasts=WAITS)


def guest_left(portal: Portal, session: Session, host: Membership, event: GateEvent) -> None:
    text = Text("Гость уехал: {plate}", "{place}, {when}", _facts(host, event))
    _put(portal, session, host, text, "/passes", tag=f"guest-{event.plate}", lasts=WAITS)


def came_on_foot(portal: Portal, session: Session, host: Membership, row: FootPass) -> None:
    assert row.came_at is not None
    facts = {"names": row.names, "place": host.territory.name, "when": _local(row.came_at, host)}
    text = Text("Гости пришли: {names}", "{place}, {when}", facts)
    _put(portal, session, host, text, "/foot", tag=f"foot-{row.id}", lasts=WAITS)


def pass_ending(portal: Portal, session: Session, host: Membership, pass_: Pass) -> None:
    assert pass_.valid_until is not None
    facts = {"plate": pass_.plate_display, "place": host.territory.name, "when": _local(pass_.valid_until, host)}
    text = Text("Заявка скоро закончится: {plate}", "{place}, {when}. Нажмите, чтобы продлить.", facts)
    _put(portal, session, host, text, f"/passes/{pass_.id}", tag=f"ending-{pass_.id}", lasts=DAY)


def gate_rings(portal: Portal, session: Session, member: Membership, call: Call) -> None:
    """Good only while it rings."""
    text = Text("Звонок от шлагбаума: {place}", "{gate}, {lane}. Нажмите, чтобы ответить.",
                {"place": member.territory.name, "gate": call.gate.name, "lane": call.lane})  # fmt: skip
    _put(portal, session, member, text, f"/calls/{call.id}", tag=f"call-{call.id}", lasts=RINGS, urgent=True)


def asks_to_join(portal: Portal, session: Session, manager: Membership, name: str, label: str) -> None:
    facts = {"name": name, "object": label, "place": manager.territory.name}
    text = Text("Запрос на подключение: {name}", "{place}, {object}", facts)
    _put(portal, session, manager, text, "/people", tag="joining", lasts=DAY)


def trial(portal: Portal, session: Session, browser: PushSubscription) -> None:
    """The first notice of a browser: that it will hear of things."""
    language, now = read_language(browser.language), utc_now()
    title = translate(language, "Уведомления включены")
    body = translate(language, "Сюда придёт, если вашего гостя не пропустят.")
    web_push.put(session, browser, web_push.Notice(title, body, "/territories", "trial", WAITS), now=now)
    portal.web_push.wake_after(session)


def _facts(host: Membership, event: GateEvent) -> dict[str, str]:
    plate = show_plate(event.plate or "")
    return {"plate": plate, "place": host.territory.name, "when": _local(event.placed_at, host)}


def _local(moment: datetime, host: Membership) -> str:
    return f"{moment.astimezone(ZoneInfo(host.territory.timezone)):%d.%m.%Y %H:%M}"


def _put(
    portal: Portal,
    session: Session,
    to: Membership,
    text: Text,
    path: str,
    *,
    tag: str,
    lasts: timedelta,
    urgent: bool = False,
) -> None:
    now = utc_now()
    for browser in web_push.of_account(session, to.account, now=now):
        language = read_language(browser.language)
        title, body = (translate(language, part, **text.facts) for part in (text.title, text.body))
        path_there = f"/t/{to.territory.code}{path}"
        notice = web_push.Notice(title, body, path_there, tag, lasts, urgent=urgent)
        web_push.put(session, browser, notice, now=now)
        portal.web_push.wake_after(session)
