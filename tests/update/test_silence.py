"""Who did not answer before an update may have run all the same: then it must answer afterwards."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from edge.update import services
from edge.update.services import SILENT, Health, SystemdServices, comes_up


@pytest.mark.parametrize(
    ("state", "seen"), [("active\n", SILENT), ("inactive\n", None), ("activating\n", None), ("", None)]
)
def test_a_service_that_is_up_and_silent_is_no_service_that_is_down(
    state: str, seen: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unknown to systemd or down: nothing worked. Up and silent: it worked, and the new program is held to that."""
    monkeypatch.setattr(services, "_systemctl", lambda *words: subprocess.CompletedProcess(words, 0, state, ""))
    assert Health(gate=seen, relay=seen) == SystemdServices(tmp_path).health()


class Answers:
    def __init__(self, health: Health) -> None:
        self._health = health

    def restart(self) -> None:
        return

    def health(self) -> Health:
        return self._health


@pytest.mark.parametrize(("after", "well"), [(Health(gate=7), True), (Health(gate=SILENT), False), (Health(), False)])
def test_what_was_silent_must_answer(after: Health, well: object) -> None:
    """A new program that stays silent too is not well for having been silent before."""
    now = [0.0]

    def rest(seconds: float) -> None:
        now[0] += seconds

    why = comes_up(Answers(after), Health(gate=SILENT), clock=lambda: now[0], rest=rest)
    assert well is (not why)
