"""`gate record-board`, `gate record-stream`: a device's behaviour in a small file to inspect and send."""

from __future__ import annotations

import os
import re
import time
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import click

from camera.backend import open_packets
from camera.errors import CameraError, CameraLost
from camera.opening import STREAM_SCHEMES
from camera.redact import redact
from camera.stream_facts import listen, of_a_file
from edge.cli.options import print_json, with_config, with_json
from edge.config import load
from edge.language import say
from edge.recordings.recording import BoardFacts, Recording, of_today, settings_of, write
from relay.settings import BarrierSettings, RelayPlan
from relay.tools.commissioning import Trial, commission

MARKING = click.option(
    "--marking", metavar="TEXT", required=True, help=say("Что написано на устройстве: изготовитель, модель.")
)
BY = click.option(
    "--by", default="", metavar="TEXT", help=say("Кто пробовал: имя или почта, если хотите быть названы.")
)
FILE = click.argument("file", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
_BYTES_OF = {
    "lcus": ("channel", "read_back", "baud"),
    "kmtronic": ("channel", "baud"),
    "numato": ("channel", "baud"),
    "modbus": ("channel", "modbus_dialect", "modbus_unit", "baud"),
    "gpio": ("pin", "active"),
    "http": ("http_method",),
}
"""The settings of each driver that determine the bytes sent."""
_ADDRESS = re.compile(r"https?://[^/\s]+")
_HERE = frozenset({"127.0.0.1", "localhost", "::1"})


@click.command(name="record-board", help=say("Записать разговор с платой: один импульс, что послано и что отвечено."))
@click.option("--barrier", metavar="NAME", help=say("Какой шлагбаум; не нужно, если он один."))
@MARKING
@BY
@FILE
@with_json
@with_config
def record_board(
    config_file: Path | None, barrier: str | None, marking: str, by: str, file: Path, *, as_json: bool
) -> int:
    """Opens the barrier once. The file is written whether the board obeys or not: failures are the most useful."""
    plan = load(config_file).relay_plan()
    settings = _chosen(plan, barrier)
    trial = next(trial for trial in commission(plan, pulse=True) if trial.barrier == settings.name)
    recording = of_today(
        marking=marking,
        by=by,
        day=datetime.now(UTC).date(),
        emulated=_is_emulated(settings),
        board=_board(settings, trial),
    )
    write(file, recording)
    _print_result(file, recording, as_json=as_json, lines=trial.lines())
    return 0 if trial.good else 1


@click.command(
    name="record-stream",
    help=say("Записать, какой у камеры поток: кодек, размер, частота, ключевые кадры. Ни одного снимка в файле нет."),
)
@click.option("--lane", metavar="LANE", help=say("Какой проезд; не нужно, если он один."))
@click.option(
    "--seconds", type=click.FloatRange(2, 3600), default=60.0, show_default=True, help=say("Сколько секунд слушать.")
)
@MARKING
@BY
@FILE
@with_json
@with_config
def record_stream(
    config_file: Path | None, lane: str | None, seconds: float, marking: str, by: str, file: Path, *, as_json: bool
) -> int:
    """Nothing is decoded. It reads the camera alongside `gate run`, provided that the camera allows two readers."""
    config = load(config_file)
    lanes = [one for one in config.lanes if lane in {None, one.name}]
    if len(lanes) != 1:
        raise click.UsageError(_which("--lane", [one.name for one in config.lanes]))
    address, camera = lanes[0].camera, lanes[0].view
    if not address.lower().startswith((*STREAM_SCHEMES, "file:")):
        raise CameraError(say("{address}: записать можно поток rtsp://, http:// или file:", address=redact(address)))
    capture = open_packets(
        address.removeprefix("file:"),
        transport=camera.transport,
        open_timeout_s=camera.open_timeout_s,
        read_timeout_s=camera.read_timeout_s,
    )
    try:
        if not capture.isOpened():
            raise CameraLost(say("{name}: камера не отвечает", name=redact(address)))
        found = listen(capture, name=redact(address), seconds=seconds, clock=time.monotonic)
    finally:
        capture.release()
    if address.startswith("file:"):
        found = of_a_file(found)
    emulated = address.startswith("file:") or urlsplit(address).hostname in _HERE
    recording = of_today(marking=marking, by=by, day=datetime.now(UTC).date(), emulated=emulated, stream=found)
    write(file, recording)
    keys = say("ключевой кадр раз в {n}", n=found.key_every) if found.key_every else say("о ключевых кадрах неизвестно")
    _print_result(
        file,
        recording,
        as_json=as_json,
        lines=(f"{found.codec} {found.width}x{found.height}, {found.fps or found.fps_told or '?'} fps, {keys}",),
    )
    return 0


def _chosen(plan: RelayPlan, barrier: str | None) -> BarrierSettings:
    named = [one for one in plan.barriers if barrier in {None, one.name}]
    if len(named) != 1:
        raise click.UsageError(_which("--barrier", [one.name for one in plan.barriers]))
    return named[0]


def _which(option: str, names: list[str]) -> str:
    return say("{option}: назовите что-то одно из: {names}", option=option, names=", ".join(names))


def _is_emulated(settings: BarrierSettings) -> bool:
    """Whether there is no real device: a pseudo-terminal, an address of this machine, or the driver without a board."""
    if settings.driver == "simulated":
        return True
    if settings.driver == "http":
        return urlsplit(settings.http_off_url).hostname in _HERE
    return bool(settings.port) and os.path.realpath(settings.port).startswith("/dev/pts/")


def _board(settings: BarrierSettings, trial: Trial) -> BoardFacts:
    """The facts that may be sent. Not a network address: it tells where somebody lives."""
    return BoardFacts(
        driver=trial.driver,
        settings=settings_of(settings, _BYTES_OF.get(trial.driver, ())),
        health=trial.health,
        outcome=trial.outcome,
        contact=trial.contact,
        timed_by=trial.timed_by,
        said=tuple(_ADDRESS.sub("http://…", line) for line in trial.said),
        detail=_ADDRESS.sub("http://…", trial.detail),
    )


def _print_result(file: Path, recording: Recording, *, as_json: bool, lines: tuple[str, ...]) -> None:
    if as_json:
        print_json({"file": str(file), "good": recording.good, "emulated": recording.emulated})
        return
    print("\n".join(lines))
    print(say("Записано в {file}. Прочтите и пришлите; адресов, паролей и снимков в нём нет.", file=file))
    if recording.emulated:
        print(say("Это подобие, а не устройство: так и помечено."))
