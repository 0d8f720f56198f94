"""The state of each part in words, with a cure for what is wrong: for `gate status` and the guard's page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from edge.config import GateConfig
from edge.doctor.barriers import alarm_words
from edge.language import say
from edge.rule_words import rules_text
from edge.runtime.status import (
    FRAME_TOO_OLD_S,
    HOT_C,
    LOW_DISK_MB,
    BarrierState,
    CameraStatus,
    DiskStatus,
    GateStatus,
    JournalStatus,
    LinkStatus,
    NeighbourStatus,
    barrier_states,
    disk,
    input_states,
    temperatures_c,
)
from edge.words import span, state_words
from relay.protocol import InputStatus, Status

LIST_OLD_S = 3600.0
"""The list is polled at least every few minutes."""


@dataclass(frozen=True, slots=True)
class Row:
    """A part, its state, and what to do if something is wrong with it."""

    well: bool
    name: str
    text: str
    cure: str = ""


def health_rows(status: GateStatus, inputs: Sequence[InputStatus] | None = None, *, zone: tzinfo) -> list[Row]:
    """Rows for every part. `inputs`: the wired ones, if they were heard of otherwise. `zone`: the site's, for times."""
    memory = "?" if status.memory_mb is None else status.memory_mb
    running = say("процесс {pid}, {span}, {memory} МБ", pid=status.pid, span=span(status.up_s), memory=memory)
    absent = say("не отвечает")
    rows = [
        Row(status.pid is not None, "gate run", absent if status.pid is None else running, "gate check"),
        _relay(status),
    ]
    rows += [_camera(camera) for camera in status.cameras]
    for barrier in status.barriers:
        rows += _barrier(barrier)
    for one in (status.inputs or ()) if inputs is None else inputs:
        rows += _input(one)
    if status.pid is not None:
        rows += [_passes(status), _clock(status, zone), _journal(status.journal), _cloud(status.cloud)]
    if status.rules is not None:
        rows.append(Row(True, say("правила"), rules_text(status.rules)))
    rows.append(_disk(status.disk))
    if status.temperatures_c:
        hottest = max(status.temperatures_c)
        cure = say("обдув или радиатор")
        rows.append(Row(hottest < HOT_C, say("температура"), f"{hottest} °C", cure))
    rows += [_neighbour(one) for one in status.neighbours]
    return rows + [Row(False, say("тревога"), alarm.text, alarm.cure) for alarm in status.alarms]


def _relay(status: GateStatus) -> Row:
    if status.relay_pid is None:
        return Row(False, "gate relay", say("не отвечает"), "gate check")
    text = say("процесс {pid}", pid=status.relay_pid)
    if not status.relay_lost:
        return Row(True, "gate relay", text)
    cure = say("журнал их долго не принимал: место и карта памяти, работает ли gate run")
    return Row(False, "gate relay", text + say(", потеряно событий {n}", n=status.relay_lost), cure)


def _disk(room: DiskStatus | None) -> Row:
    if room is None:
        return Row(False, say("диск"), state_words("unknown"), say("папка состояния не отвечает: df -h, dmesg"))
    text = say("свободно {free} МБ", free=room.free_mb)
    return Row(room.free_mb > LOW_DISK_MB, say("диск"), text, say("освободите место: df -h"))


def _neighbour(one: NeighbourStatus) -> Row:
    # No fault is all that is known of it: most are talked to only when there is something to tell.
    lost = say("не успевает, пропущено {n}", n=one.lost) if one.lost else say("ошибок нет")
    cure = say("адрес, пароль и сеть; шлагбаум работает и без него")
    if one.refused and not one.trouble:
        lost = say("получатель отверг визитов: {n}; снова они не посылаются", n=one.refused)
        cure = say("тот ли это адрес, и что он принимает: journalctl -u okter-gate")
    return Row(not (one.trouble or one.lost or one.refused), one.name, one.trouble or lost, cure)


def _passes(status: GateStatus) -> Row:
    if status.passes is None:
        return Row(False, say("список"), say("не прочитался"), say("въезд только кнопкой и из облака: gate check"))
    text = say("пропусков {passes}", passes=status.passes)
    if status.list_age_s is not None:
        age = span(status.list_age_s)
        text += say(", сверен с облаком {age} назад", age=age)
    elif status.cloud.configured:
        text += say(", с облаком ещё не сверялся")
    fresh = not status.cloud.configured or (status.list_age_s is not None and status.list_age_s < LIST_OLD_S)
    return Row(fresh, say("список"), text, say("изменения списка не доходят: связь с облаком, gate check"))


def _clock(status: GateStatus, zone: tzinfo) -> Row:
    note = "" if status.clock_trusted else say(" (не сверены)")
    cure = say("включите NTP: sudo timedatectl set-ntp true")
    shown = f"{datetime.fromisoformat(status.wall).astimezone(zone):%d.%m.%Y %H:%M:%S}"
    return Row(bool(status.clock_trusted), say("часы"), shown + note, cure)


def _journal(journal: JournalStatus) -> Row:
    lost = say(", потеряно {lost}", lost=journal.lost) if journal.lost else ""
    written = say("пишется, ждёт {waiting}", waiting=journal.waiting)
    cure = say("место и карта памяти: df -h, dmesg; записи ждут в памяти")
    return Row(not journal.trouble, say("журнал"), (journal.trouble or written) + lost, cure)


def _cloud(cloud: LinkStatus) -> Row:
    if not cloud.configured:
        return Row(True, say("облако"), say("не настроено, местный список"))
    error = f": {cloud.error}" if cloud.error else ""
    dropped = say(", удалено неотправленным {n}", n=cloud.dropped) if cloud.dropped else ""
    queue = "?" if cloud.queue is None else cloud.queue
    text = f"{state_words(cloud.state)}, {say('очередь')} {queue}{dropped}{error}"
    cure = say("сеть, адрес, часы, привязка; действует последний список")
    return Row(cloud.linked and not cloud.dropped, say("облако"), text, cure)


def _camera(camera: CameraStatus) -> Row:
    name = say("камера {name}", name=camera.lane)  # a barrier may have the same name as its lane
    if not camera.alive:
        text = f"{camera.address}: {camera.error or say('нет картинки')}"
        return Row(False, name, text, say("причина: gate check"))
    text = say(
        "{fps} кадров/с, кадру {frame_age_s} с, прочитано {frames_read} из {frames}, {vision_ms} мс",
        fps=camera.fps,
        frame_age_s=camera.frame_age_s,
        frames_read=camera.frames_read,
        frames=camera.frames,
        vision_ms=camera.vision_ms,
    )
    if camera.frozen:
        return Row(False, name, text + say(", КАРТИНКА ЗАСТЫЛА"), say("перезагрузите камеру"))
    old = camera.frame_age_s is None or camera.frame_age_s > FRAME_TOO_OLD_S
    cure = say("кадры стары: загрузка процессора, сеть до камеры")
    return Row(not old, name, text, cure)


def _barrier(barrier: BarrierState) -> list[Row]:
    name = say("шлагбаум {name}", name=barrier.name)
    states = (barrier.health, barrier.contact, barrier.doing)
    text = ", ".join((barrier.driver, *map(state_words, states)))
    if not barrier.alarms:
        return [Row(barrier.health == "ok", name, text, alarm_words("board")[1])]
    words = [alarm_words(alarm) for alarm in barrier.alarms]
    return [Row(False, name, f"{text}: {said}", cure) for said, cure in words]


def _input(one: InputStatus) -> list[Row]:
    name = say("вход {name}", name=one.name)
    if one.alarms:
        return [Row(False, name, f"{one.kind}: {said}", cure) for said, cure in map(alarm_words, one.alarms)]
    return [Row(one.level != "unknown", name, f"{one.kind}: {state_words(one.level)}", alarm_words("input_deaf")[1])]


def _version() -> str:
    """Looked up only if no gate reported its own version: it takes a twentieth of a second."""
    from edge import __version__  # noqa: PLC0415

    return __version__


def without_gate(config: GateConfig, relay: Status | None) -> GateStatus:
    """What is known without `gate run`: the relay process's report, and this machine."""
    return GateStatus(
        site=config.site.name,
        version=_version(),
        pid=None,
        up_s=0.0,
        relay_pid=None if relay is None else relay.pid,
        cameras=(),
        barriers=() if relay is None else barrier_states(relay, config.barriers),
        passes=None,
        list_version="",
        list_age_s=None,
        wall="",
        clock_trusted=None,
        cloud=LinkStatus(
            configured=config.cloud.url is not None, state="none" if config.cloud.url is None else "unknown"
        ),
        journal=JournalStatus(waiting=0, lost=0, trouble=""),
        disk=disk(config.state_dir),
        temperatures_c=temperatures_c(),
        memory_mb=None,
        queue=0,
        state_dir=str(config.state_dir),
        config=str(config.file),
        inputs=None if relay is None else input_states(relay, config.inputs),
        relay_lost=None if relay is None else relay.lost,
    )
