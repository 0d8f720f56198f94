"""Notices in few words, the same on a screen and in a chat: what is said, where it leads, and how long that is worth anything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from cloud.calls.course import RINGS
from cloud.db.models import Call, FootPass, GateEvent, Membership, Pass
from cloud.domain.guests import WAITS
from cloud.plates import show_plate
from cloud.web.language import Language, translate

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Brief:
    """Keys of the catalogue, what fills their places, and where a tap leads: a path below the territory's pages.

    A later notice with the same `tag` takes the place of an earlier one on the screen.
    """

    title: str
    body: str
    facts: dict[str, str]
    path: str
    tag: str
    lasts: timedelta
    urgent: bool = False

    def words(self, language: Language) -> tuple[str, str]:
        """Title and body."""
        return translate(language, self.title, **self.facts), translate(language, self.body, **self.facts)


def guest_refused(host: Membership, event: GateEvent) -> Brief:
    """Leads to the one button, for as long as it works."""
    return Brief(
        "Гостя не пропустили: {plate}", "{place}. Нажмите, чтобы пропустить.", _facts(host, event),
        f"/guests/{event.id}", f"guest-{event.plate}", WAITS, urgent=True,
    )  # fmt: skip


def guest_arrived(host: Membership, event: GateEvent) -> Brief:
    facts, tag = _facts(host, event), f"guest-{event.plate}"
    return Brief("Гость приехал: {plate}", "{place}, {when}", facts, "/passes", tag, WAITS)


def guest_left(host: Membership, event: GateEvent) -> Brief:
    facts, tag = _facts(host, event), f"guest-{event.plate}"
    return Brief("Гость уехал: {plate}", "{place}, {when}", facts, "/passes", tag, WAITS)


def came_on_foot(host: Membership, row: FootPass) -> Brief:
    assert row.came_at is not None
    facts = {"names": row.names, "place": host.territory.name, "when": _local(row.came_at, host)}
    return Brief("Гости пришли: {names}", "{place}, {when}", facts, "/foot", f"foot-{row.id}", WAITS)


def pass_ending(host: Membership, pass_: Pass) -> Brief:
    assert pass_.valid_until is not None
    facts = {"plate": pass_.plate_display, "place": host.territory.name, "when": _local(pass_.valid_until, host)}
    return Brief(
        "Заявка скоро закончится: {plate}", "{place}, {when}. Нажмите, чтобы продлить.", facts,
        f"/passes/{pass_.id}", f"ending-{pass_.id}", DAY,
    )  # fmt: skip


def gate_rings(member: Membership, call: Call) -> Brief:
    """Good only while it rings."""
    facts = {"place": member.territory.name, "gate": call.gate.name, "lane": call.lane}
    return Brief(
        "Звонок от шлагбаума: {place}", "{gate}, {lane}. Нажмите, чтобы ответить.", facts,
        f"/calls/{call.id}", f"call-{call.id}", RINGS, urgent=True,
    )  # fmt: skip


def asks_to_join(manager: Membership, name: str, label: str) -> Brief:
    facts = {"name": name, "object": label, "place": manager.territory.name}
    return Brief("Запрос на подключение: {name}", "{place}, {object}", facts, "/people", "joining", DAY)


def _facts(host: Membership, event: GateEvent) -> dict[str, str]:
    plate = show_plate(event.plate or "")
    return {"plate": plate, "place": host.territory.name, "when": _local(event.placed_at, host)}


def _local(moment: datetime, host: Membership) -> str:
    return f"{moment.astimezone(ZoneInfo(host.territory.timezone)):%d.%m.%Y %H:%M}"
