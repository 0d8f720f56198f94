"""Why the barrier opened or did not, with the short wording used on every page and in every list."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType

from core.words.language import say


class Reason(StrEnum):
    """Why the barrier opened or did not; these words are a fixed contract with journals, portals and other programs."""

    PASS_VALID = "pass_valid"
    EXIT_FREE = "exit_free"
    GUARD_BUTTON = "guard_button"
    CONSOLE = "console"
    CLOUD_COMMAND = "cloud_command"
    EXIT_LOOP = "exit_loop"
    FIRE_INPUT = "fire_input"
    LOCAL_LIST = "local_list"
    NO_PASS = "no_pass"
    NO_LIST = "no_list"
    """The list itself could not be read, so nothing is known about the plate."""
    PASS_NOT_STARTED = "pass_not_started"
    OUTSIDE_HOURS = "outside_hours"
    """The pass holds on other days, or at other hours."""
    PASS_EXPIRED = "pass_expired"
    PASS_REVOKED = "pass_revoked"
    BLOCKED = "blocked"
    UNREADABLE = "unreadable"
    AMBIGUOUS = "ambiguous"
    LOW_CONFIDENCE = "low_confidence"
    FRAME_TOO_OLD = "frame_too_old"
    """Every picture that could have opened was late or frozen: the machine is overloaded, or the camera stutters."""
    ALREADY_INSIDE = "already_inside"
    """Its car came in and was not seen to leave; only with anti-passback (`Policy.anti_passback_h`)."""
    ALREADY_OPENED = "already_opened"
    """The car was opened for already: it has not moved since, or came back and turned away before another opening."""


USED_UP = "pass_used"
"""A word in addition to the reasons: `pass_expired` of a one-time pass already used (`Standing.used_up`)."""

WORDS = MappingProxyType(
    {
        Reason.PASS_VALID.value: "пропуск действует",
        Reason.EXIT_FREE.value: "выезд свободный",
        Reason.GUARD_BUTTON.value: "кнопка охраны",
        Reason.CONSOLE.value: "открыто рукой",
        Reason.CLOUD_COMMAND.value: "команда из облака",
        Reason.EXIT_LOOP.value: "петля на выезде",
        Reason.FIRE_INPUT.value: "пожарный вход",
        Reason.LOCAL_LIST.value: "в местном списке",
        Reason.NO_PASS.value: "нет пропуска",
        Reason.NO_LIST.value: "список не прочитан",
        Reason.PASS_NOT_STARTED.value: "срок ещё не начался",
        Reason.OUTSIDE_HOURS.value: "не в часы пропуска",
        Reason.PASS_EXPIRED.value: "срок истёк",
        Reason.PASS_REVOKED.value: "пропуск отозван",
        USED_UP: "разовый пропуск использован",
        Reason.BLOCKED.value: "номер в списке запрета",
        Reason.UNREADABLE.value: "номер не прочитан",
        Reason.AMBIGUOUS.value: "подходит несколько номеров",
        Reason.LOW_CONFIDENCE.value: "прочитан неуверенно",
        Reason.FRAME_TOO_OLD.value: "картинка опаздывала",
        Reason.ALREADY_INSIDE.value: "машина с этим номером уже внутри",
        Reason.ALREADY_OPENED.value: "ей уже открывали",
    }
)
"""Russian wording by reason; also keys of the catalogue. In the order in which a search offers them."""


def reason_words(reason: str) -> str:
    """The short wording of a reason in the language spoken. A reason of a newer version is shown as its code."""
    words = WORDS.get(reason)
    return reason if words is None else say(words)
