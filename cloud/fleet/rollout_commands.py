"""`okter rollout`: rolls out releases to the gates ring by ring."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from cloud.command_language import say
from cloud.data_options import opened, with_data
from cloud.db.models import Release, Rollout, utc_now
from cloud.domain.errors import Invalid
from cloud.fleet import brake, bundles, rollouts
from cloud.fleet.brake import Held
from cloud.fleet.ring_words import read_ring, ring_words
from cloud.fleet.rings import Rules, Seen, verdict


@click.group("rollout", help=say("Обновления шлагбаумов кольцами."))
def rollout() -> None:
    """The group; its commands follow."""


@rollout.command("add", help=say("Взять подписанный файл обновления; ключа у портала нет и не бывает."))
@with_data
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def add(data: Path | None, database: str | None, file: Path) -> None:
    with opened(data, database) as base, base.write() as session:
        found = bundles.add(session, file)
        text = say("{name}: Python {python}, {machine}, {n:.1f} МБ", name=found.name, python=found.python,
                   machine=found.machine, n=found.size / 1e6)  # fmt: skip
    click.echo(text)


@rollout.command("start", help=say("Начать с первого кольца."))
@with_data
@click.argument("release")
@click.option("--machine", default="", help=say("Для каких машин, если выпусков с этим именем несколько."))
@click.option(
    "--ring",
    "rings",
    multiple=True,
    required=True,
    help=say("gate:N, territory:КОД, 10% или all; :M — сколько проверенных нужно."),
)
@click.option(
    "--hours",
    default=24.0,
    show_default=True,
    type=click.FloatRange(0.1, 720),
    help=say("Сколько часов подряд всё должно быть хорошо."),
)
@click.option(
    "--silence",
    default=30.0,
    show_default=True,
    type=click.FloatRange(2, 1440),
    help=say("Сколько минут шлагбаум может молчать."),
)
@click.option(
    "--tolerate",
    default=0.0,
    show_default=True,
    type=click.FloatRange(0, 50),
    help=say("Сколько процентов плохих не останавливают."),
)
def start(
    data: Path | None,
    database: str | None,
    release: str,
    machine: str,
    rings: tuple[str, ...],
    hours: float,
    silence: float,
    tolerate: float,
) -> None:
    read = tuple(read_ring(ring) for ring in rings)
    rules = Rules(timedelta(hours=hours), timedelta(minutes=silence), tolerated=round(tolerate * 100))
    with opened(data, database) as base, base.write() as session:
        begun = rollouts.start(session, _release(session, release, machine), read, rules, now=utc_now())
        text = say("Раскатка {n} начата: {name}", n=begun.id, name=begun.release.name)
    click.echo(text)


def steering(name: str, text: str, act: Callable[[Session, Rollout], str]) -> None:
    """Declares a command that takes the number of a rollout and applies `act` to it."""

    @rollout.command(name, help=text)
    @with_data
    @click.argument("number", type=int)
    def command(data: Path | None, database: str | None, number: int) -> None:
        with opened(data, database) as base, base.write() as session:
            done = act(session, _rollout(session, number))
        click.echo(done)


def paused(session: Session, row: Rollout) -> str:
    rollouts.pause(session, row, now=utc_now())
    return say("Раскатка {n} приостановлена", n=row.id)


def resumed(session: Session, row: Rollout) -> str:
    forgiven = rollouts.resume(session, row, now=utc_now())
    return say("Раскатка {n} идёт дальше; больше не считаются: {forgiven}", n=row.id, forgiven=forgiven)


def ended(session: Session, row: Rollout) -> str:
    rollouts.end(session, row, now=utc_now())
    return say("Раскатка {n} завершена", n=row.id)


def forgotten(session: Session, row: Rollout) -> str:
    bundles.forget(session, row.release)
    return say("Файл выпуска {name} удалён", name=row.release.name)


steering("pause", say("Приостановить: новым не предлагать."), paused)
steering("resume", say("Продолжить; то, что сейчас плохо, больше не останавливает."), resumed)
steering("abort", say("Завершить: больше никому; у кого стоит, у того останется."), ended)
steering("forget", say("Удалить файл выпуска завершённой раскатки."), forgotten)


@rollout.command("show", help=say("Показать раскатки, их кольца и что было."))
@with_data
@click.option("--json", "as_json", is_flag=True, help=say("Вывести JSON."))
def show(data: Path | None, database: str | None, *, as_json: bool) -> None:
    now = utc_now()
    with opened(data, database) as base:
        rollouts.advance(base, now=now, at_once=True)
        with base.read() as session:
            rows = session.scalars(
                select(Rollout).options(joinedload(Rollout.release)).order_by(Rollout.id.desc()).limit(20)
            )
            held = brake.held(session)
            told = [_rollout_values(session, row, held, now=now) for row in rows]
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False, default=str))
        return
    for one in told:
        click.echo("\t".join(map(str, (one["id"], one["release"], one["machine"], one["phase"], one["why"]))))
        for ring in one["rings"]:
            click.echo("\t".join(("", ring["open"], ring["what"], ring["verdicts"])))
        for braked in one["held"]:
            click.echo("\t" + say("{code}: управляющий остановил обновления {since}, шлагбаумов {gates}", **braked))
        for act in one["history"]:
            click.echo(f"\t{act}")


def _release(session: Session, name: str, machine: str) -> Release:
    query = select(Release).where(Release.name == name)
    found = list(session.scalars(query if not machine else query.where(Release.machine == machine)))
    if len(found) != 1:
        raise Invalid(
            "", "Выпусков с таким именем: {n}; сначала okter rollout add, затем уточните --machine.", n=len(found)
        )
    return found[0]


def _rollout(session: Session, number: int) -> Rollout:
    row = session.get(Rollout, number, options=[joinedload(Rollout.release)])
    if row is None:
        raise Invalid("", "Раскатки {n} нет.", n=number)
    return row


def _rollout_values(session: Session, row: Rollout, held: Iterable[Held], *, now: datetime) -> dict[str, Any]:
    rings, rules = rollouts.rings_of(row), rollouts.rules_of(row)
    seen = rollouts.seen_of(session, row)
    return {
        "id": row.id,
        "release": row.release.name,
        "machine": row.release.machine,
        "phase": row.phase,
        "why": row.why,
        "rings": [
            {
                "what": ring_words(ring),
                "open": "open" if number <= row.ring else "closed",
                "verdicts": _verdicts([one for one in seen if one.ring == number], rules, now),
            }
            for number, ring in enumerate(rings)
        ],
        "held": [
            {"code": one.code, "since": f"{one.since:%Y-%m-%d %H:%M}", "gates": one.gates}
            for one in held
            if row.phase in rollouts.LIVE
        ],
        "history": [
            f"{act.at:%Y-%m-%d %H:%M} {act.action} {act.subject} {act.actor}" for act in rollouts.history(session, row)
        ],
    }


def _verdicts(seen: Iterable[Seen], rules: Rules, now: datetime) -> str:
    counted = Counter("forgiven" if one.forgiven else verdict(one, rules, now=now).value for one in seen)
    return ", ".join(f"{name} {number}" for name, number in sorted(counted.items())) or "-"
