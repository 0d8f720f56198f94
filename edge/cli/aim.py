"""`gate aim`: live camera measurements against the limits, for whoever is on the ladder; the acceptance."""

from __future__ import annotations

import sys
import time
from datetime import timedelta
from pathlib import Path

import click

from core.errors import ConfigError
from edge.aim import discovery, places, report
from edge.aim.accept import accepted, driven_passes
from edge.aim.judge import AimRow, State, good, rows
from edge.aim.record import files_of, save
from edge.aim.sight import AimSight
from edge.cli.options import print_json, with_config, with_json
from edge.cli.since import since_moment
from edge.config import GateConfig, load
from edge.config.schema import Lane
from edge.language import say
from edge.runtime.control import ControlClient, GateAbsent
from edge.runtime.known_time import now_of
from edge.store.database import may_be_there
from edge.store.journal import Journal, StoredVisit
from edge.store.place import find
from edge.store.visit_search import VisitSearch
from edge.words import span

_EVERY_S = 1.0
_MARKS = {State.GOOD: "✓", State.BAD: "✗", State.UNKNOWN: "?"}
_COLOURS = {State.GOOD: "32", State.BAD: "31;1", State.UNKNOWN: "33"}


@click.command(
    help=say(
        "Навести камеру: живые замеры с пределами и советом, приёмка проезда, поиск камер. На телефоне — страница /aim."
    )
)
@click.argument("lane", required=False)
@click.option("--once", is_flag=True, help=say("Показать один раз, не следить."))
@click.option("--accept", is_flag=True, help=say("Принять проезд: записать замеры и пробные проезды."))
@click.option("--since", default="1h", show_default=True, help=say("С какого времени считать пробные проезды."))
@click.option("--note", default="", help=say("Замечание к приёмке: почему принято не всё в порядке."))
@click.option(
    "--apply", "apply_drafts", is_flag=True, help=say("Записать в настройки зону и маску, нарисованные на странице.")
)
@click.option("--find", "find_cameras", is_flag=True, help=say("Найти камеры в сети (ONVIF) и их потоки."))
@click.option("--user", default="", help=say("Имя для камер при поиске; пароль — в $GATE_CAMERA_PASSWORD."))
@with_config
@with_json
def aim(
    lane: str | None,
    since: str,
    note: str,
    user: str,
    config_file: Path | None,
    *,
    once: bool,
    accept: bool,
    apply_drafts: bool,
    find_cameras: bool,
    as_json: bool,
) -> int:
    """Exit code 1 if a measurement is not good."""
    if find_cameras:
        return _find(user, as_json=as_json)
    config = load(config_file)
    if apply_drafts:
        return _apply(config)
    lanes = [_lane(config, lane)] if lane else list(config.lanes)
    if accept:
        if len(lanes) != 1:
            raise click.UsageError(say("какой проезд: gate aim ПРОЕЗД --accept"))
        _accept(config, lanes[0], since=since, note=note)
        return 0
    if as_json or once or not sys.stdout.isatty():
        return _show(config, lanes, as_json=as_json)
    while True:  # until Ctrl-C
        sys.stdout.write("\033[H\033[2J")
        _show(config, lanes, as_json=False)
        print(say("Ctrl-C — выход"), flush=True)
        time.sleep(_EVERY_S)


def _lane(config: GateConfig, name: str) -> Lane:
    found = config.lane(name)
    if found is None:
        known = ", ".join(one.name for one in config.lanes)
        raise click.UsageError(say("нет проезда {name}; есть: {known}", name=name, known=known))
    return found


def _sight(config: GateConfig, lane: Lane) -> AimSight | None:
    try:
        return ControlClient(config.state_dir).aim(lane.name)
    except GateAbsent:
        return None


def _show(config: GateConfig, lanes: list[Lane], *, as_json: bool) -> int:
    well = True
    for lane in lanes:
        sight = _sight(config, lane)
        found = rows(sight, config.aim)
        well = well and good(found)
        if as_json:
            print_json({"lane": lane.name, "good": good(found), "sight": None if sight is None else sight.values()})
            continue
        print(f"{lane.shown}")
        print("\n".join(map(_line, found)))
    return 0 if well else 1


def _line(row: AimRow) -> str:
    mark, age = _MARKS[row.state], ""
    if sys.stdout.isatty():
        mark = f"\033[{'2' if row.old else _COLOURS[row.state]}m{mark}\033[0m"
    if row.old and row.age_s is not None:
        age = say("  (видели {age} назад)", age=span(row.age_s))
    line = f" {mark} {row.name:<18} {row.value:<26} {row.limit}{age}".rstrip()
    return f"{line}\n   {'':<18} → {row.cure}" if row.cure else line


def _accept(config: GateConfig, lane: Lane, *, since: str, note: str) -> None:
    client = ControlClient(config.state_dir)
    sight, picture = client.aim(lane.name), client.picture(lane.name)
    now = now_of(config.state_dir).wall
    begin = since_moment(since, config) or now - timedelta(hours=1)
    passes = driven_passes(_visits(config, VisitSearch(since=begin, lane=lane.name)))
    record = accepted(config, lane, sight, passes, limits=config.aim, at=now, by="", note=note)
    place = files_of(config.state_dir, lane.name)
    save(place, record, report.page(record, picture.jpeg, zone=config.zone), picture.jpeg)
    print(say("принято: {file}", file=place.page(record.at)))


def _visits(config: GateConfig, wanted: VisitSearch) -> tuple[StoredVisit, ...]:
    path = find(config.state_dir).journal_file
    if not may_be_there(path):
        return ()
    with Journal(path, to_read=True) as journal:
        return journal.search(wanted, limit=100)


def _apply(config: GateConfig) -> int:
    done = places.apply(config)
    if not done:
        raise ConfigError(say("нарисованного нет: нарисуйте зону на странице /aim"))
    for name in done:
        print(say("{lane}: зона и маска записаны; вернуть: gate config rollback", lane=name))
    print(
        say(
            "действует после перезапуска: {commands}; вернуть: gate config rollback",
            commands="systemctl restart okter-gate",
        )
    )
    return 0


def _find(user: str, *, as_json: bool) -> int:
    found = discovery.cameras(user)
    for camera in found:
        if as_json:
            print_json(camera.values())
            continue
        print(f"{camera.address}  {camera.name}")
        for stream in camera.streams:
            print(f'    camera = "{stream.uri}"  # {stream.size}')
        if camera.trouble:
            print(f"    {camera.trouble}")
    if not found and not as_json:
        print(say("камер не слышно: та же ли сеть, включён ли ONVIF в камере"))
    return 0 if found else 1
