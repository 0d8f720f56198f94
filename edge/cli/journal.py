"""`gate events` and `gate why`: what happened, and why."""

from __future__ import annotations

import csv
import sys
from datetime import datetime, timedelta
from pathlib import Path

import click

from core.errors import GateError
from core.plates import canonical
from edge.cli.options import print_json, with_config, with_json
from edge.config import GateConfig, load
from edge.language import say
from edge.periods import MomentInvalid, beginning
from edge.runtime.known_time import now_of
from edge.runtime.visit_lines import live_text, live_values
from edge.runtime.why_card import why_card
from edge.store.database import may_be_there
from edge.store.journal import Journal
from edge.store.place import find

CSV_COLUMNS = ("id", "at", "lane", "plate", "decision", "reason", "pass_id", "confidence", "lasted_s")


class NoSuchVisit(GateError, LookupError):
    """No visit, or several, begin with this id."""


def _journal(config: GateConfig) -> Journal:
    path = find(config.state_dir).journal_file
    if not may_be_there(path):
        raise GateError(say(f"журнала ещё нет: {path}", f"there is no journal yet: {path}"))
    return Journal(path, to_read=True)


@click.command(help=say("Журнал проездов, новые внизу.", "The journal, newest last."))
@click.option("--since", metavar="ISO8601|2h|3d", help=say("С какого времени (2h, 3d — столько назад).", "Since when."))
@click.option("--plate", help=say("Только этот номер.", "Only this plate."))
@click.option("--lane", help=say("Только этот проезд.", "Only this lane."))
@click.option(
    "--limit", type=click.IntRange(1, 1_000_000), default=1000, show_default=True, help=say("Не больше.", "At most.")
)
@click.option("--csv", "as_csv", is_flag=True, help=say("Таблицей CSV.", "As CSV."))
@with_config
@with_json
def events(
    since: str | None,
    plate: str | None,
    lane: str | None,
    limit: int,
    config_file: Path | None,
    *,
    as_csv: bool,
    as_json: bool,
) -> None:
    config = load(config_file)
    after = _since(since, config)
    with _journal(config) as journal:
        visits = journal.visits(since=after, plate=canonical(plate) if plate else None, lane=lane, limit=limit)
    records = [visit.record for visit in visits]
    if as_csv:
        writer = csv.DictWriter(sys.stdout, CSV_COLUMNS, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(live_values(record) for record in records)
        return
    for record in records:
        if as_json:
            print_json(live_values(record))
        else:
            print(live_text(record, zone=config.zone, colour=sys.stdout.isatty()))
    if not as_json:
        print(say(f"визитов: {len(records)}; подробно: gate why ID", f"{len(records)} visits; more: gate why ID"))


@click.command(help=say("Почему шлагбаум открылся или нет: по началу ID из gate events.", "Why the barrier opened."))
@click.argument("visit_id", metavar="ID")
@with_config
@with_json
def why(visit_id: str, config_file: Path | None, *, as_json: bool) -> None:
    config = load(config_file)
    with _journal(config) as journal:
        found = journal.visit(visit_id)
        if found is None:
            raise NoSuchVisit(
                say(
                    f"нет визита с таким началом ID, или их несколько: {visit_id}",
                    f"no single visit begins with {visit_id}",
                )
            )
        pictures = [str(journal.snapshots.folder / name) for name in (found.frame, found.plate_crop) if name]
    card = why_card(found.record, zone=config.zone, pictures=pictures)
    if as_json:
        print_json({**live_values(found.record), "why": list(card.sentences), "pictures": pictures})
    else:
        print(card.text(colour=sys.stdout.isatty()))


def _since(text: str | None, config: GateConfig) -> datetime | None:
    if not text:
        return None
    units = {"m": "minutes", "h": "hours", "d": "days"}
    if text[-1] in units and text[:-1].isdecimal() and len(text) <= 6:
        return now_of(config.state_dir).wall - timedelta(**{units[text[-1]]: int(text[:-1])})
    try:
        return beginning(text, config.zone)
    except MomentInvalid as error:
        raise click.UsageError(f"--since: {error}") from error
