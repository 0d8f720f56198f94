"""The short words for reasons and decisions, as a guard reads them in a list. Whole sentences: `core.why`."""

from __future__ import annotations

from core.events import Reason
from edge.language import say

_REASONS: dict[Reason, tuple[str, str]] = {
    Reason.PASS_VALID: ("пропуск действует", "pass is valid"),
    Reason.EXIT_FREE: ("выезд свободный", "exit is free"),
    Reason.GUARD_BUTTON: ("кнопка охраны", "guard's button"),
    Reason.CONSOLE: ("открыто с пульта", "opened from the console"),
    Reason.CLOUD_COMMAND: ("команда из облака", "command from the cloud"),
    Reason.EXIT_LOOP: ("петля на выезде", "exit loop"),
    Reason.FIRE_INPUT: ("пожарный вход", "fire input"),
    Reason.LOCAL_LIST: ("в местном списке", "on the local list"),
    Reason.NO_PASS: ("нет пропуска", "no pass"),
    Reason.PASS_NOT_STARTED: ("срок ещё не начался", "pass has not started"),
    Reason.PASS_EXPIRED: ("срок истёк", "pass has expired"),
    Reason.PASS_REVOKED: ("пропуск отозван", "pass was revoked"),
    Reason.BLOCKED: ("въезд запрещён", "blocked"),
    Reason.UNREADABLE: ("номер не прочитан", "plate could not be read"),
    Reason.AMBIGUOUS: ("подходит несколько номеров", "several plates fit"),
    Reason.LOW_CONFIDENCE: ("прочитан неуверенно", "read too uncertainly"),
    Reason.FRAME_TOO_OLD: ("картинка опаздывала", "the picture came late"),
    Reason.ALREADY_OPENED: ("ей только что открывали", "opened for just before"),
}


def reason_words(reason: Reason) -> str:
    """A few words for the reason."""
    return say(*_REASONS[reason])
