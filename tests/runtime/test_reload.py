"""The config read again while the gate runs: what can be taken is, what cannot is named, what is broken changes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from core.events import Instant, PolicyChanged
from core.gate import start, step
from core.passes.pass_list import PassList
from core.rules.policy import Direction, Policy
from edge.cli import gate as command
from edge.config import GateConfig, load
from edge.config.describe import all_keys
from edge.config.live import LIVE_VIEW, Reloaded, changes, is_live, taken_live
from edge.runtime.inbox import Inbox
from edge.runtime.reload import Reloader
from tests.configs import write_config
from tests.console.gates import FakeGate, Serving

NOW = Instant(5.0, datetime(2026, 12, 1, tzinfo=UTC), wall_trusted=True)


class Running:
    """A gate's reloader, and what it was asked to do."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.inbox = Inbox()
        self.looks: list[tuple[str, tuple[float, ...]]] = []
        self.notes: list[tuple[str, str]] = []
        self.told: list[tuple[object, ...]] = []
        self.failing: frozenset[str] = frozenset()
        self.reloader = Reloader(
            load(write_config(folder)),
            inbox=self.inbox,
            change_view=lambda lane, view: self.looks.append((lane, view.zone)),
            note=lambda kind, _, detail: self.notes.append((kind, detail)),
            now=lambda: NOW,
            change_notices=self._notices,
        )

    def _notices(self, config: GateConfig, tables: Iterable[str]) -> frozenset[str]:
        self.told.append((config.telegram.chats, *tables))
        return self.failing

    def events(self) -> list[object]:
        found = []
        while (item := self.inbox.take(0)) is not None:
            found.append(item.event)
        return found


@pytest.fixture
def running(tmp_path: Path) -> Running:
    return Running(tmp_path)


def test_thresholds_and_zones_are_taken_at_once(running: Running) -> None:
    """The core is told, the lane is looked at otherwise, the journal says who asked and for what."""
    write_config(running.folder, "[policy]\nmin_frames = 4\n[camera]\nzone = [0.1, 0.2, 0.9, 1.0]\n")
    found = running.reloader.reload("console:Анна")
    assert Reloaded(live=("policy.min_frames", "lane.entry.zone")) == found
    assert [PolicyChanged(at=NOW, policy=Policy(min_frames=4))] == running.events()
    assert [("entry", (0.1, 0.2, 0.9, 1.0))] == running.looks
    assert [("settings_changed", "console:Анна: policy.min_frames, lane.entry.zone")] == running.notes


def test_notices_are_taken_at_once(running: Running) -> None:
    """Whom to tell is handed on, once; what could not be taken waits for a restart and is tried again."""
    write_config(running.folder, '[telegram]\ntoken = "1:a"\nchats = [7]\n[web_push]\nquiet = "23-7"\n')
    running.failing = frozenset({"telegram"})
    found = running.reloader.reload("cli:root")
    assert (("web_push.quiet",), {"telegram.token", "telegram.chats"}) == (found.live, set(found.restart))
    running.failing = frozenset()
    assert {"telegram.token", "telegram.chats"} == set(running.reloader.reload("cli:root").live)
    assert Reloaded() == running.reloader.reload()
    assert [((7,), "telegram", "web_push"), ((7,), "telegram")] == running.told


def test_what_needs_a_restart_is_named_and_goes_on_as_it_was(running: Running) -> None:
    """A camera's address, the store, a port: named each time it is asked, and nothing is done."""
    write_config(
        running.folder, "[store]\nkeep_days = 30\n[metrics]\nport = 9480\n", replacing=("file:clip.mp4", "/dev/video0")
    )
    for _ in range(2):
        found = running.reloader.reload()
        assert {"store.keep_days", "metrics.port", "lane.entry.camera"} == set(found.restart)
        assert ((), [], [], []) == (found.live, running.events(), running.looks, running.notes)


def test_a_file_with_a_fault_changes_nothing(running: Running) -> None:
    """The gate goes on with what it has, and the answer names the line; once mended, the change is taken."""
    write_config(running.folder, "[policy]\nmin_frames = 400\n")
    assert "policy.min_frames" in running.reloader.reload().error
    assert [] == running.events()
    write_config(running.folder, "[policy]\nmin_frames = 3\n")
    assert ("policy.min_frames",) == running.reloader.reload().live


def test_what_is_taken_once_is_no_change_the_second_time(running: Running) -> None:
    """Nor is a file that says the same in other words."""
    write_config(running.folder, "[policy]\nmin_frames = 4\n")
    running.reloader.reload()
    running.events()
    assert Reloaded() == running.reloader.reload()
    assert [] == running.events()


def test_a_lane_that_comes_or_goes_waits_for_a_restart(running: Running) -> None:
    """The lanes that run stay those that run."""
    write_config(running.folder, replacing=('name = "entry"', 'name = "north"'))
    assert Reloaded(restart=("lane",)) == running.reloader.reload()


def test_who_is_inside_is_not_watched_before_the_exit_that_sees_them_leave(running: Running) -> None:
    """A file that brings the exit lane and anti-passback together waits with both for the restart."""
    entry_only = load(write_config(running.folder))
    lanes = tuple(lane for lane in entry_only.lanes if lane.direction is not Direction.EXIT)
    running_now = replace(entry_only, lanes=lanes)
    read = replace(entry_only, policy=replace(entry_only.policy, anti_passback_h=8.0))

    assert "policy.anti_passback_h" in changes(running_now, read).restart
    assert 0.0 == taken_live(running_now, read).policy.anti_passback_h

    with_exit = replace(entry_only, lanes=(*lanes, replace(lanes[0], name="out", direction=Direction.EXIT)))
    assert "policy.anti_passback_h" in changes(with_exit, read).live
    assert 8.0 == taken_live(with_exit, read).policy.anti_passback_h


def test_the_core_decides_by_the_new_thresholds_from_then_on() -> None:
    """The state carries them; nothing else of it changes."""
    state = start(load_site(), PassList())
    after, effects = step(state, PolicyChanged(at=NOW, policy=Policy(min_frames=9)))
    assert (9, ()) == (after.site.policy.min_frames, effects)
    assert state.lanes == after.lanes


def load_site():
    from core.rules.policy import Direction, Lane, Site

    return Site((Lane("entry", Direction.ENTRY, "main"),))


def test_live_keys_are_those_of_the_policy_of_notices_and_of_looking() -> None:
    """Every key of [policy] and of notices, and of [camera] those by which a picture is looked at; an address is none."""
    live = {item.name for item in all_keys() if is_live(item.name)}
    policy = {item.name for item in all_keys() if item.table in {"policy", "telegram", "web_push"}}
    assert policy | {f"camera.{name}" for name in LIVE_VIEW} == live


def test_the_command_line_says_what_the_gate_has_taken(tmp_path: Path) -> None:
    """Of a gate that runs by that file; of another, and of what it cannot take, it names the restart."""
    file = write_config(tmp_path)
    config = load(file)
    config.state_dir.mkdir()
    gate = FakeGate()
    gate.config, gate.reloaded = str(file), Reloaded(live=("policy.min_frames",))
    serving = Serving(config.state_dir, gate)

    def told(*arguments: str) -> str:
        return CliRunner().invoke(command, ["config", *arguments, "--config", str(file)]).output

    try:
        assert "действует сразу" in told("set", "policy.min_frames", "3")
        assert "systemctl restart okter-gate" in told("set", "store.keep_days", "30")
        back = told("rollback")
        assert "действует сразу: policy.min_frames" in back
        assert "перезапуска" not in back
        gate.reloaded = Reloaded(restart=("console.port",))
        assert "перезапуска: systemctl restart okter-gate-console\n" in told("rollback")
        gate.reloaded = Reloaded(live=("policy.min_frames",))
        gate.config = "/elsewhere.toml"
        assert "systemctl restart okter-gate" in told("set", "policy.min_frames", "5")
    finally:
        serving.end()
