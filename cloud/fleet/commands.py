"""`okter fleet`: lists all gates of the portal, worst first."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from sqlalchemy import select

from cloud.command_language import say
from cloud.data_options import opened, with_data
from cloud.db.engine import Database
from cloud.db.models import Territory, utc_now
from cloud.domain import device_tokens
from cloud.domain.errors import Invalid
from cloud.fleet import overview, words
from cloud.fleet.overview import FleetGate, FleetSearch
from cloud.fleet.standing import Standing


@click.command("fleet", help=say("Все шлагбаумы портала: сначала те, с кем хуже всего."))
@with_data
@click.option("--territory", default="", help=say("Только территория с этим кодом."))
@click.option("--version", default="", help=say("Только эта версия программы."))
@click.option("--standing", type=click.Choice([one.value for one in Standing]), help=say("Только в этом состоянии."))
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1000), help=say("Сколько показать."))
@click.option("--after", default="", help=say("Продолжить с места, которое назвал прошлый показ."))
@click.option("--rotate-tokens", is_flag=True, help=say("Велеть сменить ключи устройств: всех или --territory."))
@click.option("--json", "as_json", is_flag=True, help=say("Вывести JSON."))
def fleet(
    data: Path | None,
    database: str | None,
    territory: str,
    version: str,
    standing: str | None,
    limit: int,
    after: str,
    *,
    rotate_tokens: bool,
    as_json: bool,
) -> None:
    now = utc_now()
    with opened(data, database) as base:
        if rotate_tokens:
            _rotate(base, territory, now=now)
            return
        search = FleetSearch(None, territory, version, Standing(standing) if standing else None, after)
        with base.read() as session:
            page = overview.look(session, search, now=now, page=limit)
    if as_json:
        click.echo(json.dumps(_page_values(page), ensure_ascii=False, default=str))
        return
    for gate in page.gates:
        click.echo("\t".join(_cells(gate, now)))
    counted = ", ".join(f"{say(words.STANDINGS[one])}: {number}" for one, number in page.counts.items() if number)
    click.echo(say("Всего {n}. {counted}", n=page.total, counted=counted))
    if page.next:
        click.echo(say("Дальше: --after {next}", next=page.next))


def _rotate(base: Database, code: str, *, now: datetime) -> None:
    with base.write() as session:
        place = None
        if code and (place := session.scalar(select(Territory).where(Territory.code == code))) is None:
            raise Invalid("", "Территории с таким кодом нет.")
        number = device_tokens.want_rotation(session, now=now, territory=place)
    click.echo(say("Ключи сменят, когда сообщат о себе: {n}", n=number))


def _cells(gate: FleetGate, now: datetime) -> list[str]:
    said = "; ".join(words.finding(one, say) for one in gate.findings)
    return [
        say(words.STANDINGS[gate.standing]),
        gate.territory_code,
        str(gate.id),
        gate.name,
        words.ago(gate.heard_at, now, say),
        gate.version or say(words.NOT_TOLD),
        (gate.report.weights if gate.report else None) or say(words.NOT_TOLD),
        say("список: {what}", what=words.list_words(gate, say)),
        say("диск: {what}", what=words.disk_words(gate.report, say)),
        words.update_words(gate.report, say),
        say("тогда: {said}", said=said) if said and gate.standing is Standing.SILENT else said,
    ]


def _page_values(page: overview.FleetPage) -> dict[str, Any]:
    return {
        "counts": {one.value: number for one, number in page.counts.items()},
        "versions": dict(page.versions),
        "next": page.next,
        "gates": [_gate_values(gate) for gate in page.gates],
    }


def _gate_values(gate: FleetGate) -> dict[str, Any]:
    report = gate.report
    return {
        "id": gate.id,
        "name": gate.name,
        "territory": gate.territory_code,
        "standing": gate.standing.value,
        "heard_at": gate.heard_at,
        "version": gate.version or None,
        "weights": None if report is None else report.weights,
        "list_lag": gate.list_lag,
        "disk_free_bytes": None if report is None else report.disk_free_bytes,
        "update": None if report is None or report.update is None else report.update.state,
        "token_at": gate.token_at,
        "findings": [{"lane": one.lane, "text": one.text.format(**one.facts)} for one in gate.findings],
    }
