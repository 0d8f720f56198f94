"""A body of nothing but brackets is unreadable, as any other nonsense is."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.neighbours import telegram
from edge.neighbours.seam import NeighbourFailed
from edge.persons import Persons, PersonsUnread
from edge.persons_place import FILE_NAME

BRACKETS = b'{"x":' + b"[" * 20_000


def test_an_answer_of_brackets_is_a_failed_neighbour() -> None:
    """The thread of the bot goes on: it is told as a failure of the other side."""
    with pytest.raises(NeighbourFailed):
        telegram._read(BRACKETS)


def test_a_file_of_brackets_lets_nobody_in(tmp_path: Path) -> None:
    """Closed, and told; no page breaks on it."""
    (tmp_path / FILE_NAME).write_bytes(b'[{"x":' + b"[" * 20_000)
    persons = Persons(tmp_path)
    with pytest.raises(PersonsUnread):
        persons.all()
    assert persons.named("Anna") is None
