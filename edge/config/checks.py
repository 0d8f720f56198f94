"""Checks that need more than one table: names, references, time zone, folders, and the relay's verdict on its plan."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.rules.policy import Direction
from edge.config.problems import KeyPath, Report, nearest
from edge.config.schema import GateConfig
from edge.language import say
from edge.witnesses.settings import Anpr

Named = Sequence[tuple[int, str]]
"""Index in the array and name, of every entry of which at least the name could be read."""


def check_time_zone(name: str, report: Report) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        report.add(
            ("site", "timezone"),
            say(
                'нет часового пояса "{name}"; нужно имя IANA, например "Europe/Moscow", "Asia/Yekaterinburg"', name=name
            ),
        )


def check_pushing(config: GateConfig, report: Report) -> None:
    """A camera that posts its events needs a port to post them to."""
    for at, lane in enumerate(config.lanes):
        if lane.anpr is Anpr.PUSH and not config.anpr.port:
            report.add(("lane", at, "anpr"), say("камере некуда слать: задайте [anpr] port и host"))


def check_titles(config: GateConfig, report: Report) -> None:
    """Two lanes must not look alike to the person who opens them."""
    first: dict[str, int] = {}
    for at, lane in enumerate(config.lanes):
        if lane.called in first:
            line = report.lines.line(("lane", first[lane.called], "name"))
            report.add(
                ("lane", at, "title"), say('"{name}" уже зовётся проезд из строки {line}', name=lane.called, line=line)
            )
        first.setdefault(lane.called, at)


def check_exits(config: GateConfig, report: Report) -> None:
    """Anti-passback needs an exit lane with a camera: otherwise nobody is known to have left."""
    if config.policy.anti_passback_h and all(lane.direction is not Direction.EXIT for lane in config.lanes):
        what = say('нужен проезд с direction = "exit": без него неизвестно, кто выехал')
        report.add(("policy", "anti_passback_h"), what)


def check_names(table: str, named: Named, report: Report) -> None:
    """Names are unique in their table, not empty, and safe in a file name, a log line and a command line."""
    first: dict[str, int] = {}
    for at, name in named:
        where: KeyPath = (table, at, "name")
        if not name.strip() or name != name.strip() or "/" in name or not name.isprintable() or len(name) > 40:
            report.add(
                where,
                say("имя не годится; нужно 1–40 знаков без / и пробелов по краям"),
            )
        elif name in first:
            line = report.lines.line((table, first[name], "name"))
            report.add(where, say('имя "{name}" уже есть в строке {line}', name=name, line=line))
        else:
            first[name] = at


def check_reference(where: KeyPath, name: str, known: Sequence[str], report: Report, *, table: str) -> None:
    """`name` is one of the `[[table]]` names."""
    if name in known:
        return
    near = nearest(name, list(known))
    hint = say("; похоже на {near}", near=near) if near else ""
    names = ", ".join(f'"{item}"' for item in known) or say("ни одного")
    report.add(
        where,
        say('нет [[{table}]] с именем "{name}"; есть: {names}{hint}', table=table, name=name, names=names, hint=hint),
    )
