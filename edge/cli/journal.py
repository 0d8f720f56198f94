"""`gate events` and `gate why`: what happened, and why."""

from __future__ import annotations

import csv
import sys
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from core.errors import GateError
from core.plates import canonical
from core.why import Rule, sentence, step_of
from edge.cli.options import print_json, with_config, with_json
from edge.config import GateConfig, load
from edge.language import say
from edge.periods import MomentInvalid, beginning
from edge.runtime.dropped import KIND as DROPPED
from edge.runtime.dropped import line_of
from edge.runtime.visit_lines import live_text, live_values
from edge.runtime.why_card import why_card
from edge.store.journal import FILE_NAME, Journal

CSV_COLUMNS = ("id", "at", "lane", "plate", "decision", "reason", "pass_id", "confidence", "lasted_s")


class NoSuchVisit(GateError, LookupError):
    """No visit, or several, begin with this id."""


def _journal(config: GateConfig) -> Journal:
    path = config.state_dir / FILE_NAME
    if not path.exists():
        raise GateError(say(f"журнала ещё нет: {path}", f"there is no journal yet: {path}"))
    return Journal(path)


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


@click.command(
    help=say(
        "Почему шлагбаум открылся или нет: по началу ID из gate events; --dropped — что замечено и не стало визитом.",
        "Why the barrier opened; --dropped = what was noticed and was no visit.",
    )
)
@click.argument("visit_id", metavar="ID", required=False)
@click.option(
    "--dropped",
    "show_dropped",
    is_flag=True,
    help=say("Что замечено и за что принято, со снимками.", "What was noticed, and taken for what, with pictures."),
)
@click.option("--since", metavar="ISO8601|2h|3d", help=say("С --dropped: с какого времени.", "With --dropped."))
@with_config
@with_json
def why(
    visit_id: str | None, since: str | None, config_file: Path | None, *, show_dropped: bool, as_json: bool
) -> None:
    if show_dropped == bool(visit_id):
        raise click.UsageError(say("нужен ID визита или --dropped", "give a visit's ID, or --dropped"))
    config = load(config_file)
    if show_dropped:
        _tell_dropped(config, _since(since or "1d", config), as_json=as_json)
        return
    with _journal(config) as journal:
        found = journal.visit(visit_id or "")
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


def _tell_dropped(config: GateConfig, since: datetime | None, *, as_json: bool) -> None:
    with _journal(config) as journal:
        notices = journal.notices(since=since, kind=DROPPED)
        folder = journal.snapshots.folder
    for notice in notices:
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
        seen = say(f"{line.seconds:.1f} с, кадров {line.frames}", f"{line.seconds:.1f} s, {line.frames} frames")
        text = f"{at:%d.%m %H:%M:%S}  {notice.lane:<8} {line.masked or '—':<12} {seen}  {say(*sentence(step))}"
        print(f"{text}  {picture}".rstrip())
    if not as_json:
        print(say(f"замечено и не стало визитом: {len(notices)}", f"{len(notices)} noticed that were no visits"))


def _since(text: str | None, config: GateConfig) -> datetime | None:
    if not text:
        return None
    units = {"m": "minutes", "h": "hours", "d": "days"}
    if text[-1] in units and text[:-1].isdecimal() and len(text) <= 6:
        return datetime.now(UTC) - timedelta(**{units[text[-1]]: int(text[:-1])})
    try:
        return beginning(text, config.zone)
    except MomentInvalid as error:
        raise click.UsageError(f"--since: {error}") from error
