"""`gate relay-test` from within: the relay process it starts for itself, and what a trial may call good."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from relay.errors import RelayError
from relay.process.lock import StateLock
from relay.settings import BarrierSettings, LaneRoute, RelayPlan
from relay.tools import child_process
from relay.tools.child_process import child_relay
from relay.tools.commissioning import Trial, commission


def plan_for(state_dir: Path, name: str = "main") -> RelayPlan:
    return RelayPlan(str(state_dir), (BarrierSettings(name=name),), (LaneRoute("entry", "entry", name),))


def trial(**facts: Any) -> Trial:
    usual = {
        "barrier": "main", "driver": "lcus", "port": "/dev/ttyUSB0", "health": "ok", "contact": "off", "outcome": "done",
        "timed_by": "pi", "said": (),
    }  # fmt: skip
    return Trial(**{**usual, **facts})


@pytest.mark.parametrize(
    ("facts", "good", "words"),
    [
        ({}, True, "импульс отдан"),
        ({"outcome": "looked"}, True, "без импульса"),
        ({"contact": "unknown", "timed_by": "board"}, True, "неизвестно (плата не отвечает о реле)"),
        ({"contact": "on"}, False, "контакт после проверки: ЗАМКНУТО"),
        ({"outcome": "unconfirmed"}, False, "плата его НЕ подтвердила"),
        ({"outcome": "failed", "detail": "порт занят"}, False, "импульс НЕ удался"),
        ({"health": "stuck"}, False, "контакт не размыкается"),
        ({"health": "a health of tomorrow"}, False, "a health of tomorrow"),
    ],
)
def test_a_trial_is_good_where_the_board_obeyed_and_nothing_says_otherwise(
    facts: dict[str, str], words: str, *, good: bool
) -> None:
    """A contact that is still closed, a pulse nobody confirmed, a board in trouble are not; each is told in its words."""
    told = trial(**facts)
    lines = "\n".join(told.lines())
    assert good == told.good
    assert lines.startswith("ХОРОШО" if good else "ПЛОХО")
    assert words in lines
    assert facts.get("detail", "") in lines


def test_the_conversation_stands_below_its_trial() -> None:
    """Every line that was said to the board is shown, in its order."""
    lines = trial(said=("→ A0 01 01 A2", "← A0 01 01 A2")).lines()
    assert ["→ A0 01 01 A2", "← A0 01 01 A2"] == [line.strip() for line in lines[-2:]]


def test_a_plan_that_the_running_relay_does_not_know_is_told(relay_on: Callable[..., Any]) -> None:
    """A relay process that runs with other settings is asked for no barrier it has not: the mistake is named."""
    relay = relay_on('driver = "simulated"')
    relay.start()
    with pytest.raises(RelayError, match="не знает шлагбаума «other»"):
        commission(plan_for(relay.state_dir, "other"), pulse=False)


def test_a_relay_process_that_does_not_answer_in_time_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The trial is told so, and leaves nobody behind who holds the boards."""
    monkeypatch.setattr(child_process, "START_S", 0.0)
    with pytest.raises(RelayError, match="не отвечает"), child_relay(plan_for(tmp_path / "state")):
        raise AssertionError
    StateLock(tmp_path / "state").close()


def test_a_relay_process_that_cannot_be_says_why(tmp_path: Path) -> None:
    """What the started process said before it ended is what the trial says."""
    with (
        StateLock(tmp_path / "state"),
        pytest.raises(RelayError, match="уже работает другой"),
        child_relay(plan_for(tmp_path / "state")),
    ):
        raise AssertionError


def test_the_started_relay_process_speaks_the_language_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it says reaches the same reader as the words of `gate relay-test` itself."""
    monkeypatch.setenv("GATE_LANG", "en")
    with (
        StateLock(tmp_path / "state"),
        pytest.raises(RelayError, match="another gate relay"),
        child_relay(plan_for(tmp_path / "state")),
    ):
        raise AssertionError


def test_a_relay_process_whose_starter_has_gone_begins_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """No plan comes in, or half of one: the process ends before it touches a board."""
    for said in (b"", b"\x80"):
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(said)))
        assert 1 == child_process.main()
