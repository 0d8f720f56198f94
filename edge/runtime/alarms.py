"""Alarms of the running gate that no single part's status shows. Reported in `gate status`, the journal and the cloud.

Any thread may set and clear them. Each alarm has its own text and its own remedy.
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
    """Alarm codes: a stable interface for programs."""

    STATE_READ_ONLY = "state_read_only"
    LIST_READ_ONLY = "list_read_only"
    LIST_UNREAD = "list_unread"
    LIST_RESTORED = "list_restored"
    LIST_LOST = "list_lost"
    LIST_SHRUNK = "list_shrunk"
    BLOCK_SPOILED = "block_spoiled"
    RULES_UNREAD = "rules_unread"
    VISION_DEAD = "vision_dead"
    CLOCK_JUMP = "clock_jump"
    CAMERA_FROZEN = "camera_frozen"
    CAMERA_BLOCKED = "camera_blocked"
    CAMERA_MOVED = "camera_moved"
    CAMERA_BLURRED = "camera_blurred"
    CAMERA_GLARE = "camera_glare"
    CAMERA_CLOCK = "camera_clock"
    CALL_DEAD = "call_dead"
    DRIFT_MOVED = "drift_moved"
    DRIFT_BLURRED = "drift_blurred"
    DRIFT_DIRTY = "drift_dirty"
    DRIFT_IR = "drift_ir"
    DRIFT_LEGIBILITY = "drift_legibility"


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
            (
                "проверьте место и карту памяти: df -h, dmesg; изменения списка пока не принимаются",
                "look for room and at the card: df -h, dmesg; changes of the list are not taken for now",
            ),
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
        Fault.RULES_UNREAD: (
            ("правила, выбранные в портале, не прочитаны", "the rules chosen in the portal could not be read"),
            (
                "действуют правила файла и по умолчанию; облако пришлёт выбор само; если повторяется — карта памяти",
                "the file's rules and the defaults hold; the cloud sends the choice again; if it comes again, the card",
            ),
        ),
        Fault.VISION_DEAD: (
            ("распознавание не работает", "recognition does not work"),
            (
                "причина названа рядом; если это веса, переустановите okter-gate; выезд открыт по присутствию, въезд кнопкой",
                "the cause stands beside; if the weights, reinstall okter-gate; exits open by presence, entries by button",
            ),
        ),
        Fault.CLOCK_JUMP: (
            ("облако назвало время, которому нельзя верить", "the cloud told a time that cannot be believed"),
            ("проверьте часы облака и NTP: timedatectl", "check the cloud's clock and NTP: timedatectl"),
        ),
        Fault.CAMERA_FROZEN: (
            ("картинка застыла", "the picture is frozen"),
            (
                "перезагрузите камеру: поток идёт, а нового в нём нет; въезд по такой картинке не открывается",
                "restart the camera: the stream comes and shows nothing new; no entry opens on such a picture",
            ),
        ),
        Fault.CAMERA_BLOCKED: (
            ("камера закрыта или ничего не видит", "the camera is covered or sees nothing"),
            ("снимите то, что перед объективом; ночью проверьте подсветку", "clear the lens; at night check the light"),
        ),
        Fault.CAMERA_MOVED: (
            ("камеру сдвинули", "the camera was moved"),
            (
                "верните её на место и затяните, или примите заново: gate aim",
                "turn it back and tighten it, or accept it anew: gate aim",
            ),
        ),
        Fault.CAMERA_BLURRED: (
            ("картинка потеряла резкость", "the picture has lost its sharpness"),
            ("протрите стекло, поправьте фокус; в туман пройдёт само", "wipe the glass, set the focus; fog will pass"),
        ),
        Fault.CAMERA_GLARE: (
            ("камеру слепит свет", "light dazzles the camera"),
            (
                "козырёк, чуть вбок и вниз от солнца и фар; HLC или BLC",
                "a hood, a little aside from sun and lamps; HLC or BLC",
            ),
        ),
        Fault.CAMERA_CLOCK: (
            ("поверх зоны проезда идут часы камеры", "the camera writes a clock over the lane's zone"),
            (
                "выключите надпись (OSD) в камере или уведите её за край зоны",
                "switch the text (OSD) off in the camera, or move it out of the zone",
            ),
        ),
        Fault.CALL_DEAD: (
            ("звонки от шлагбаума не работают", "calls from the gate do not work"),
            (
                "systemctl status okter-gate-call; открывать кнопкой, со страницы охраны и из портала можно и без них",
                "systemctl status okter-gate-call; button, console and portal open without it",
            ),
        ),
        Fault.DRIFT_MOVED: (
            ("камера смотрит не туда, куда при приёмке", "the camera looks elsewhere than when it was accepted"),
            (
                "верните и затяните крепление, или примите заново: gate aim",
                "turn it back and tighten it, or accept anew: gate aim",
            ),
        ),
        Fault.DRIFT_BLURRED: (
            ("картинка мягче, чем при приёмке", "the picture is softer than when it was accepted"),
            ("протрите стекло, поправьте фокус при том же свете", "wipe the glass, set the focus in the same light"),
        ),
        Fault.DRIFT_DIRTY: (
            ("стекло камеры, похоже, грязное", "the camera's glass seems dirty"),
            ("протрите стекло, снимите паутину, проверьте уплотнение", "wipe the glass, take webs off, check the seal"),
        ),
        Fault.DRIFT_IR: (
            ("ночью темнее, чем было: подсветка", "nights are darker than they were: the lamp"),
            (
                "проверьте ИК-подсветку, её питание и режим «ночь» камеры",
                "check the infrared lamp, its power and the camera's night mode",
            ),
        ),
        Fault.DRIFT_LEGIBILITY: (
            ("номера читаются хуже, чем при приёмке", "plates are read worse than when it was accepted"),
            (
                "снимки в журнале покажут причину: грязь, фокус, выдержка, свет; затем gate aim",
                "pictures in the journal show why: dirt, focus, shutter, light; then gate aim",
            ),
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Alarm:
    """One active alarm."""

    code: str
    detail: str = ""
    lane: str = ""
    """The lane whose camera it concerns; empty if it concerns the whole box."""

    @property
    def fault(self) -> str:
        """What is wrong, in the current language, without where and why."""
        words = WORDS.get(Fault(self.code)) if self.code in set(Fault) else None
        return self.code if words is None else either(*words[0])

    @property
    def text(self) -> str:
        """For people, in the current language."""
        said = f"{self.lane}: {self.fault}" if self.lane else self.fault
        return f"{said}: {self.detail}" if self.detail else said

    @property
    def cure(self) -> str:
        """What to do about it."""
        return either(*WORDS[Fault(self.code)][1]) if self.code in set(Fault) else ""


class Alarms:
    """The alarms of one process. `told(alarm, raised)` is called once per change, on the thread that made it."""

    def __init__(self, told: Callable[[Alarm, bool], None] = lambda _alarm, _raised: None) -> None:
        self._told = told
        self._lock = threading.Lock()
        self._current: dict[tuple[Fault, str], Alarm] = {}

    def set(self, fault: Fault, detail: str = "", *, lane: str = "") -> None:
        """Raise the alarm, or update its detail. Listeners are notified only if it was not active before."""
        alarm = Alarm(fault.value, detail[:200], lane)
        with self._lock:
            known = (fault, lane) in self._current
            self._current[fault, lane] = alarm
        if not known:
            log.error("%s", alarm.text)
            self._told(alarm, True)

    def clear(self, fault: Fault, *, lane: str = "") -> None:
        """Clear the alarm if it is active."""
        with self._lock:
            alarm = self._current.pop((fault, lane), None)
        if alarm is not None:
            log.warning("прошло: %s", alarm.text)
            self._told(alarm, False)

    def current(self) -> tuple[Alarm, ...]:
        with self._lock:
            return tuple(self._current.values())
