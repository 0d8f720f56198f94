"""`gate status`: how everything is, now."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from edge import __version__
from edge.cli.options import print_json, with_config, with_json
from edge.config import GateConfig, load
from edge.language import say
from edge.runtime.answers import barrier_states
from edge.runtime.control import ControlClient, GateAbsent
from edge.runtime.status import (
    BarrierState,
    CameraStatus,
    CloudLink,
    GateStatus,
    JournalStatus,
    disk,
    temperatures_c,
)
from edge.words import state_words
from relay.client import RelayClient
from relay.errors import RelayError

LOW_DISK_MB = 200
HOT_C = 80


@click.command(help=say("Что сейчас с камерами, шлагбаумом, списком, облаком."))
@with_config
@with_json
def status(config_file: Path | None, *, as_json: bool) -> int:
    """Exit code 1 when `gate run` does not answer; what the relay process says is told all the same."""
    config = load(config_file)
    try:
        found = ControlClient(config.state_dir).status()
    except GateAbsent:
        found = _without_gate(config)
    if as_json:
        print_json(found.values())
    else:
        print("\n".join(_lines(found)))
    return 0 if found.pid is not None else 1


def _without_gate(config: GateConfig) -> GateStatus:
    """What is known while `gate run` is not there: the relay process answers for itself."""
    try:
        relay = RelayClient(config.state_dir).status()
    except RelayError:
        relay = None
    return GateStatus(
        site=config.site.name,
        version=__version__,
        pid=None,
        up_s=0.0,
        relay_pid=None if relay is None else relay.pid,
        cameras=(),
        barriers=() if relay is None else barrier_states(relay),
        passes=None,
        list_version="",
        list_age_s=None,
        wall="",
        clock_trusted=None,
        cloud=CloudLink(configured=config.cloud.url is not None),
        journal=JournalStatus(waiting=0, lost=0, trouble=""),
        disk=disk(config.state_dir),
        temperatures_c=temperatures_c(),
        memory_mb=0.0,
        queue=0,
        state_dir=str(config.state_dir),
        config=str(config.file),
    )


def _lines(status: GateStatus) -> list[str]:
    """For people: a line a part, with the bad ones marked."""
    lines = [f"{status.site}  ({status.config})"]
    running = f"pid {status.pid}, {_span(status.up_s)}, {status.memory_mb} MB"
    absent = say("не отвечает")
    lines.append(_row(status.pid is not None, "gate run", absent if status.pid is None else running))
    relay = absent if status.relay_pid is None else f"pid {status.relay_pid}"
    lines.append(_row(status.relay_pid is not None, "gate relay", relay))
    lines += [_camera(camera) for camera in status.cameras]
    lines += [_barrier(barrier) for barrier in status.barriers]
    if status.pid is not None:
        lines += [_passes(status), _clock(status), _journal(status.journal), _cloud(status.cloud)]
    if status.disk is not None:
        free = status.disk.free_mb
        lines.append(_row(free > LOW_DISK_MB, say("диск"), say("свободно {free} МБ", free=free)))
    if status.temperatures_c:
        hottest = max(status.temperatures_c)
        lines.append(_row(hottest < HOT_C, say("температура"), f"{hottest} °C"))
    return lines


def _passes(status: GateStatus) -> str:
    text = say("пропусков {passes}", passes=status.passes)
    if status.list_age_s is not None:
        age = _span(status.list_age_s)
        text += say(", сверен с облаком {age} назад", age=age)
    return _row(True, say("список"), text)


def _clock(status: GateStatus) -> str:
    note = "" if status.clock_trusted else say(" (не сверены)")
    return _row(bool(status.clock_trusted), say("часы"), status.wall + note)


def _journal(journal: JournalStatus) -> str:
    written = say("пишется, ждёт {waiting}", waiting=journal.waiting)
    return _row(not journal.trouble, say("журнал"), journal.trouble or written)


def _cloud(cloud: CloudLink) -> str:
    if not cloud.configured:
        return _row(True, say("облако"), say("не настроено, местный список"))
    error = f": {cloud.error}" if cloud.error else ""
    return _row(cloud.linked, say("облако"), f"{state_words(cloud.state)}, {say('очередь')} {cloud.queue}{error}")


def _camera(camera: CameraStatus) -> str:
    if not camera.alive:
        return _row(False, camera.lane, f"{camera.address}: {camera.error or say('нет картинки')}")
    text = say(
        "{fps} кадров/с, кадру {frame_age_s} с, прочитано {frames_read} из {frames}, {vision_ms} мс",
        fps=camera.fps,
        frame_age_s=camera.frame_age_s,
        frames_read=camera.frames_read,
        frames=camera.frames,
        vision_ms=camera.vision_ms,
    )
    return _row(not camera.frozen, camera.lane, text + (say(", КАРТИНКА ЗАСТЫЛА") if camera.frozen else ""))


def _barrier(barrier: BarrierState) -> str:
    alarms = ", ".join(map(state_words, barrier.alarms))
    text = ", ".join(
        (barrier.driver, state_words(barrier.health), state_words(barrier.contact), state_words(barrier.doing))
    )
    return _row(barrier.health == "ok" and not alarms, barrier.name, text + (f": {alarms}" if alarms else ""))


def _row(well: bool, name: str, text: str) -> str:  # noqa: FBT001 - the mark comes first, as it is printed
    mark = "✓" if well else "✗"
    if sys.stdout.isatty():
        mark = f"\033[{'32' if well else '31;1'}m{mark}\033[0m"
    return f" {mark} {name:<12} {text}"


def _span(seconds: float) -> str:
    for size, unit in ((86400, say("сут")), (3600, say("ч")), (60, say("мин"))):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} {say('с')}"
