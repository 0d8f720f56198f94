"""The portal's choice of rules at the gate: held at once, weaker than the gate's own file, told only as the core decides by it."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from core.events import Instant, PolicyChanged
from core.rules.policy import Policy
from edge.chosen_rules import FILE_NAME, ChosenRules
from edge.config import load
from edge.credential import Credential, write_credential
from edge.health import health_rows
from edge.rule_words import note_of
from edge.runtime.inbox import Inbox
from edge.runtime.reload import Reloader
from edge.runtime.rules import RulesInForce
from edge.runtime.status import GateStatus
from sync.wire_health import RulesChosen
from tests.commands import in_this_process
from tests.configs import write_config
from tests.console.gates import FakeGate, Serving

NOW = Instant(5.0, datetime(2026, 12, 1, tzinfo=UTC), wall_trusted=True)
EXIT = '[[lane]]\nname = "out"\ndirection = "exit"\ncamera = "file:clip.mp4"\nbarrier = "main"\n'
CHOSEN = RulesChosen(12.0, convoy=True)
CLOUD = Credential("https://okter.example.ru", "Бор", "Europe/Moscow", "t0ken", code="123-456")


class Box:
    """A reloader, and a core that hears of policies when the test lets it."""

    def __init__(self, folder: Path, more: str = EXIT, chosen: RulesChosen | None = None) -> None:
        self.folder = folder
        self.inbox = Inbox()
        self.notes: list[str] = []
        config = load(write_config(folder, more))
        self.reloader = Reloader(
            config,
            inbox=self.inbox,
            change_view=lambda lane, view: None,
            change_notices=lambda config, tables: frozenset(),
            note=lambda kind, _, detail: self.notes.append(f"{kind} {detail}"),
            now=lambda: NOW,
            chosen=chosen,
        )
        self.policy = config.policy
        self.mono = 100.0
        self.rules = RulesInForce(policy=lambda: self.policy, origins=self.reloader.origins, mono=lambda: self.mono)

    def heard(self) -> None:
        while (item := self.inbox.take(0)) is not None:
            assert isinstance(item.event, PolicyChanged)
            self.policy = item.event.policy

    def write(self, more: str) -> None:
        write_config(self.folder, more)
        self.reloader.reload("cli:root")
        self.heard()

    def told(self) -> tuple[Any, ...]:
        found = self.rules.told()
        return found.anti_passback_h, found.anti_passback_from, found.convoy, found.convoy_from


def test_a_choice_holds_at_once_and_is_told_when_the_core_has_it(tmp_path: Path) -> None:
    """The value told is the core's own, the journal says who, and since when is counted from then."""
    box = Box(tmp_path)
    assert (0.0, "default", False, "default") == box.told()
    box.mono = 160.0
    assert 60 == box.rules.told().age_s
    box.reloader.choose(CHOSEN)
    assert (0.0, False) == (box.rules.told().anti_passback_h, box.rules.told().convoy)  # wanted is not in force
    box.heard()
    assert replace(Policy(), anti_passback_h=12.0, convoy=True) == box.policy
    box.mono = 170.0
    assert ((12.0, "cloud", True, "cloud"), 0) == (box.told(), box.rules.told().age_s)
    assert ["settings_changed portal: policy.anti_passback_h, policy.convoy"] == box.notes
    box.reloader.choose(CHOSEN)
    assert 1 == len(box.notes)
    box.reloader.choose(None)
    box.heard()
    assert (0.0, "default", False, "default") == box.told()


def test_the_file_is_stronger_key_by_key(tmp_path: Path) -> None:
    """Also where it says the default; without the key the portal's choice holds again, with no restart."""
    box = Box(tmp_path, EXIT + "[policy]\nanti_passback_h = 0\n")
    box.reloader.choose(CHOSEN)
    box.heard()
    assert (0.0, "file", True, "cloud") == box.told()
    assert CHOSEN == box.rules.told().chosen
    box.write(EXIT + "[policy]\nconvoy = false\n")
    assert (12.0, "cloud", False, "file") == box.told()
    box.write(EXIT + "[policy]\nmin_frames = 3\n")
    assert ((12.0, "cloud", True, "cloud"), 3) == (box.told(), box.policy.min_frames)


def test_where_nobody_is_seen_to_leave_nobody_is_refused(tmp_path: Path) -> None:
    """Anti-passback waits for an exit lane, and says so; the convoy holds. An exit that the file gets counts after the restart."""
    box = Box(tmp_path, "")
    box.reloader.choose(CHOSEN)
    box.heard()
    assert (0.0, "no_exit", True, "cloud") == box.told()
    box.write(EXIT)
    assert (0.0, "no_exit") == box.told()[:2]
    again = Box(tmp_path, EXIT, CHOSEN)
    again.reloader.choose(CHOSEN)
    assert "cloud" == again.rules.told().anti_passback_from


def test_a_choice_outlives_a_restart_without_the_cloud(tmp_path: Path) -> None:
    """It is on the disk for its owner alone, and belongs to the enrolment that it came by."""
    write_credential(tmp_path, CLOUD)
    ChosenRules(tmp_path, cloud=None).take(CHOSEN)
    assert 0o600 == (tmp_path / FILE_NAME).stat().st_mode & 0o777
    kept = ChosenRules(tmp_path, cloud=None)
    assert CHOSEN == kept.current()
    write_credential(tmp_path, replace(CLOUD, token="another", cell="https://two.example.ru"))
    assert CHOSEN == kept.current()  # a new token, a territory that has moved
    write_credential(tmp_path, replace(CLOUD, code="654-321"))
    assert kept.current() is None
    write_credential(tmp_path, CLOUD)
    (tmp_path / "cloud.credential").unlink()
    assert kept.current() is None


@pytest.mark.parametrize("content", [b"", b"{", b"[" * 5000, b'{"of": "x", "rules": 7}', b"\xff"])
def test_a_broken_file_is_no_choice(tmp_path: Path, content: bytes) -> None:
    """The gate starts with its own file, and hears of the choice from the cloud again."""
    assert "" == ChosenRules(tmp_path, cloud="https://okter.example.ru").unread
    (tmp_path / FILE_NAME).write_bytes(content)
    kept = ChosenRules(tmp_path, cloud="https://okter.example.ru")
    assert (None, True) == (kept.current(), bool(kept.unread))


def test_a_disk_that_takes_nothing_costs_no_choice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It holds until the next start."""

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    kept = ChosenRules(tmp_path, cloud="https://okter.example.ru")
    monkeypatch.setattr(os, "fsync", full)
    kept.take(CHOSEN)
    assert CHOSEN == kept.current()
    assert [] == list(tmp_path.iterdir())


def test_status_and_explain_say_whose_word_it_is(tmp_path: Path) -> None:
    """A row of `gate status`, and beside the key what holds, what the portal has chosen, and which is stronger."""
    box = Box(tmp_path, EXIT + "[policy]\nanti_passback_h = 8\n")
    box.reloader.choose(CHOSEN)
    box.heard()
    rules = box.rules.status()
    status = replace(FakeGate().status(), rules=rules)
    assert status == GateStatus.from_values(status.values())
    (row,) = [one for one in health_rows(status, zone=UTC) if one.name == "правила"]
    assert (True, "повторный въезд — 8 ч (из файла); колонна — включено (выбрал портал)") == (row.well, row.text)
    assert "Сейчас действует: 8 ч (из файла). В портале выбрано: 12 ч." == note_of("policy.anti_passback_h", rules)
    assert "Сейчас действует: включено (выбрал портал)." == note_of("policy.convoy", rules)
    assert "" == note_of("policy.min_frames", rules)
    waits = replace(rules, anti_passback_h=0.0, anti_passback_from="no_exit")
    assert "выключено (в портале выбрано 12 ч, но выезда среди проездов нет)" in note_of(
        "policy.anti_passback_h", waits
    )


def test_explain_asks_the_running_gate(tmp_path: Path) -> None:
    """And says that it does not know where none answers."""
    config = write_config(tmp_path)
    done = in_this_process("config", "explain", "policy.convoy", config=config)
    assert (0, True) == (done.returncode, "неизвестно" in done.stdout)
    (tmp_path / "state").mkdir()
    gate = FakeGate()
    gate.rules = Box(tmp_path, EXIT, CHOSEN).rules.status()
    serving = Serving(tmp_path / "state", gate)
    try:
        done = in_this_process("config", "explain", "policy.convoy", config=config)
    finally:
        serving.end()
    assert "Сейчас действует: выключено (выбрал портал)." in done.stdout
    assert "сильнее" in done.stdout
    assert "сильнее" not in in_this_process("config", "explain", "policy.min_frames", config=config).stdout
