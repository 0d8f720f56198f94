"""`gate status`: how everything is, now."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from edge import __version__
from edge.cli.options import print_json, with_config, with_json
from edge.config import GateConfig, load
from edge.language import say
from edge.runtime.control import ControlClient, GateAbsent
from edge.runtime.status import (
    BarrierState,
    CameraStatus,
    CloudLink,
    GateStatus,
    JournalStatus,
    barrier_states,
    disk,
    temperatures_c,
)
from relay.client import RelayClient
from relay.errors import RelayError

LOW_DISK_MB = 200
HOT_C = 80


@click.command(help=say("Что сейчас с камерами, шлагбаумом, списком, облаком.", "How everything is, now."))
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
    absent = say("не отвечает", "does not answer")
    lines.append(_row(status.pid is not None, "gate run", absent if status.pid is None else running))
    relay = absent if status.relay_pid is None else f"pid {status.relay_pid}"
    lines.append(_row(status.relay_pid is not None, "gate relay", relay))
    lines += [_camera(camera) for camera in status.cameras]
    lines += [_barrier(barrier) for barrier in status.barriers]
    if status.pid is not None:
        lines += [_passes(status), _clock(status), _journal(status.journal), _cloud(status.cloud)]
    if status.disk is not None:
        free = status.disk.free_mb
        lines.append(_row(free > LOW_DISK_MB, say("диск", "disk"), say(f"свободно {free} МБ", f"{free} MB free")))
    if status.temperatures_c:
        hottest = max(status.temperatures_c)
        lines.append(_row(hottest < HOT_C, say("температура", "temperature"), f"{hottest} °C"))
    return lines


def _passes(status: GateStatus) -> str:
    text = say(f"пропусков {status.passes}", f"{status.passes} passes")
    if status.list_age_s is not None:
        age = _span(status.list_age_s)
        text += say(f", сверен с облаком {age} назад", f", confirmed by the cloud {age} ago")
    return _row(True, say("список", "list"), text)


def _clock(status: GateStatus) -> str:
    note = "" if status.clock_trusted else say(" (не сверены)", " (not synchronised)")
    return _row(bool(status.clock_trusted), say("часы", "clock"), status.wall + note)


def _journal(journal: JournalStatus) -> str:
    written = say(f"пишется, ждёт {journal.waiting}", f"written, {journal.waiting} waiting")
    return _row(not journal.trouble, say("журнал", "journal"), journal.trouble or written)


def _cloud(cloud: CloudLink) -> str:
    if not cloud.configured:
        return _row(True, say("облако", "cloud"), say("не настроено, местный список", "not set up, local list"))
    error = f": {cloud.error}" if cloud.error else ""
    return _row(cloud.linked, say("облако", "cloud"), f"{cloud.state}, {say('очередь', 'queue')} {cloud.queue}{error}")


def _camera(camera: CameraStatus) -> str:
    if not camera.alive:
        return _row(False, camera.lane, f"{camera.address}: {camera.error or say('нет картинки', 'no picture')}")
    text = say(
        f"{camera.fps} кадров/с, кадру {camera.frame_age_s} с, прочитано {camera.frames_read} из {camera.frames},"
        f" {camera.vision_ms} мс",
        f"{camera.fps} fps, frame {camera.frame_age_s} s old, {camera.frames_read} of {camera.frames} read,"
        f" {camera.vision_ms} ms",
    )
    return _row(not camera.frozen, camera.lane, text + (say(", КАРТИНКА ЗАСТЫЛА", ", FROZEN") if camera.frozen else ""))


def _barrier(barrier: BarrierState) -> str:
    alarms = ", ".join(barrier.alarms)
    text = f"{barrier.driver}, {barrier.health}, {say('контакт', 'contact')} {barrier.contact}, {barrier.doing}"
    return _row(barrier.health == "ok" and not alarms, barrier.name, text + (f": {alarms}" if alarms else ""))


def _row(well: bool, name: str, text: str) -> str:  # noqa: FBT001 - the mark comes first, as it is printed
    mark = "✓" if well else "✗"
    if sys.stdout.isatty():
        mark = f"\033[{'32' if well else '31;1'}m{mark}\033[0m"
    return f" {mark} {name:<12} {text}"


def _span(seconds: float) -> str:
    for size, unit in ((86400, say("сут", "d")), (3600, say("ч", "h")), (60, say("мин", "min"))):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} {say('с', 's')}"
