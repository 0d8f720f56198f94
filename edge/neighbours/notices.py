"""What a person on duty is told of, whatever carries it there: who waits, and what began to be wrong. Pure."""

from __future__ import annotations

from core.words.language import say
from core.words.reasons import reason_words
from edge.neighbours.seam import Waiting
from edge.runtime.status import GateStatus
from edge.words import state_words

LIVES_S = 60.0
"""Whoever was told of a car that waits may open by that notice for so long."""


def plate_of(told: Waiting) -> str:
    return told.plate or say("машина без номера")


def who_waits(told: Waiting, *, site: str) -> str:
    """One line."""
    return say(
        "{site}, {lane}: ждёт {plate} — {why}",
        site=site,
        lane=told.lane,
        plate=plate_of(told),
        why=reason_words(told.reason),
    )


def troubles(status: GateStatus) -> dict[str, str]:
    """What is wrong now, by a key that stays the same while it is: a camera lost, a barrier forced, who cannot decide."""
    found = {
        f"camera:{one.lane}": say("камера {lane} не отвечает", lane=one.lane) for one in status.cameras if not one.alive
    }
    found |= {f"alarm:{one.code}:{one.lane}": one.text for one in status.alarms}
    for barrier in status.barriers:
        named = say("шлагбаум {name}", name=barrier.name)
        found |= {f"barrier:{barrier.name}:{code}": f"{named}: {state_words(code)}" for code in barrier.alarms}
    if status.relay_pid is None:
        found["relay"] = say("процесс шлагбаума не отвечает")
    return found
