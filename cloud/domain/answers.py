"""What is known of a command to a gate, and of a visit's opening: only what the gate has answered, or that it has not."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from cloud.db.models import Command, GateEvent

COMMAND_LASTS = timedelta(seconds=12)
"""A command that has not reached the gate by then is void: the driver has given up, or another car stands there."""
ON_THE_WAY = timedelta(seconds=3)
"""An answer given at the last moment may take this long to arrive."""
ANSWER_WITHIN = COMMAND_LASTS + ON_THE_WAY
"""Silence after this is told as silence."""


class Answer(StrEnum):
    """What the gate said to a command. The values are also those of an outcome in the contract, as far as it has them."""

    WAITING = "waiting"
    DONE = "done"
    UNCONFIRMED = "unconfirmed"
    """Sent to the board, which did not confirm it."""
    REFUSED = "refused"
    EXPIRED = "expired"
    """The gate heard of it too late and did nothing."""
    SILENT = "silent"
    """No answer: whether the gate heard of it, and whether it opened, is unknown."""


def answer_of(command: Command, *, now: datetime) -> Answer:
    """What is known now. A gate that comes back answers late, and the answer then takes the place of the silence."""
    if command.outcome is None:
        return Answer.WAITING if now - command.created_at < ANSWER_WITHIN else Answer.SILENT
    # The contract has no outcome for doubt: the gate's words carry it.
    if command.outcome == "done" and command.outcome_detail:
        return Answer.UNCONFIRMED
    return Answer(command.outcome)


class Passage(StrEnum):
    """What a gate said about a visit: its decision, and whether the barrier is known to have opened."""

    OPENED = "opened"
    DECIDED = "decided"
    """It decided to open; whether that happened it did not say: earlier versions do not."""
    SHUT = "shut"
    """It decided to open, and the barrier did not."""
    DOUBTFUL = "doubtful"
    """It decided to open, and the board did not confirm it."""
    REFUSED = "refused"
    BY_HAND = "by_hand"
    """Refused, then opened by somebody."""


def passage_of(event: GateEvent) -> Passage | None:
    """None for what is no decision about a car."""
    opened = event.body.get("opened") if isinstance(event.body, dict) else None
    if event.decision == "open":
        return {"yes": Passage.OPENED, "no": Passage.SHUT, "unconfirmed": Passage.DOUBTFUL}.get(
            str(opened), Passage.DECIDED
        )
    if event.decision == "refuse":
        return Passage.BY_HAND if opened in {"yes", "unconfirmed"} else Passage.REFUSED
    return None


def let_through(event: GateEvent) -> bool:
    """Whether the car is taken to have passed."""
    return passage_of(event) in {Passage.OPENED, Passage.DECIDED, Passage.DOUBTFUL, Passage.BY_HAND}
