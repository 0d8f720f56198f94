"""`gate events` and `gate why`: what happened, and why."""

from __future__ import annotations

import csv
import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import click

from core.decision.trace import Rule, step_of
from core.decision.why import sentence
from core.errors import GateError
from core.plates.canonical import PlateInvalid, canonical
from core.words.language import either
from edge.admission import whose_pass
from edge.cli.options import print_json, with_config, with_json
from edge.cli.ownership import load_with_access
from edge.cli.since import since_moment
from edge.config import GateConfig
from edge.language import say
from edge.runtime.dropped import KIND as DROPPED
from edge.runtime.dropped import line_of
from edge.runtime.known_time import now_of
from edge.runtime.visit_lines import live_text, live_values
from edge.runtime.why_card import why_card
from edge.store.database import may_be_there
from edge.store.journal import Journal, StoredVisit
from edge.store.place import find

FEW = 3
"""How many ids a message names."""
SHOWN_OF_ID = 12
MOST_DROPPED = 1000
CSV_COLUMNS = ("id", "at", "lane", "plate", "decision", "reason", "pass_id", "confidence", "lasted_s")


class NoSuchVisit(GateError, LookupError):
    """No visit, or more than one, is meant by what was typed."""


def _journal(config: GateConfig) -> Journal:
    path = find(config.state_dir).journal_file
    if not may_be_there(path):
        raise GateError(say("журнала ещё нет: {path}", path=path))
    return Journal(path, to_read=True)


@click.command(help=say("Журнал проездов, новые внизу."))
@click.option("--since", metavar=say("2h|3d|1w|вчера|ДАТА"), help=say("С какого времени (2h, 3d, 1w — столько назад)."))
@click.option("--plate", help=say("Только этот номер; часть тоже годится: 123, А123."))
@click.option("--lane", help=say("Только этот проезд."))
@click.option("--limit", type=click.IntRange(1, 1_000_000), default=1000, show_default=True, help=say("Не больше."))
@click.option("--csv", "as_csv", is_flag=True, help=say("Таблицей CSV."))
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
    config = load_with_access(config_file)
    after = since_moment(since, config)
    part = _part(plate) if plate else None
    with _journal(config) as journal:
        known = {one.name for one in config.lanes} | journal.lanes() if lane else set()
        if lane and lane not in known:  # a typing error must not look like a quiet day
            raise click.UsageError(say("нет проезда {lane}; есть: {known}", lane=lane, known=", ".join(sorted(known))))
        visits = journal.visits(since=after, part=part, lane=lane, limit=limit + 1)
    records = [visit.record for visit in visits[-limit:]]
    if len(visits) > limit:  # on its own channel: it is neither a line of JSON nor a row
        print(say("показаны последние {n}, есть и раньше: --limit или --since", n=limit), file=sys.stderr)
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
        print(say("визитов: {n}; подробно: gate why ID", n=len(records)))


@click.command(
    help=say(
        "Почему шлагбаум открылся или нет: по началу ID из gate events или по номеру, тогда последний его проезд;"
        " --dropped — что замечено и не стало визитом."
    )
)
@click.argument("visit_id", metavar="ID", required=False)
@click.option(
    "--dropped",
    "show_dropped",
    is_flag=True,
    help=say("Что замечено и за что принято, со снимками."),
)
@click.option("--since", metavar=say("2h|3d|1w|вчера|ДАТА"), help=say("С --dropped: с какого времени."))
@with_config
@with_json
def why(
    visit_id: str | None, since: str | None, config_file: Path | None, *, show_dropped: bool, as_json: bool
) -> None:
    if show_dropped == bool(visit_id):
        raise click.UsageError(say("нужно одно из двух: ID визита или --dropped"))
    config = load_with_access(config_file)
    if show_dropped:
        _tell_dropped(config, since_moment(since or "1d", config), as_json=as_json)
        return
    with _journal(config) as journal:
        found = _visit(journal, visit_id or "")
        pictures = [str(journal.snapshots.folder / name) for name in (found.frame, found.plate_crop) if name]
    card = why_card(
        found.record,
        zone=config.zone,
        now=now_of(config.state_dir).wall,
        item=whose_pass(config, found.record),
        pictures=pictures,
        lane=config.shown(found.record.lane),
    )
    if as_json:
        print_json({**live_values(found.record), "why": list(card.sentences), "pictures": pictures})
    else:
        print(card.text(colour=sys.stdout.isatty()))


def _visit(journal: Journal, typed: str) -> StoredVisit:
    """The visit whose id begins like this, or the newest one of this plate. Raises NoSuchVisit."""
    begins = journal.ids(typed, limit=FEW + 1)
    found = journal.visit(begins[0]) if len(begins) == 1 else None
    if len(begins) > 1:
        ids = ", ".join(one[:SHOWN_OF_ID] for one in begins[:FEW]) + ("…" if len(begins) > FEW else "")
        raise NoSuchVisit(say("так начинается несколько ID: {ids}; допишите", ids=ids))
    if found is None:
        try:
            found = next(iter(journal.visits(plate=canonical(typed), limit=1)), None)
        except PlateInvalid:
            found = None
    if found is None:
        raise NoSuchVisit(say("нет визита с таким началом ID и нет такого номера: {typed}", typed=typed))
    return found


def _tell_dropped(config: GateConfig, since: datetime | None, *, as_json: bool) -> None:
    with _journal(config) as journal:
        notices = journal.notices(since=since, kind=DROPPED, limit=MOST_DROPPED + 1)
        folder = journal.snapshots.folder
    if len(notices) > MOST_DROPPED:
        print(say("показаны последние {n}, есть и раньше: --since", n=MOST_DROPPED), file=sys.stderr)
    for notice in notices[-MOST_DROPPED:]:
        line = line_of(notice)
        if line is None:
            continue
        picture = str(folder / line.picture) if line.picture else ""
        if as_json:
            values = {"type": "dropped", "at": notice.at.isoformat(), "lane": notice.lane, **asdict(line)}
            print_json({**values, "picture": picture})
            continue
        step = step_of(Rule.SIGHTED, 0.0, kind=line.kind, ground=line.ground)
        at = notice.at.astimezone(config.zone)
        seen = say("{seconds:.1f} с, кадров {frames}", seconds=line.seconds, frames=line.frames)
        text = f"{at:%d.%m %H:%M:%S}  {notice.lane:<8} {line.masked or '—':<12} {seen}  {either(*sentence(step))}"
        print(f"{text}  {picture}".rstrip())
    if not as_json:
        print(say("замечено и не стало визитом: {n}", n=len(notices[-MOST_DROPPED:])))


def _part(text: str) -> str:
    """A plate, or any part of one, in the journal's form."""
    try:
        return canonical(text)
    except PlateInvalid:
        one = text.strip()
        if len(one) != 1 or not one.isalnum():
            raise
        return canonical(one * 2)[:1]  # a single character is no plate but may be part of one
