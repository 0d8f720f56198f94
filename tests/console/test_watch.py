"""What the page knows and how old it is: one source that hangs makes the others no older, and silence is not knowledge."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from edge.console import watch
from edge.console.watch import Ear
from tests.console.gates import until


class Source:
    """Answers its count, or hangs."""

    def __init__(self) -> None:
        self.count = 0
        self.free = threading.Event()
        self.free.set()
        self.hanging = threading.Event()

    def ask(self) -> int:
        if not self.free.is_set():
            self.hanging.set()
        self.free.wait(60)
        self.count += 1
        return self.count


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def ear(source: Source, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ear[int]]:
    monkeypatch.setattr(watch, "ASK_EVERY_S", 0.01)
    made = Ear("test", source.ask, time.monotonic)
    yield made
    source.free.set()
    made.close()


def test_a_source_that_hangs_is_waited_for_once(source: Source, ear: Ear[int]) -> None:
    """Only the first word is; later looks get what is known, with its age."""
    ear.first_word(60)
    assert ear.fresh() is not None
    source.free.clear()
    assert source.hanging.wait(60)
    before = source.count
    ear.first_word(60)
    assert before == source.count


def test_silence_is_not_knowledge(source: Source, ear: Ear[int], monkeypatch: pytest.MonkeyPatch) -> None:
    """What was not heard for its time is unknown, whatever was heard last."""
    ear.first_word(60)
    source.free.clear()
    assert source.hanging.wait(60)
    assert ear.age_s is not None
    monkeypatch.setattr(watch, "SILENT_S", -1.0)
    assert ear.fresh() is None


def test_nobody_looks_nobody_asks(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    """An ear rests when nobody has looked for a while, and its first word after that is a new one."""
    monkeypatch.setattr(watch, "ASK_EVERY_S", 0.01)
    ear = Ear("test", source.ask, lambda: -1e9)
    until(lambda: ear._resting)
    assert 0 == source.count
    ear.first_word(60)
    assert 1 == source.count
    until(lambda: ear._resting)
    ear.first_word(60)
    assert 2 == source.count
    ear.close()
