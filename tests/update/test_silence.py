"""Who did not answer before an update may have run all the same: then it must answer afterwards."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from functools import partial
from pathlib import Path

import msgspec
import pytest

from edge.update import services
from edge.update.environments import MARK, Environments
from edge.update.offers import Outcome, told_of, write_outcome
from edge.update.services import SILENT, Health, SystemdServices, comes_up
from sync import wire
from tests.neighbours.conftest import STATUS


@pytest.mark.parametrize(
    ("state", "seen"), [("active\n", SILENT), ("inactive\n", None), ("activating\n", None), ("", None)]
)
def test_a_service_that_is_up_and_silent_is_no_service_that_is_down(
    state: str, seen: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unknown to systemd or down: nothing worked. Up and silent: it worked, and the new program is held to that."""
    monkeypatch.setattr(services, "_systemctl", lambda *words: subprocess.CompletedProcess(words, 0, state, ""))
    assert Health(gate=seen, relay=seen) == SystemdServices(tmp_path).health()


@pytest.mark.parametrize(("passes", "held"), [(None, False), (0, True), (7, True)])
def test_a_list_that_could_not_be_read_is_no_list(
    passes: int | None, held: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new program that cannot read the list has lost it; an empty list is one."""
    monkeypatch.setattr(services.ControlClient, "status", lambda _self: replace(STATUS, passes=passes))
    monkeypatch.setattr(services, "_systemctl", lambda *words: subprocess.CompletedProcess(words, 0, "", ""))
    assert held is SystemdServices(tmp_path).health().passes


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


def test_a_trial_whose_record_cannot_be_read_is_not_done(tmp_path: Path) -> None:
    """What nobody has judged is not reported to the cloud as well."""
    release = "1.0.0-5"
    environment = tmp_path / "environments" / release
    environment.mkdir(parents=True)
    (tmp_path / "venv").symlink_to(environment.relative_to(tmp_path))
    write_outcome(tmp_path, Outcome(release, "trying"))
    manifest = {"format": 1, "version": "1.0.0", "built_at": 5, "python": "3.11", "machine": "x86_64",
                "wheels": {"okter_gate-1.0.0-py3-none-any.whl": {"sha256": "0" * 64, "size": 1}}}  # fmt: skip
    (environment / MARK).write_bytes(msgspec.json.encode(manifest))
    told = partial(told_of, Environments(tmp_path), allowed=True, fetching=wire.UpdateTold(from_cloud=True))
    assert "done" == told().state
    (tmp_path / "update.json").write_bytes(b"\xff")
    assert "trying" == told().state
