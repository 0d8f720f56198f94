"""`gate passes`: the local list. Works with or without a running gate; a running one is notified of each change."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import click

from core.decision.why import sentence
from core.errors import FileUnusable
from core.passes.pass_list import Pass, PassSource
from core.passes.periods import MomentInvalid, beginning, end
from core.passes.schedule import ScheduleInvalid, written
from core.plates.canonical import canonical, display
from core.plates.doubts import doubt, never_read
from core.words.system import system_words
from edge.admission import admission
from edge.cli.options import print_json, with_config, with_json
from edge.cli.ownership import load_with_access
from edge.cli.pass_lines import about, line, period, values
from edge.cli.progress import Progress
from edge.config import GateConfig
from edge.language import either, say
from edge.list_change import changing
from edge.passcsv import COLUMNS, read_pass_file, write_passes
from edge.runtime.known_time import now_of
from edge.store.local_passes import LocalPass, local_pass
from edge.store.pass_loader import hours_of
from edge.store.passes import PassStore
from edge.store.place import find
from edge.store.read_only import ListRead, read_list
from edge.words import site_time, verdict_words

_MOST_DOUBTS = 20


@click.group(help=say("Местный список пропусков."))
def passes() -> None:
    """The group of the commands below."""


def _changing(config: GateConfig) -> AbstractContextManager[PassStore]:
    return changing(config, lambda told: print(told, file=sys.stderr))


def _read(config: GateConfig) -> ListRead:
    """The list, read-only: nothing is written, so that it can be shown on a broken disk too."""
    read = read_list(find(config.state_dir).passes_file)
    if read.from_copy:
        _tell_of_the_copy()
    return read


def _tell_of_the_copy() -> None:
    print(say("список повреждён, показана его копия"), file=sys.stderr)


@passes.command("list", help=say("Показать список: местный и из облака."))
@with_config
@with_json
def list_passes(config_file: Path | None, *, as_json: bool) -> None:
    config = load_with_access(config_file)
    found = sorted(_read(config).passes, key=lambda one: (one.plate, one.id))
    for one in found:
        if as_json:
            print_json(values(one, config.zone))
        else:
            print(line(one, config.zone))
    if not as_json:
        print(say("пропусков: {n}", n=len(found)))


@passes.command(help=say("Добавить номер."))
@click.argument("plate")
@click.option("--from", "from_text", metavar="ISO8601", help=say("С какого времени."))
@click.option("--until", "until_text", metavar="ISO8601", help=say("По какое время."))
@click.option("--hours", "hours_text", metavar=say("ЧАСЫ"), help=say("В какие дни и часы: «пн–пт 8–18»."))
@click.option("--once", is_flag=True, help=say("На один въезд."))
@click.option("--block", is_flag=True, help=say("Запретить въезд, что бы ни стояло в других пропусках."))
@click.option("--note", default="", help=say("Пометка: чей, куда."))
@with_config
@with_json
def add(
    plate: str,
    from_text: str | None,
    until_text: str | None,
    hours_text: str | None,
    note: str,
    config_file: Path | None,
    *,
    once: bool,
    block: bool,
    as_json: bool,
) -> None:
    config = load_with_access(config_file)
    _not_left_empty(from_text, until_text, hours_text)
    try:
        start, stop = beginning(from_text or "", config.zone), end(until_text or "", config.zone)
        hours = written(hours_text or "", config.zone)
    except (MomentInvalid, ScheduleInvalid) as error:
        raise click.UsageError(str(error)) from error
    if block and (once or hours is not None):
        raise click.UsageError(say("запрет не бывает ни разовым, ни по часам"))
    if start is not None and stop is not None and stop <= start:
        raise click.UsageError(say("срок кончается раньше, чем начинается"))
    kept_hours = "" if hours is None else hours.text()
    one = local_pass(canonical(plate), start, stop, note.strip()[:200], one_time=once, blocked=block, hours=kept_hours)
    _not_unreadable(one.plate)
    with _changing(config) as store:
        warnings = tuple(_warnings(one, store.load().for_plate(one.plate), config))
        store.local.add([one], at=now_of(config.state_dir).wall)
    if as_json:
        print_json({**values(_as_pass(one), config.zone), "warnings": list(warnings)})
    else:
        print(line(_as_pass(one), config.zone))
        for what in warnings:
            print(say("внимание: {what}", what=what), file=sys.stderr)


def _not_unreadable(plate: str) -> None:
    """A plate that no camera can ever read is a typing error: its pass would open for nobody, unnoticed."""
    unlikely = never_read(plate)
    if unlikely is not None:
        raise click.UsageError(f"{display(plate)}: {unlikely}")


def _not_left_empty(from_text: str | None, until_text: str | None, hours_text: str | None) -> None:
    """A limit that a script leaves empty (`--until "$UNTIL"`) must not create a pass without that limit."""
    for option, text in (("--from", from_text), ("--until", until_text), ("--hours", hours_text)):
        if text is not None and not text.strip():
            raise click.UsageError(say("{option}: пусто; без ограничения — не пишите его вовсе", option=option))


def _warnings(one: LocalPass, held: Iterable[Pass], config: GateConfig) -> Iterator[str]:
    """Reasons why a new pass is useless or redundant. It is added all the same."""
    unlikely = doubt(one.plate)
    if unlikely is not None:
        yield str(unlikely)
    now = now_of(config.state_dir).wall
    if one.valid_until is not None and one.valid_until <= now:
        yield say("срок уже прошёл")
    for other in held:
        if other.source is PassSource.LOCAL and other.id == one.id:
            yield say("такой пропуск уже был; заменена только пометка") if one.note else say("такой пропуск уже есть")
        elif other.blocked and not one.blocked and not (other.revoked or other.over(now)):
            yield say("номер в списке запрета: этот пропуск ничего не откроет")
        elif not (one.blocked or other.blocked or other.revoked or other.used or other.over(now)):
            yield say("на этот номер уже есть пропуск: {period}", period=period(other, config.zone))


@passes.command(help=say("Убрать номер из местного списка."))
@click.argument("plate")
@with_config
@with_json
def remove(plate: str, config_file: Path | None, *, as_json: bool) -> int:
    config = load_with_access(config_file)
    wanted = canonical(plate)
    with _changing(config) as store:
        removed = store.local.remove(wanted)
    if as_json:
        print_json({"plate": wanted, "removed": removed})
    elif removed:
        print(say("{wanted}: убрано {removed}", wanted=display(wanted), removed=removed))
    else:
        print(
            say("{wanted}: в местном списке нет", wanted=display(wanted)),
            file=sys.stderr,
        )
    return 0 if removed else 1


@passes.command("import", help=say("Добавить из CSV: {columns}.", columns=",".join(COLUMNS)))
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help=say("Заменить весь местный список."))
@click.option("--skip-bad", is_flag=True, help=say("Взять годные строки, негодные назвать."))
@with_config
@with_json
def import_file(file: Path, config_file: Path | None, *, replace: bool, skip_bad: bool, as_json: bool) -> None:
    """A file with a bad row is refused as a whole, unless told otherwise: half a list is worse than the old one."""
    config = load_with_access(config_file)
    read = read_pass_file(file, config.zone)
    found = read.passes if skip_bad else read.whole()
    if read.problems:
        print(read.problem_lines(), file=sys.stderr)
    if replace and not found:  # a failed download or a full disk must not lock everybody out
        raise FileUnusable(file, say("ни одного пропуска; список не заменён"))
    if found and _tell_doubts(file, found) == len(found):  # probably a table of something else
        raise FileUnusable(file, say("ни одного номера, который прочитала бы камера; ничего не взято"))
    rows = [_as_local(one) for one in found]
    with _changing(config) as store:
        change = store.local.replace if replace else store.local.add
        new = change(rows, at=now_of(config.state_dir).wall)
    counts = {"rows": len(rows), "new": new, "repeated": read.repeated, "bad": len(read.problems)}
    if as_json:
        print_json(counts)
    else:
        print(
            say(
                "строк {n}, новых {new}, повторов {repeated}, негодных {n2}",
                n=len(rows),
                new=new,
                repeated=read.repeated,
                n2=len(read.problems),
            )
        )


def _tell_doubts(file: Path, found: Sequence[Pass]) -> int:
    """Report plates that no camera will read like this, by file and line, up to a limit. Returns how many there are."""
    told = 0
    with Progress(file.name) as progress:
        for number, one in enumerate(found, 1):
            progress.at(number, len(found))
            unlikely = doubt(one.plate)
            if unlikely is not None:
                told += 1
                if told <= _MOST_DOUBTS:
                    progress.aside()
                    where = f"{file}:{one.id.removeprefix('csv:')}: {display(one.plate)}"
                    print(say("внимание: {what}", what=f"{where}: {unlikely}"), file=sys.stderr)
    if told > _MOST_DOUBTS:
        print(say("ещё предупреждений: {n}", n=told - _MOST_DOUBTS), file=sys.stderr)
    return told


@passes.command(help=say("Выгрузить местный список в CSV (без имени — на экран)."))
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@with_config
def export(file: Path | None, config_file: Path | None) -> None:
    config = load_with_access(config_file)
    text = write_passes((_as_pass(one) for one in _read(config).local), config.zone)
    if file is None:
        sys.stdout.write(text)
        return
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.UsageError(f"{file}: {system_words(error)}") from error


@passes.command(help=say("Пустят ли этот номер сейчас на въезд."))
@click.argument("plate")
@with_config
@with_json
def check(plate: str, config_file: Path | None, *, as_json: bool) -> int:
    """Exit code 0 when it would be let in, 1 when not."""
    config = load_with_access(config_file)
    answer = admission(config, canonical(plate))
    if answer.from_copy:
        _tell_of_the_copy()
    standing = answer.standing
    unlikely = doubt(answer.plate)
    if as_json:
        print_json(
            {
                "plate": answer.plate,
                "opens": standing.opens,
                "reason": standing.reason.value,
                "pass_id": None if standing.item is None else standing.item.id,
                "at": answer.at.wall.astimezone(config.zone).isoformat(timespec="seconds"),
                "clock_trusted": answer.at.wall_trusted,
                "warnings": [] if unlikely is None else [str(unlikely)],
            }
        )
        return 0 if standing.opens else 1
    print(f"{display(answer.plate)}: {verdict_words(standing)}")
    for step in standing.trace:
        print(f"  {either(*sentence(step, zone=config.zone))}")
    if standing.item is not None and (told := about(standing.item)):
        print("  " + say("В пропуске: {about}.", about=told))
    print(f"  {site_time(answer.at, config)}")
    if unlikely is not None:  # the list would let it in, but no camera reads it like this
        print(say("внимание: {what}", what=str(unlikely)), file=sys.stderr)
    return 0 if standing.opens else 1


@passes.command(help=say("Во сколько список обходится: вероятность, что откроют чужому."))
@with_config
@with_json
def risk(config_file: Path | None, *, as_json: bool) -> int:
    """Exit code 0 if the risk is acceptable, 1 if not."""
    from edge.cli.pass_risk import show_risk  # noqa: PLC0415 - only here

    return show_risk(config_file, as_json=as_json)


def _as_pass(one: LocalPass) -> Pass:
    return Pass(
        one.id, one.plate, one.valid_from, one.valid_until, source=PassSource.LOCAL, note=one.note,
        one_time=one.one_time, blocked=one.blocked, used=one.used, hours=hours_of(one.id, one.hours),
    )  # fmt: skip


def _as_local(one: Pass) -> LocalPass:
    hours = "" if one.hours is None else one.hours.text()
    return local_pass(
        one.plate, one.valid_from, one.valid_until, one.note, one_time=one.one_time, blocked=one.blocked, hours=hours
    )
