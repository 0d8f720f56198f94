"""What is wrong with the running gate beyond its parts' own rows: told in `gate status`, the journal and the cloud.

Any thread raises and clears; every alarm has its own words and its own cure.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from edge.language import either

log = logging.getLogger(__name__)


class Fault(StrEnum):
    """Codes of alarms; programs rely on them."""

    STATE_READ_ONLY = "state_read_only"
    LIST_READ_ONLY = "list_read_only"
    LIST_UNREAD = "list_unread"
    LIST_RESTORED = "list_restored"
    LIST_LOST = "list_lost"
    LIST_SHRUNK = "list_shrunk"
    BLOCK_SPOILED = "block_spoiled"
    VISION_DEAD = "vision_dead"
    CLOCK_JUMP = "clock_jump"


Words = tuple[tuple[str, str], tuple[str, str]]

WORDS: MappingProxyType[Fault, Words] = MappingProxyType(
    {
        Fault.STATE_READ_ONLY: (
            ("папка состояния не принимает записи", "the state folder takes no writing"),
            (
                "замените карту памяти (см. dmesg, mount) или верните папку её владельцу; до выключения всё живёт в памяти",
                "replace the card (dmesg, mount) or give the folder back to its owner; until power-off all is in memory",
            ),
        ),
        Fault.LIST_READ_ONLY: (
            ("список прочитан без записи", "the list was read without writing"),
            ("освободите место на диске: df -h; изменения списка пока не принимаются", "free some room on the disk"),
        ),
        Fault.LIST_UNREAD: (
            ("список пропусков не прочитан", "the pass list could not be read"),
            (
                "въезд только кнопкой и из облака; замените карту памяти, затем gate enroll или gate passes import",
                "entry by button and cloud only; replace the card, then gate enroll or gate passes import",
            ),
        ),
        Fault.LIST_RESTORED: (
            ("список восстановлен из копии", "the list was restored from its copy"),
            (
                "сверьте местный список (gate passes list): последние изменения могли пропасть; проверьте карту памяти",
                "compare the local list (gate passes list): the last changes may be gone; check the card",
            ),
        ),
        Fault.LIST_LOST: (
            ("список пропусков потерян вместе с копией", "the pass list and its copy are lost"),
            (
                "облачный список придёт сам; местный верните: gate passes import ФАЙЛ",
                "the cloud's list comes by itself; bring the local one back: gate passes import FILE",
            ),
        ),
        Fault.LIST_SHRUNK: (
            ("список сократился больше чем вдвое", "the list shrank to under half"),
            (
                "если так и надо, ничего не делайте; если ошибка — прежний список лежит рядом: passes.good.1.json",
                "nothing to do if it is meant; if by mistake, the one before lies beside it: passes.good.1.json",
            ),
        ),
        Fault.BLOCK_SPOILED: (
            ("срок запрета не прочитан, запрет действует", "a block's period cannot be read; the block holds"),
            (
                "задайте срок запрета заново в портале или gate passes add --block; если повторяется — карта памяти",
                "set the block's period anew in the portal or by gate passes add --block; if it comes again, the card",
            ),
        ),
        Fault.VISION_DEAD: (
            ("распознавание не работает", "recognition does not work"),
            (
                "переустановите okter-gate: веса повреждены; выезд открывается по присутствию машины, въезд кнопкой",
                "reinstall okter-gate; exits open by presence, entries by the button",
            ),
        ),
        Fault.CLOCK_JUMP: (
            ("облако назвало время, которому нельзя верить", "the cloud told a time that cannot be believed"),
            ("проверьте часы облака и NTP: timedatectl", "check the cloud's clock and NTP: timedatectl"),
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Alarm:
    """One thing that is wrong now."""

    code: str
    detail: str = ""

    @property
    def text(self) -> str:
        """For people, in the language of the moment."""
        words = WORDS.get(Fault(self.code)) if self.code in set(Fault) else None
        said = self.code if words is None else either(*words[0])
        return f"{said}: {self.detail}" if self.detail else said

    @property
    def cure(self) -> str:
        """What to do about it."""
        return either(*WORDS[Fault(self.code)][1]) if self.code in set(Fault) else ""


class Alarms:
    """The alarms of one process. `told(alarm, raised)` is called once for each change, on the thread that makes it."""

    def __init__(self, told: Callable[[Alarm, bool], None] = lambda _alarm, _raised: None) -> None:
        self._told = told
        self._lock = threading.Lock()
        self._current: dict[Fault, Alarm] = {}

    def set(self, fault: Fault, detail: str = "") -> None:
        """It is so; told again only when it was not so before."""
        alarm = Alarm(fault.value, detail[:200])
        with self._lock:
            known = fault in self._current
            self._current[fault] = alarm
        if not known:
            log.error("%s", alarm.text)
            self._told(alarm, True)

    def clear(self, fault: Fault) -> None:
        """It is no longer so."""
        with self._lock:
            alarm = self._current.pop(fault, None)
        if alarm is not None:
            log.warning("прошло: %s", alarm.text)
            self._told(alarm, False)

    def current(self) -> tuple[Alarm, ...]:
        with self._lock:
            return tuple(self._current.values())
