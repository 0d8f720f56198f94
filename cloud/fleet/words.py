"""Texts of the fleet for its page and its command. All of them are keys of the catalogue."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from types import MappingProxyType

from cloud.fleet.overview import FleetGate
from cloud.fleet.rings import Phase, Verdict
from cloud.fleet.standing import Finding, Standing
from sync import wire

Say = Callable[..., str]
STANDINGS = MappingProxyType(
    {
        Standing.SILENT: "молчит",
        Standing.FAULT: "неисправен",
        Standing.UNKNOWN: "неизвестно",
        Standing.DOUBT: "проверить",
        Standing.WELL: "исправен",
        Standing.UNBOUND: "не привязан",
    }
)
UPDATE_STATES = MappingProxyType(
    {
        "idle": "ничего не ставит",
        "downloading": "скачивает {release}",
        "waiting": "ждёт, чтобы поставить {release}",
        "trying": "пробует {release}",
        "done": "поставлен {release}",
        "failed": "не поставлен {release}",
        "returned": "вернулся с {release}",
    }
)
PHASES = MappingProxyType(
    {
        Phase.RUNNING: "идёт",
        Phase.PAUSED: "приостановлена",
        Phase.STOPPED: "остановилась сама",
        Phase.ENDED: "завершена",
    }
)
REASONS = MappingProxyType(
    {
        Verdict.FAILED.value: "шлагбаум не поставил обновление или вернулся с него",
        Verdict.WORSE.value: "у шлагбаума с обновлением стало больше неисправностей",
        Verdict.SILENT.value: "шлагбаум, получивший обновление, замолчал",
    }
)
"""Why a rollout stopped by itself."""
VERDICTS = MappingProxyType(
    {
        Verdict.UNDER_WAY: "предложено: {n}",
        Verdict.GOOD: "стоит, проверяется: {n}",
        Verdict.PROVEN: "стоит, проверено: {n}",
        Verdict.FAILED: "не поставлено или снято: {n}",
        Verdict.WORSE: "стоит, неисправностей больше: {n}",
        Verdict.SILENT: "молчит: {n}",
    }
)
"""Number of a manager's gates per verdict in a rollout."""
NOT_TOLD = "не сообщает"


def finding(one: Finding, say: Say) -> str:
    """The text of a finding, prefixed with its lane."""
    text = say(one.text, **one.facts)
    return f"{one.lane}: {text}" if one.lane else text


def ago(at: datetime | None, now: datetime, say: Say) -> str:
    """The age of `at` in words. It never says «now», because a report is never current."""
    if at is None:
        return say("никогда")
    seconds = max(0.0, (now - at).total_seconds())
    if seconds < 120:
        return say("{n} с назад", n=round(seconds))
    if seconds < 7200:
        return say("{n} мин назад", n=round(seconds / 60))
    if seconds < 172_800:
        return say("{n} ч назад", n=round(seconds / 3600))
    return say("{n} дн назад", n=round(seconds / 86_400))


def list_words(gate: FleetGate, say: Say) -> str:
    """How far the gate's list is behind, judged by the newest cursor it reported."""
    if gate.list_lag is None:
        return say("другой или не получен")
    return say("свежий") if gate.list_lag == 0 else say("отстаёт на {n} изм.", n=gate.list_lag)


def disk_words(report: wire.Health | None, say: Say) -> str:
    if report is None or report.disk_free_bytes is None:
        return say(NOT_TOLD)
    free = f"{report.disk_free_bytes / 1e9:.1f}"
    if report.disk_total_bytes is None:
        return say("{free} ГБ", free=free)
    return say("{free} из {total} ГБ", free=free, total=f"{report.disk_total_bytes / 1e9:.0f}")


def update_words(report: wire.Health | None, say: Say) -> str:
    """What the gate reported about updates. An unknown state, from a newer gate, is shown as it is."""
    told = None if report is None else report.update
    if told is None:
        return say(NOT_TOLD)
    if not told.from_cloud:
        return say("только на месте")
    text = UPDATE_STATES.get(told.state)
    return told.state if text is None else say(text, release=told.release)
