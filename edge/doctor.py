"""The technician's doctor: each part tested by itself, each failure with its cure. `gate check` prints it.

A running gate holds its cameras and boards; then it is asked instead of opening them a second time.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from camera.errors import CameraError
from camera.frame import Frame
from camera.opening import open_source
from camera.reader import open_reader
from camera.redact import redact
from core.errors import FileUnusable, GateError
from edge.config import GateConfig, Lane
from edge.credential import read_credential
from edge.language import say
from edge.paths import weights_dir
from edge.runtime.control import ControlClient, GateAbsent
from edge.runtime.known_time import now_of
from edge.runtime.status import CameraStatus, GateStatus, disk, temperatures_c
from edge.store.errors import StoreError
from edge.store.journal import FILE_NAME as JOURNAL_FILE
from edge.store.journal import Journal
from edge.store.passes import FILE_NAME as PASSES_FILE
from edge.store.passes import PassStore
from relay.client import RelayClient
from relay.errors import RelayError
from relay.tools.commissioning import commission

HOT_C = 80
DARK = 12.0
"""Mean brightness (of 255) below which a picture shows nothing."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one test found; `cure` only where something is wrong."""

    part: str
    well: bool
    text: str
    cure: str = ""


def examine(config: GateConfig) -> Iterator[Finding]:
    """Test every part, in the order in which a technician would."""
    try:
        running: GateStatus | None = ControlClient(config.state_dir).status()
    except GateAbsent:
        running = None
    yield Finding(say("настройки"), True, str(config.file))
    yield _state_dir(config)
    yield _reader()
    for lane in config.lanes:
        camera = None if running is None else next((one for one in running.cameras if one.lane == lane.name), None)
        yield _running_camera(lane, camera) if camera else _idle_camera(lane)
    yield from _barriers(config)
    yield _passes(config)
    yield _journal(config)
    yield _clock(config)
    yield _cloud(config, running)
    yield from _temperature()
    yield _gate(running)


def _state_dir(config: GateConfig) -> Finding:
    part, folder = say("папка"), config.state_dir
    probe = folder / f".check-{os.getpid()}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe.write_bytes(b"x")
        probe.unlink()
    except OSError as error:
        return Finding(
            part,
            False,
            f"{folder}: {error.strerror or error}",
            say("создайте папку и отдайте её пользователю службы: chown gate {folder}", folder=folder),
        )
    room = disk(folder)
    free = 0 if room is None else room.free_mb
    well = free > config.store.free_floor_mb
    cure = "" if well else say("освободите место или уменьшите store.keep_days, store.snapshots_max_mb")
    return Finding(part, well, say("{folder}, свободно {free} МБ", folder=folder, free=free), cure)


def _reader() -> Finding:
    part = say("сети")
    try:
        reader = open_reader(weights_dir())
        blank = np.zeros((720, 1280, 3), np.uint8)
        reader.read(Frame(bgr=blank, captured=0.0, frame_id=1, lane="check"))
    except GateError as error:
        return Finding(part, False, str(error), say("переустановите okter-gate: веса повреждены"))
    return Finding(part, True, str(weights_dir()))


def _running_camera(lane: Lane, camera: CameraStatus) -> Finding:
    part = say("камера {name}", name=lane.name)
    if not camera.alive:
        return Finding(part, False, f"{camera.address}: {camera.error}", _camera_cure(lane))
    if camera.frozen:
        cure = say("перезагрузите камеру: поток идёт, а картинка не меняется")
        return Finding(part, False, say("картинка застыла"), cure)
    return Finding(part, True, say("{fps} кадров/с", fps=camera.fps))


def _idle_camera(lane: Lane) -> Finding:
    part = say("камера {name}", name=lane.name)
    try:
        source = open_source(lane.camera, lane=lane.name, settings=lane.view)
        try:
            source.open()
            frame = source.read()
        finally:
            source.close()
    except (CameraError, FileUnusable) as error:
        return Finding(part, False, redact(error), _camera_cure(lane))
    if frame is None:
        return Finding(part, False, say("ни одного кадра"), _camera_cure(lane))
    width, height = frame.size
    size = f"{width}×{height}"
    if float(frame.bgr.mean()) < DARK:
        cure = say("снимите крышку, включите подсветку, проверьте выдержку")
        return Finding(part, False, say("{size}, картинка чёрная", size=size), cure)
    return Finding(part, True, size)


def _camera_cure(lane: Lane) -> str:
    if lane.camera.startswith("file:"):
        return say("проверьте путь к записи в ключе camera")
    if lane.camera.startswith("/dev/"):
        return say("проверьте кабель, ls -l /dev/video*, группу video; не открыта ли камера другой программой")
    if lane.camera.startswith("csi:"):
        return say("проверьте шлейф и python3-picamera2; rpicam-hello должен показать картинку")
    return say("ping камеры, её имя и пароль, адрес потока (RTSP) в её настройках; один поток на одну коробку")


def _barriers(config: GateConfig) -> Iterator[Finding]:
    try:
        status = RelayClient(config.state_dir).status()
    except RelayError:
        yield from _idle_barriers(config)
        return
    for one in status.barriers:
        well = one.health == "ok" and not one.alarms
        alarms = ", ".join(one.alarms)
        text = f"{one.driver}, {one.health}, {one.doing}" + (f": {alarms}" if alarms else "")
        cure = "" if well else _board_cure()
        yield Finding(say("шлагбаум {name}", name=one.name), well, text, cure)
    for item in status.inputs:
        well = item.level != "unknown" and not item.alarms
        text = f"{item.kind}: {item.level} {', '.join(item.alarms)}".strip()
        cure = "" if well else say("проверьте провод и contact в [[input]]")
        yield Finding(say("вход {name}", name=item.name), well, text, cure)


def _idle_barriers(config: GateConfig) -> Iterator[Finding]:
    """No relay process: the boards are asked directly, without a pulse."""
    try:
        results = commission(config.relay_plan(), pulse=False)
    except RelayError as error:
        yield Finding(say("шлагбаумы"), False, str(error), _board_cure())
        return
    for trial in results:
        text = f"{trial.driver} {trial.port}: {trial.health}, {say('контакт')} {trial.contact}"
        if trial.detail:
            text += f", {trial.detail}"
        cure = "" if trial.good else _board_cure()
        yield Finding(say("шлагбаум {barrier}", barrier=trial.barrier), trial.good, text, cure)


def _board_cure() -> str:
    return say(
        "питание и кабель платы, ключ port (ls /dev/serial/by-path), группы dialout и gpio; подробно: gate relay-test"
    )


def _passes(config: GateConfig) -> Finding:
    part, path = say("список"), config.state_dir / PASSES_FILE

    def count() -> str:
        with PassStore(path) as store:
            found = len(store.load())
        return say("пропусков {found}", found=found)

    return _stored(part, path, count)


def _journal(config: GateConfig) -> Finding:
    part, path = say("журнал"), config.state_dir / JOURNAL_FILE

    def newest() -> str:
        with Journal(path) as journal:
            found = journal.newest()
        last = "—" if found is None else found.astimezone(config.zone).strftime("%d.%m.%Y %H:%M")
        return say("последняя запись {last}", last=last)

    return _stored(part, path, newest)


def _stored(part: str, path: Path, look: Callable[[], str]) -> Finding:
    if not path.exists():
        return Finding(part, True, say("ещё пуст"))
    try:
        return Finding(part, True, look())
    except StoreError as error:
        cure = say("перезапустите gate run: повреждённый файл будет отложен и начат новый")
        return Finding(part, False, str(error), cure)


def _clock(config: GateConfig) -> Finding:
    now = now_of(config.state_dir)
    text = now.wall.isoformat(timespec="seconds")
    cure = "" if now.wall_trusted else say("включите NTP: timedatectl set-ntp true")
    return Finding(say("часы"), now.wall_trusted, text, cure)


def _cloud(config: GateConfig, running: GateStatus | None) -> Finding:
    part = say("облако")
    try:
        credential = read_credential(config.state_dir)
    except FileUnusable as error:
        return Finding(part, False, str(error), "gate enroll --url URL --code CODE")
    if credential is None and config.cloud.url is None:
        return Finding(part, True, say("не настроено, действует местный список"))
    if credential is None and config.cloud.token is None:
        text = say("адрес есть, привязки нет")
        return Finding(part, False, text, f"gate enroll --url {config.cloud.url} --code …")
    if running is None:
        return Finding(part, True, say("привязано; связь проверит gate run"))
    if running.cloud.linked:
        return Finding(part, True, say("на связи"))
    cure = say("сеть, адрес и часы; без связи действует последний список")
    return Finding(part, False, f"{running.cloud.state}: {running.cloud.error}", cure)


def _temperature() -> Iterator[Finding]:
    found = temperatures_c()
    if found:
        hottest = max(found)
        well = hottest < HOT_C
        cure = "" if well else say("обдув или радиатор: при 80 °C процессор замедляется")
        yield Finding(say("температура"), well, f"{hottest} °C", cure)


def _gate(running: GateStatus | None) -> Finding:
    if running is None:
        return Finding("gate run", True, say("не запущен"))
    return Finding("gate run", True, f"pid {running.pid}")
