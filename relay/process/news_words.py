"""A published event as a log line, in the language of the process. Pure."""

from __future__ import annotations

from types import MappingProxyType

from core.words.language import say
from core.words.outcomes import PASSED_WORDS, Outcome
from core.words.reasons import reason_words
from relay.protocol import EventKind, RelayEvent

KINDS = MappingProxyType(
    {
        EventKind.STARTED: "началось",
        EventKind.ACTED: "исполнено",
        EventKind.ENDED: "закончилось",
        EventKind.PASSAGE: "проезд",
        EventKind.POSITION: "положение",
        EventKind.PRESENCE: "присутствие",
        EventKind.ALARM: "тревога реле",
        EventKind.CLEARED: "тревога реле прошла",
    }
)
WORDS = MappingProxyType(
    {
        "open": "открыть",
        "hold": "держать открытым",
        "release": "отпустить",
        Outcome.DONE.value: "сделано",
        Outcome.UNCONFIRMED.value: "послано, плата не подтвердила",
        Outcome.REFUSED.value: "отказано",
        Outcome.FAILED.value: "не вышло",
        Outcome.EXPIRED.value: "поздно",
        **PASSED_WORDS,
        "closed": "закрыт",
        "between": "между положениями",
        "on": "есть",
        "off": "нет",
    }
)
"""Keys of the catalogue. A word that is not listed (the name of an input or alarm) is shown as it is."""


def log_line(event: RelayEvent) -> str:
    """What happened at which barrier, why, and with which result."""
    outcome = "открыт" if event.kind is EventKind.POSITION and event.outcome == "open" else WORDS.get(event.outcome)
    words = (
        f"{event.barrier}:" if event.barrier else "",
        say(KINDS[event.kind]),
        say(WORDS[event.what]) if event.what in WORDS else event.what,
        f"({reason_words(event.reason.value)})" if event.reason else "",
        say(outcome) if outcome else event.outcome,
        event.detail,
        event.by,
    )
    return " ".join(word for word in words if word)
