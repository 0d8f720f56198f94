"""Judges the health of a gate from its own reports and their age. Pure.

A report describes the moment it was made and is never shown as current once the gate is silent. What a gate does not
report, because its program is older or because it does not know, is neither good nor bad: `UNKNOWN` is a separate standing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from types import MappingProxyType

from sync import wire

SILENT_AFTER = timedelta(minutes=3)
"""A gate reports every minute."""
OLD_LIST_S = 900.0
"""Twice the longest interval between two polls."""
FULL_DISK_BYTES, LOW_DISK_BYTES = 200_000_000, 1_000_000_000
HOT_C = 80.0
LONG_QUEUE = 1000
DOUBTS = frozenset({"clock_jump", "camera_glare", "camera_clock", "list_restored", "list_shrunk"})
"""Alarms that need a look but do not stop the gate from working. Those of the nightly comparison (`drift_…`) count too."""


class Grade(IntEnum):
    """The severity of a finding. The grade of a report is that of its worst finding."""

    WELL = 0
    DOUBT = 1
    FAULT = 2


class Standing(StrEnum):
    """The current state of a gate."""

    SILENT = "silent"
    """Bound, but not heard from for `SILENT_AFTER`: its last report is out of date."""
    FAULT = "fault"
    UNKNOWN = "unknown"
    """Bound and heard from, but it has not reported enough to be called well."""
    DOUBT = "doubt"
    WELL = "well"
    UNBOUND = "unbound"
    """No device has access for it: not paired yet, or revoked."""


WORST_FIRST = (
    Standing.SILENT,
    Standing.FAULT,
    Standing.UNKNOWN,
    Standing.DOUBT,
    Standing.WELL,
    Standing.UNBOUND,
)

ALARMS = MappingProxyType(
    {
        "state_read_only": "диск не принимает записи",
        "list_read_only": "список без записи",
        "list_unread": "список не прочитан",
        "list_restored": "список восстановлен из копии",
        "list_lost": "список потерян",
        "list_shrunk": "список сократился вдвое",
        "call_dead": "звонки не работают",
        "block_spoiled": "срок запрета не прочитан",
        "rules_unread": "правила портала не прочитаны",
        "vision_dead": "распознавание не работает",
        "clock_jump": "время облака не принято",
        "camera_frozen": "картинка застыла",
        "camera_blocked": "камера закрыта",
        "camera_moved": "камеру сдвинули",
        "camera_blurred": "картинка размыта",
        "camera_glare": "засветка",
        "camera_clock": "часы камеры",
        "drift_moved": "вид сместился",
        "drift_blurred": "вид стал мутнее",
        "drift_dirty": "грязь на стекле",
        "drift_ir": "подсветка слабее",
        "drift_legibility": "номера читаются хуже",
    }
)
"""Texts for the alarms of a gate. An unknown code is shown as it is."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem found in a report. `text` is Russian, a key of the catalogue; `facts` fill its placeholders."""

    grade: Grade
    text: str
    lane: str = ""
    facts: dict[str, object] = field(default_factory=dict)


def findings(report: wire.Health) -> tuple[Finding, ...]:
    """The problems in a report, worst first."""
    found = [*_parts(report), *_alarms(report), *_stores(report), *_update(report)]
    return tuple(sorted(found, key=lambda one: -one.grade))


def grade_of(report: wire.Health) -> Grade | None:
    """The worst grade in a report. None if it shows no problem but does not list alarms: that is not enough for WELL."""
    worst = max((one.grade for one in findings(report)), default=Grade.WELL)
    return None if worst is Grade.WELL and report.alarms is None else worst


def standing_of(*, bound: bool, heard_at: datetime | None, grade: int | None, now: datetime) -> Standing:
    """The standing of a gate. `grade` is that of its newest report; None = the report says too little."""
    if not bound:
        return Standing.UNBOUND
    if heard_at is None or now - heard_at >= SILENT_AFTER:
        return Standing.SILENT
    if grade is None:
        return Standing.UNKNOWN
    return {Grade.WELL: Standing.WELL, Grade.DOUBT: Standing.DOUBT}.get(Grade(grade), Standing.FAULT)


def read_report(kept: object) -> wire.Health | None:
    """Decodes a stored report. None if it cannot be read."""
    try:
        return wire.read(wire.Health, kept)
    except wire.WireError:
        return None


def trouble_count(report: wire.Health) -> int | None:
    """Number of faults in a report, to compare before and after an update. None if the gate does not list alarms."""
    if report.alarms is None:
        return None
    return len(report.alarms) + sum(not one.alive for one in report.cameras) + (report.relay_alive is not True)


def _parts(report: wire.Health) -> list[Finding]:
    found = [Finding(Grade.FAULT, "нет картинки", camera.lane) for camera in report.cameras if not camera.alive]
    if report.relay_alive is False:
        found.append(Finding(Grade.FAULT, "реле не отвечает"))
    if not report.clock_trusted:
        found.append(Finding(Grade.DOUBT, "часы не сверены"))
    if report.temperature_c is not None and report.temperature_c >= HOT_C:
        found.append(Finding(Grade.DOUBT, "горячий: {n} °C", facts={"n": round(report.temperature_c)}))
    return found


def _alarms(report: wire.Health) -> list[Finding]:
    found = []
    for alarm in report.alarms or ():
        doubt = alarm.code in DOUBTS or alarm.code.startswith("drift_")
        text = ALARMS.get(alarm.code, alarm.code)
        found.append(Finding(Grade.DOUBT if doubt else Grade.FAULT, text, alarm.lane or ""))
    return found


def _stores(report: wire.Health) -> list[Finding]:
    found = []
    free = report.disk_free_bytes
    if free is not None and free < LOW_DISK_BYTES:
        grade = Grade.FAULT if free < FULL_DISK_BYTES else Grade.DOUBT
        found.append(Finding(grade, "мало места: {n} МБ", facts={"n": free // 1_000_000}))
    if report.list_age_s is None:
        found.append(Finding(Grade.DOUBT, "список ещё не получен"))
    elif report.list_age_s >= OLD_LIST_S:
        found.append(Finding(Grade.DOUBT, "список не сверен {n} мин", facts={"n": round(report.list_age_s / 60)}))
    if report.queue_events >= LONG_QUEUE:
        found.append(Finding(Grade.DOUBT, "ждёт отправки событий: {n}", facts={"n": report.queue_events}))
    if report.dropped:
        found.append(Finding(Grade.DOUBT, "потеряно событий и снимков: {n}", facts={"n": report.dropped}))
    return found


def _update(report: wire.Health) -> list[Finding]:
    told = report.update
    if told is None or told.state not in {"failed", "returned"}:
        return []
    text = "обновление не поставлено: {release}" if told.state == "failed" else "вернулась прежняя программа: {release}"
    return [Finding(Grade.DOUBT, text, facts={"release": told.release})]
