"""What can go wrong with a move. The message is one line for the operator."""

from __future__ import annotations

from core.words.language import say


class MoveFailed(RuntimeError):
    """The territory stays where it was, and is written to again; the move may be begun anew."""


class TakenOver(MoveFailed):
    """Another command moves this territory now: this one changes nothing more."""

    def __init__(self, code: str) -> None:
        super().__init__(say("{code}: территорию уже переносит другая команда", code=code))


class MoveUnfinished(RuntimeError):
    """The territory is open in its new cell already: the same command, run again, does what is left."""
