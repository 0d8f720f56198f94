"""Errors of a move. The message is one line for the operator."""

from __future__ import annotations

from core.words.language import say


class MoveFailed(RuntimeError):
    """The territory stays where it was and accepts writes again. The move may be started again.

    Not undone at the new cell: accounts of people who have logged in there meanwhile, and pictures that its store took
    without an answer.
    """


class TakenOver(MoveFailed):
    """Another command is moving this territory, so this one makes no further changes and undoes none.

    Whether the territory accepts writes, and in which cell, is known to the other command.
    """

    def __init__(self, code: str) -> None:
        super().__init__(say("{code}: территорию уже переносит другая команда", code=code))


class MoveUnfinished(RuntimeError):
    """The move was cut off and could not be undone, usually because the territory is already open in its new cell.

    Running the same command again finishes it.
    """
