"""A figure that nobody has counted is told as unknown, and not as nought."""

from __future__ import annotations

import resource
from datetime import UTC
from pathlib import Path

import pytest

from core.instant import Instant
from edge.config import load
from edge.health import health_rows, without_gate
from edge.runtime import syncing
from edge.runtime.answers import cloud_state
from edge.runtime.clock import Clock
from edge.runtime.status import memory_mb
from edge.runtime.syncing import CloudWorker
from edge.store.errors import StoreBroken
from relay.fake import FakeRelay
from sync.link import NOTHING
from tests.runtime.threads import running, wait_until


def test_memory_is_counted_in_the_pages_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Raspberry Pi 5 has pages of 16 KiB: counted by 4 KiB, a gate would seem to use a quarter of what it does."""
    statm = tmp_path / "statm"
    statm.write_text("9000 5000 100 1 0 200 0\n")
    monkeypatch.setattr(resource, "getpagesize", lambda: 16384)
    assert 81.9 == memory_mb(statm)


def test_memory_that_the_kernel_does_not_tell_is_unknown(tmp_path: Path) -> None:
    """Where /proc says nothing, nothing is told: no process takes no memory."""
    assert memory_mb(tmp_path / "statm") is None


def test_the_queue_of_a_link_that_never_ran_is_unknown() -> None:
    """The journal may hold a month; nobody has looked yet."""
    assert cloud_state(NOTHING).queue is None


def test_a_link_that_the_disk_keeps_from_starting_says_so(
    config_file: Path, noon: Instant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its status is lost with the disk's trouble, and not "starting" for ever."""
    config_file.write_text(config_file.read_text() + '\n[cloud]\nurl = "https://okter.invalid"\n')
    config = load(config_file)
    config.state_dir.mkdir(parents=True)

    def broken(_path: Path) -> None:
        raise StoreBroken(_path, "I/O error")

    monkeypatch.setattr(syncing, "PassStore", broken)
    worker = CloudWorker(
        config, clock=Clock(), relay=FakeRelay(), passes_changed=lambda: None, gate_status=lambda: None
    )
    assert ("starting", "") == (worker.status().state, worker.status().error)
    with running(worker.run):
        wait_until(lambda: worker.status().state == "lost")
    assert "I/O error" in worker.status().error


def test_without_the_gate_the_cloud_is_unknown_and_not_unconfigured(config_file: Path) -> None:
    """`gate status` of a box whose `gate run` is dead says neither "local list only" nor an empty queue."""
    config_file.write_text(config_file.read_text() + '\n[cloud]\nurl = "https://okter.invalid"\n')
    found = without_gate(load(config_file), None)
    assert ("unknown", None, None) == (found.cloud.state, found.cloud.queue, found.memory_mb)
    assert health_rows(found, zone=UTC)
