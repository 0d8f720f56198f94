"""How a request to a barrier ended, and how a passage ended: the codes that relay process, core and journal share.

The codes are a fixed contract, as those of `core.words.reasons`: they are in the relay socket, in its spool and in the journal.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Outcome(StrEnum):
    """How a request ended."""

    DONE = "done"
    """The board was told to close the contact, or, with `why` = `pause`, is told so when the pause after its last command is over."""
    UNCONFIRMED = "unconfirmed"
    """The board was told, but its answer was lost: it is unknown whether the barrier moved."""
    REFUSED = "refused"
    """Not done, for the reason in `why`."""
    FAILED = "failed"
    """The command could not be sent, or the board refused it."""
    EXPIRED = "expired"
    """Too old when its turn came, so it was not done."""


OPENED: Final = frozenset({Outcome.DONE, Outcome.UNCONFIRMED})
"""The board was told to close the contact, so the barrier is taken to be open: a board whose answer was lost may well
have obeyed."""
ASKED: Final = "asked"
"""The outcome of an opening that the relay has not answered yet. No relay process ever says so."""

OUTCOME_WORDS = MappingProxyType(
    {
        Outcome.DONE.value: "выполнено",
        Outcome.UNCONFIRMED.value: "послано, плата не подтвердила",
        Outcome.REFUSED.value: "отказано",
        Outcome.FAILED.value: "не получилось",
        Outcome.EXPIRED.value: "просьба устарела",
        ASKED: "попросили",
    }
)
"""Keys of the catalogue."""


class Passed(StrEnum):
    """How a passage ended, as loops and limit switches tell it."""

    PASSED = "passed"
    BACKED_OUT = "backed_out"
    FOLLOWED = "followed"
    """A second vehicle went through on the same opening."""


PASSED_WORDS = MappingProxyType(
    {
        Passed.PASSED.value: "машина проехала",
        Passed.BACKED_OUT.value: "машина сдала назад",
        Passed.FOLLOWED.value: "следом проехала другая",
    }
)
"""Keys of the catalogue."""
