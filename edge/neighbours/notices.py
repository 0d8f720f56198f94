"""What a person on duty is notified of, by any channel: who waits, and faults that began. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from core.words.language import say
from core.words.reasons import reason_words
from edge.neighbours.seam import Waiting
from edge.runtime.status import GateStatus
from edge.words import state_words

LIVES_S = 60.0
"""How long a notice about a waiting car can be used to open for it."""


def plate_of(told: Waiting) -> str:
    return told.plate or say("машина без номера")


def who_waits(told: Waiting, *, site: str, lane: str) -> str:
    """One line of text; `lane`: its name for people."""
    return say(
        "{site}, {lane}: ждёт {plate} — {why}",
        site=site,
        lane=lane,
        plate=plate_of(told),
        why=reason_words(told.reason),
    )


def troubles(status: GateStatus, shown: Callable[[str], str] = str) -> dict[str, str]:
    """Current faults, by keys that stay the same while they last: a lost camera, a forced barrier, a deaf fire input.

    `shown`: a lane's name for people.
    """
    found = {
        f"camera:{one.lane}": say("камера {lane} не отвечает", lane=shown(one.lane))
        for one in status.cameras
        if not one.alive
    }
    for alarm in status.alarms:
        titled = replace(alarm, lane=shown(alarm.lane)) if alarm.lane else alarm
        found[f"alarm:{alarm.code}:{alarm.lane}"] = titled.text
    for barrier in status.barriers:
        named = say("шлагбаум {name}", name=barrier.name)
        found |= {f"barrier:{barrier.name}:{code}": f"{named}: {state_words(code)}" for code in barrier.alarms}
    for one in status.inputs or ():
        named = say("вход {name}", name=one.name)
        found |= {f"input:{one.name}:{code}": f"{named}: {state_words(code)}" for code in one.alarms}
    if status.journal.trouble:
        found["journal"] = say("журнал не пишется: {why}", why=status.journal.trouble)
    if status.relay_pid is None:
        found["relay"] = say("процесс шлагбаума не отвечает")
    return found
