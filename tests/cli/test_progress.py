"""Progress of long commands: on a terminal, after two seconds, out of the way of what is printed."""

from __future__ import annotations

import io

import pytest

from edge.cli.progress import Progress, Steps, line
from tests.patience import until


class Terminal(io.StringIO):
    def __init__(self, *, is_one: bool = True) -> None:
        super().__init__()
        self._is_one = is_one

    def isatty(self) -> bool:
        return self._is_one


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_what_is_over_soon_or_goes_into_a_pipe_shows_nothing() -> None:
    """Neither a command of a second nor a script's log gets a line."""
    for terminal, seconds in ((Terminal(), 1.9), (Terminal(is_one=False), 60.0)):
        clock = Clock()
        with Progress("строки", stream=terminal, clock=clock) as progress:
            clock.now = seconds
            progress.at(1, 2)
        assert "" == terminal.getvalue()


def test_a_line_comes_is_renewed_and_goes() -> None:
    """Not more often than can be read, taken away before other words and at the end."""
    terminal, clock = Terminal(), Clock()
    with Progress("строки", stream=terminal, clock=clock) as progress:
        for hundredth in range(200, 400):
            clock.now = hundredth / 100
            progress.at(hundredth, 400)
        shown = terminal.getvalue().count("строки")
        progress.aside()
        progress.aside()
    assert 9 <= shown <= 11
    assert terminal.getvalue().endswith("\r\033[K")
    assert shown + 1 == terminal.getvalue().count("\033[K")


@pytest.mark.parametrize(
    ("done", "whole", "told"),
    [
        (1, 4, "строки ██████░░░░░░░░░░░░░░░░░░  25%, осталось 30 с"),
        (1, 100, "строки ░░░░░░░░░░░░░░░░░░░░░░░░   1%"),
        (5, 0, "строки: 10 с"),
        (5, 4, "строки: 10 с"),
    ],
)
def test_a_line_says_no_more_than_is_known(done: float, whole: float, told: str) -> None:
    """The rest is told once there is something to tell it by; an unknown whole has no share."""
    assert told == line("строки", done, whole, 10.0)


def test_a_step_of_unknown_length_says_how_long_it_lasts() -> None:
    """An update installs for minutes: its steps stay on the screen, the line below them moves and goes; a pipe has the steps."""
    terminal, out, clock = Terminal(), io.StringIO(), Clock()
    with Steps(out, stream=terminal, clock=clock, every_s=0.001) as steps:
        steps.begin("вторая среда")
        clock.now = 65.0
        until(lambda: "идёт уже: 1 мин" in terminal.getvalue())
        steps.begin("проверка")
    assert "  вторая среда\n  проверка\n" == out.getvalue()
    assert terminal.getvalue().endswith("\r\033[K")
