"""Notices in few words, the same on a screen and in a chat: what is said, where it leads, and how long that is worth anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from cloud.calls.course import RINGS
from cloud.db.models import Call, FootPass, GateEvent, HeldNotice, Kind, Membership, Pass
from cloud.domain.guests import WAITS
from cloud.plates import show_plate
from cloud.web.language import Language, translate

DAY = timedelta(days=1)
SUMMARY_LASTS = timedelta(hours=12)
ROOM = 400
"""Characters of a body that a screen shows."""
TITLES = {
    Kind.REFUSED: "Гостя не пропустили: {plate}",
    Kind.ARRIVED: "Гость приехал: {plate}",
    Kind.LEFT: "Гость уехал: {plate}",
    Kind.ON_FOOT: "Гости пришли: {names}",
    Kind.PASSED: "Гость проехал шлагбаум: {plate}",
    Kind.ENDING: "Заявка скоро закончится: {plate}",
    Kind.JOINING: "Запрос на подключение: {name}",
}
"""What each kind of notice begins with."""


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

    def words(self, language: Language, *, room: int = ROOM) -> tuple[str, str]:
        """Title and body, which has `room` characters; what people have typed makes no lines of its own."""
        facts = {name: " ".join(value.split()) for name, value in self.facts.items()}
        return translate(language, self.title, **facts), translate(language, self.body, **facts)[:room]


@dataclass(frozen=True, slots=True)
class Summary:
    """Said as a `Brief` is: what was held back in somebody's quiet hours, a line each, in the order in which it happened."""

    news: Sequence[HeldNotice]
    zone: ZoneInfo
    path: str
    tag: str
    lasts: timedelta
    urgent: bool = False

    def words(self, language: Language, *, room: int = ROOM) -> tuple[str, str]:
        """As many whole lines as there is room for, and how many more there are."""
        lines = [line_of(row, self.zone, language) for row in self.news]
        shown: list[str] = []
        for line in lines:
            left = translate(language, "и ещё {n}", n=len(lines) - len(shown))
            if len("\n".join([*shown, line, left])) > room:
                shown.append(left)
                break
            shown.append(line)
        return translate(language, "За тихие часы: {n}", n=len(lines)), "\n".join(shown)


def line_of(row: HeldNotice, zone: ZoneInfo, language: Language) -> str:
    """What happened, and when, on one line."""
    facts = {name: " ".join(value.split()) for name, value in row.facts.items()}
    said = translate(language, TITLES[Kind(row.kind)], **facts) if row.kind in TITLES else row.kind
    return f"{row.at.astimezone(zone):%d.%m %H:%M} {said}"


def summary(member: Membership, news: Sequence[HeldNotice]) -> Summary:
    """Leads to where its one line would have led, else to the page that has all of them."""
    paths = {_path(row) for row in news}
    path = paths.pop() if len(paths) == 1 else "/notices#held"
    return Summary(news, ZoneInfo(member.territory.timezone), path, "quiet", SUMMARY_LASTS)


def _path(row: HeldNotice) -> str:
    if row.kind == Kind.ENDING and row.pass_id is not None:
        return f"/passes/{row.pass_id}"
    return {Kind.JOINING: "/people", Kind.ON_FOOT: "/foot"}.get(Kind(row.kind), "/passes")


def guest_refused(host: Membership, event: GateEvent) -> Brief:
    """Leads to the one button, for as long as it works."""
    return Brief(
        TITLES[Kind.REFUSED], "{place}. Нажмите, чтобы пропустить.", _facts(host, event),
        f"/guests/{event.id}", f"guest-{event.plate}", WAITS, urgent=True,
    )  # fmt: skip


def guest_passed(host: Membership, event: GateEvent, kind: Kind) -> Brief:
    """`kind`: arrived, left, or passed."""
    facts, tag = _facts(host, event), f"guest-{event.plate}"
    return Brief(TITLES[kind], "{place}, {when}", facts, "/passes", tag, WAITS)


def came_on_foot(host: Membership, row: FootPass) -> Brief:
    assert row.came_at is not None
    facts = {"names": row.names, "place": host.territory.name, "when": _local(row.came_at, host)}
    return Brief(TITLES[Kind.ON_FOOT], "{place}, {when}", facts, "/foot", f"foot-{row.id}", WAITS)


def pass_ending(host: Membership, pass_: Pass) -> Brief:
    assert pass_.valid_until is not None
    facts = {"plate": pass_.plate_display, "place": host.territory.name, "when": _local(pass_.valid_until, host)}
    return Brief(
        TITLES[Kind.ENDING], "{place}, {when}. Нажмите, чтобы продлить.", facts,
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
    return Brief(TITLES[Kind.JOINING], "{place}, {object}", facts, "/people", "joining", DAY)


def _facts(host: Membership, event: GateEvent) -> dict[str, str]:
    plate = show_plate(event.plate or "")
    return {"plate": plate, "place": host.territory.name, "when": _local(event.placed_at, host)}


def _local(moment: datetime, host: Membership) -> str:
    return f"{moment.astimezone(ZoneInfo(host.territory.timezone)):%d.%m.%Y %H:%M}"
