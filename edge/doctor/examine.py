"""Tests every part in the order that a technician would.

A running gate holds its cameras and boards. It is then queried, so that they are not opened a second time.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from camera.frame import Frame, Picture
from camera.opening import STREAM_SCHEMES
from camera.reader import PlateReader, open_reader
from camera.stills import load_picture
from core.errors import FileUnusable, GateError
from core.reading.decode import decode
from core.words.system import system_words
from edge.bench.frames import FOLDER
from edge.config import GateConfig, Lane
from edge.credential import address_of, read_credential
from edge.doctor import cameras, units
from edge.doctor.barriers import barriers
from edge.doctor.calls import calls, library
from edge.doctor.finding import Finding
from edge.doctor.hardware_decoding import hardware_decoding
from edge.doctor.neighbours import neighbours
from edge.doctor.persons import persons
from edge.doctor.probe import Cause, probe
from edge.doctor.small_stream import small_stream
from edge.language import say
from edge.paths import weights_dir
from edge.runtime.control import ControlClient, GateAbsent
from edge.runtime.known_time import now_of
from edge.runtime.status import HOT_C, GateStatus, disk, temperatures_c
from edge.store.database import may_be_there
from edge.store.errors import StoreError
from edge.store.journal import Journal
from edge.store.place import find
from edge.store.read_only import read_list
from edge.words import state_words
from sync import wire


def examine(config: GateConfig) -> Iterator[Finding]:
    """Test every part in the order that a technician would."""
    try:
        running: GateStatus | None = ControlClient(config.state_dir).status()
    except GateAbsent:
        running = None
    yield Finding(say("настройки"), True, str(config.file))
    yield _state_dir(config)
    finding, reader = _reader()
    yield finding
    for lane in config.lanes:
        yield from _camera(config, lane, running, reader)
    yield from cameras.shared_cameras(config.lanes)
    if any(lane.camera.lower().startswith(STREAM_SCHEMES) for lane in config.lanes):
        yield from hardware_decoding()
    yield from barriers(config)
    yield _passes(config)
    yield _journal(config)
    yield _clock(config)
    yield _cloud(config, running)
    yield from neighbours(config, running)
    yield from calls(config)
    yield from _temperature()
    yield from persons(config)
    yield from units.processes(running, calls=config.call.enabled)
    for alarm in () if running is None else running.alarms:
        yield Finding(say("тревога"), False, alarm.text, alarm.cure)


_KNOWN = {"day.jpg": "A481MP77", "night.jpg": "M916HO50"}
"""Pictures shipped with the program, and the plate in each."""


def examine_program(config: GateConfig) -> Iterator[Finding]:
    """Test the program alone, whatever is attached to this box: an update must pass this before it is used."""
    yield Finding(say("настройки"), True, str(config.file))
    yield from library(config)
    finding, reader = _reader()
    yield finding
    if reader is not None:
        for name, text in _KNOWN.items():
            yield _read_back(reader, name, text)


def _read_back(reader: PlateReader, name: str, text: str) -> Finding:
    part = say("снимок")
    try:
        picture = load_picture(FOLDER / name)
        read = reader.read(Frame(bgr=picture, captured=0.0, frame_id=1, lane="check"))
    except GateError as error:
        return Finding(part, False, str(error), say("переустановите okter-gate: веса повреждены"))
    seen = {reading.text for reading in map(decode, read) if reading.accepted}
    well = text in seen
    found = ", ".join(sorted(seen)) or say("номеров не видно")
    return Finding(part, well, f"{name}: {found}", "" if well else say("переустановите okter-gate: веса повреждены"))


def _state_dir(config: GateConfig) -> Finding:
    part, folder = say("папка"), config.state_dir
    probe = folder / f".check-{os.getpid()}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe.write_bytes(b"x")
        probe.unlink()
    except OSError as error:
        return Finding(part, False, f"{folder}: {system_words(error)}", _folder_cure(folder, error))
    room = disk(folder)
    free = 0 if room is None else room.free_mb
    well = free > config.store.free_floor_mb
    cure = (
        ""
        if well
        else say("освободите место или уменьшите store.keep_days, store.snapshots_max_mb, store.journal_max_mb")
    )
    return Finding(part, well, say("{folder}, свободно {free} МБ", folder=folder, free=free), cure)


def _folder_cure(folder: Path, error: OSError) -> str:
    if error.errno in {errno.EROFS, errno.EIO}:
        return say("карта памяти больше не принимает записи: замените её (dmesg); до выключения всё живёт в памяти")
    if error.errno == errno.ENOSPC:
        return say("освободите место: df -h")
    return say("отдайте папку пользователю службы: chown -R okter-gate {folder}", folder=folder)


def _camera(
    config: GateConfig, lane: Lane, running: GateStatus | None, reader: PlateReader | None
) -> Iterator[Finding]:
    camera = None if running is None else next((one for one in running.cameras if one.lane == lane.name), None)
    picture: Picture | None = None
    frame: Frame | None = None
    if camera is not None:
        finding = cameras.running_camera(lane, camera)
        if finding.well:
            try:
                picture = cameras.decoded(ControlClient(config.state_dir).picture(lane.name))
            except GateAbsent:
                picture = None
    else:
        finding, frame = cameras.idle_camera(lane)
        picture = None if frame is None else frame.bgr
    yield finding
    if camera is None and finding.well and frame is not None:
        yield from small_stream(lane, frame.bgr)
    hanging = None if reader is None or picture is None else cameras.turned(lane, reader, picture)
    if hanging is not None:
        yield hanging


def _reader() -> tuple[Finding, PlateReader | None]:
    part = say("сети")
    try:
        reader = open_reader(weights_dir())
        blank = np.zeros((720, 1280, 3), np.uint8)
        reader.read(Frame(bgr=blank, captured=0.0, frame_id=1, lane="check"))
    except GateError as error:
        cure = say("переустановите okter-gate: веса повреждены")
        return Finding(part, False, str(error), cure), None
    return Finding(part, True, str(weights_dir())), reader


def _passes(config: GateConfig) -> Finding:
    part, path = say("список"), find(config.state_dir).passes_file
    try:
        read = read_list(path)
    except StoreError as error:
        cure = say("ни файла, ни целой копии: gate passes import ФАЙЛ; облачный список придёт сам")
        return Finding(part, False, str(error), cure)
    if read.from_copy:
        cure = say("запустите gate run: файл будет отложен и собран из копии")
        return Finding(part, False, say("файл повреждён, цела копия"), cure)
    return Finding(part, True, say("пропусков {n}", n=len(read.passes)))


def _journal(config: GateConfig) -> Finding:
    part, path = say("журнал"), find(config.state_dir).journal_file

    def newest() -> str:
        with Journal(path, to_read=True) as journal:
            found = journal.newest()
        last = "—" if found is None else found.astimezone(config.zone).strftime("%d.%m.%Y %H:%M")
        return say("последняя запись {last}", last=last)

    return _stored(part, path, newest)


def _stored(part: str, path: Path, look: Callable[[], str]) -> Finding:
    if not may_be_there(path):
        return Finding(part, True, say("ещё пуст"))
    try:
        return Finding(part, True, look())
    except StoreError as error:
        cure = say("перезапустите gate run: повреждённый файл будет отложен и начат новый")
        return Finding(part, False, str(error), cure)


def _clock(config: GateConfig) -> Finding:
    now = now_of(config.state_dir)
    text = f"{now.wall.astimezone(config.zone):%d.%m.%Y %H:%M:%S} ({config.site.timezone})"
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
    url = address_of(config.cloud.url, credential) or ""
    return Finding(part, False, f"{state_words(running.cloud.state)}: {running.cloud.error}", _cloud_cure(url))


def _cloud_cure(url: str) -> str:
    """Probes without the token what blocks the way, and whether our server answers there."""
    cause, detail = probe(url.rstrip("/") + wire.BASE + "/passes")
    last = say("; без связи действует последний список")
    known = {
        Cause.NO_NAME: say("имя облака не найдено: DNS (resolvectl status)"),
        Cause.NO_ROUTE: say("нет пути в сеть: кабель, модем, ip route"),
        Cause.SILENT: say("облако не отвечает в срок: модем, брандмауэр"),
        Cause.REFUSED: say("порт облака закрыт: верен ли адрес"),
        Cause.NOT_FOUND: say("по этому адресу нет облака ОКтер: cloud.url"),
        Cause.UNAUTHORIZED: say("облако отвечает; если привязка снята: gate enroll с новым кодом"),
    }
    return known.get(cause, say("часы и сертификат (timedatectl); {detail}", detail=detail)) + last


def _temperature() -> Iterator[Finding]:
    found = temperatures_c()
    if found:
        hottest = max(found)
        well = hottest < HOT_C
        cure = "" if well else say("обдув или радиатор: при 80 °C процессор замедляется")
        yield Finding(say("температура"), well, f"{hottest} °C", cure)
