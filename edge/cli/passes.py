"""`gate passes`: the local list. Works with or without a running gate; a running one is told of each change."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

import click

from core.decide import stand
from core.errors import FileUnusable
from core.events import Reason
from core.passes import Pass, PassSource
from core.plates import canonical, display
from core.why import sentence
from edge.cli.options import print_json, with_config, with_json
from edge.config import GateConfig, load
from edge.language import say
from edge.passcsv import COLUMNS, read_pass_file, write_passes
from edge.periods import MomentInvalid, beginning, end
from edge.runtime.clock import Clock
from edge.runtime.control import ControlClient, GateAbsent
from edge.store.local_passes import LocalPass, local_pass
from edge.store.passes import FILE_NAME, PassStore
from edge.words import reason_words


@click.group(help=say("Местный список пропусков.", "The local pass list."))
def passes() -> None:
    """The group; its commands follow."""


@contextlib.contextmanager
def _store(config: GateConfig, *, changes: bool = False) -> Iterator[PassStore]:
    """The open list; after a change its good copy is kept and a running gate is told."""
    with PassStore(config.state_dir / FILE_NAME) as store:
        yield store
        if changes:
            store.keep_good_copy()
    if changes:
        with contextlib.suppress(GateAbsent):
            ControlClient(config.state_dir).passes_changed()


@passes.command("list", help=say("Показать список: местный и из облака.", "Show the list."))
@with_config
@with_json
def list_passes(config_file: Path | None, *, as_json: bool) -> None:
    config = load(config_file)
    with _store(config) as store:
        found = sorted(store.load(), key=lambda one: (one.plate, one.id))
    for one in found:
        if as_json:
            print_json(_values(one, config.zone))
        else:
            print(_line(one, config.zone))
    if not as_json:
        print(say(f"пропусков: {len(found)}", f"{len(found)} passes"))


@passes.command(help=say("Добавить номер.", "Add a plate."))
@click.argument("plate")
@click.option("--from", "from_text", default="", metavar="ISO8601", help=say("С какого времени.", "Valid from."))
@click.option("--until", "until_text", default="", metavar="ISO8601", help=say("По какое время.", "Valid until."))
@click.option("--note", default="", help=say("Пометка: чей, куда.", "A note."))
@with_config
@with_json
def add(plate: str, from_text: str, until_text: str, note: str, config_file: Path | None, *, as_json: bool) -> None:
    config = load(config_file)
    try:
        start, stop = beginning(from_text, config.zone), end(until_text, config.zone)
    except MomentInvalid as error:
        raise click.UsageError(str(error)) from error
    if start is not None and stop is not None and stop <= start:
        raise click.UsageError(say("срок кончается раньше, чем начинается", "the period ends before it starts"))
    one = local_pass(canonical(plate), start, stop, note.strip()[:200])
    with _store(config, changes=True) as store:
        store.local.add([one], at=datetime.now(UTC))
    if as_json:
        print_json(_values(_as_pass(one), config.zone))
    else:
        print(_line(_as_pass(one), config.zone))


@passes.command(help=say("Убрать номер из местного списка.", "Remove a plate."))
@click.argument("plate")
@with_config
@with_json
def remove(plate: str, config_file: Path | None, *, as_json: bool) -> int:
    config = load(config_file)
    wanted = canonical(plate)
    with _store(config, changes=True) as store:
        removed = store.local.remove(wanted)
    if as_json:
        print_json({"plate": wanted, "removed": removed})
    elif removed:
        print(say(f"{display(wanted)}: убрано {removed}", f"{display(wanted)}: {removed} removed"))
    else:
        print(
            say(f"{display(wanted)}: в местном списке нет", f"{display(wanted)} is not on the local list"),
            file=sys.stderr,
        )
    return 0 if removed else 1


@passes.command("import", help=say(f"Добавить из CSV: {','.join(COLUMNS)}.", "Add from a CSV."))
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help=say("Заменить весь местный список.", "Replace the local list."))
@click.option("--skip-bad", is_flag=True, help=say("Взять годные строки, негодные назвать.", "Take the good rows."))
@with_config
@with_json
def import_file(file: Path, config_file: Path | None, *, replace: bool, skip_bad: bool, as_json: bool) -> None:
    """A file with a bad row is refused as a whole, unless told otherwise: half a list is worse than the old one."""
    config = load(config_file)
    read = read_pass_file(file, config.zone)
    found = read.passes if skip_bad else read.whole()
    if read.problems:
        print(read.told(), file=sys.stderr)
    if replace and not found:  # a download that failed, a disk that was full: no reason to lock everybody out
        raise FileUnusable(file, say("ни одного пропуска; список не заменён", "no pass in it; the list stays"))
    rows = [local_pass(one.plate, one.valid_from, one.valid_until, one.note) for one in found]
    with _store(config, changes=True) as store:
        change = store.local.replace if replace else store.local.add
        new = change(rows, at=datetime.now(UTC))
    counts = {"rows": len(rows), "new": new, "repeated": read.repeated, "bad": len(read.problems)}
    if as_json:
        print_json(counts)
    else:
        print(
            say(
                f"строк {len(rows)}, новых {new}, повторов {read.repeated}, негодных {len(read.problems)}",
                f"{len(rows)} rows, {new} new, {read.repeated} repeated, {len(read.problems)} bad",
            )
        )


@passes.command(help=say("Выгрузить местный список в CSV (без имени — на экран).", "Export the local list as CSV."))
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@with_config
def export(file: Path | None, config_file: Path | None) -> None:
    config = load(config_file)
    with _store(config) as store:
        text = write_passes((_as_pass(one) for one in store.local.all()), config.zone)
    if file is None:
        sys.stdout.write(text)
        return
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.UsageError(f"{file}: {error.strerror or error}") from error


@passes.command(help=say("Пустят ли этот номер сейчас на въезд.", "Would this plate be let in now."))
@click.argument("plate")
@with_config
@with_json
def check(plate: str, config_file: Path | None, *, as_json: bool) -> int:
    """Exit code 0 when it would be let in, 1 when not."""
    config = load(config_file)
    wanted = canonical(plate)
    with _store(config) as store:
        found = store.load().for_plate(wanted)
    standing = stand(found, Clock().now()) if found else None
    opens = standing is not None and standing.opens
    reason = standing.reason if standing else Reason.NO_PASS
    if as_json:
        item = standing.item.id if standing else None
        print_json({"plate": wanted, "opens": opens, "reason": reason.value, "pass_id": item})
        return 0 if opens else 1
    verdict = say("Въезд разрешён", "May enter") if opens else say("Въезд запрещён", "May not enter")
    print(f"{display(wanted)}: {verdict}: {reason_words(reason)}")
    if standing is not None:
        print(f"  {say(*sentence(standing.step))}")
    return 0 if opens else 1


@passes.command(
    help=say("Во сколько список обходится: вероятность, что откроют чужому.", "What the list costs in risk.")
)
@with_config
@with_json
def risk(config_file: Path | None, *, as_json: bool) -> int:
    """Exit code 0 when the risk is acceptable, 1 when not."""
    from edge.cli.pass_risk import show_risk  # noqa: PLC0415 - only here

    return show_risk(config_file, as_json=as_json)


def _as_pass(one: LocalPass) -> Pass:
    return Pass(one.id, one.plate, one.valid_from, one.valid_until, source=PassSource.LOCAL, note=one.note)


def _values(one: Pass, zone: tzinfo) -> dict[str, object]:
    return {
        "id": one.id,
        "plate": one.plate,
        "display": display(one.plate),
        "valid_from": None if one.valid_from is None else one.valid_from.astimezone(zone).isoformat(),
        "valid_until": None if one.valid_until is None else one.valid_until.astimezone(zone).isoformat(),
        "source": one.source.value,
        "one_time": one.one_time,
        "blocked": one.blocked,
        "revoked": one.revoked,
        "note": one.note,
    }


def _line(one: Pass, zone: tzinfo) -> str:
    marks = [
        word
        for holds, word in (
            (one.one_time, say("разовый", "one-time")),
            (one.blocked, say("въезд запрещён", "blocked")),
            (one.revoked, say("отозван", "revoked")),
            (one.source is PassSource.CLOUD, say("облако", "cloud")),
        )
        if holds
    ]
    return f"{display(one.plate):<14} {period(one, zone):<38} {', '.join([*marks, one.note]).strip(', ')}".rstrip()


def period(one: Pass, zone: tzinfo) -> str:
    """From when till when, in the site's zone."""
    if one.valid_from is None and one.valid_until is None:
        return say("бессрочно", "always")
    start = "…" if one.valid_from is None else _moment(one.valid_from.astimezone(zone))
    stop = "…" if one.valid_until is None else _moment(one.valid_until.astimezone(zone), is_end=True)
    return f"{start} – {stop}"


def _moment(at: datetime, *, is_end: bool = False) -> str:
    """A day without its time where the period covers the whole of it."""
    if (at.hour, at.minute, at.second) != (0, 0, 0):
        return f"{at:%d.%m.%Y %H:%M}"
    return f"{at - timedelta(days=1) if is_end else at:%d.%m.%Y}"
