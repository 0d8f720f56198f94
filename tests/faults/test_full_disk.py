"""A disk without a byte of room."""

from __future__ import annotations

import pytest

from tests.faults.conftest import Site, fill, until

pytestmark = pytest.mark.long


def test_a_gate_starts_on_a_full_disk(small_disk: Site) -> None:
    """The list is read, nobody is told that he has no pass, the barrier opens; with room again all is written."""
    small_disk.gate("passes", "add", "A123BC77")
    fill(small_disk.view)
    small_disk.run()
    status = small_disk.up()

    assert 1 == status.passes
    assert small_disk.opens()
    assert until(lambda: (found := small_disk.status()) and found.journal.waiting and found.journal.trouble)
    assert 0 == small_disk.gate("passes", "check", "A123BC77").returncode

    (small_disk.view / "filler").unlink()
    assert until(lambda: (found := small_disk.status()) and not found.journal.waiting)
    assert until(lambda: not small_disk.alarms())  # the list is opened for writing again within seconds
    assert "console" in small_disk.gate("events", "--json").stdout


def test_the_ballast_goes_first(small_disk: Site) -> None:
    """With a ballast laid, a gate that starts on a full disk has room at once, and its records are on the disk."""
    small_disk.gate("passes", "add", "A123BC77")
    (small_disk.view / "ballast.bin").write_bytes(bytes(1 << 20))
    fill(small_disk.view)
    process = small_disk.run()
    small_disk.up()
    assert not (small_disk.view / "ballast.bin").exists()
    assert not small_disk.alarms()
    assert small_disk.opens()
    assert until(lambda: "console" in small_disk.gate("events", "--json").stdout)
    process.kill()
    process.wait()
    assert "console" in small_disk.gate("events", "--json").stdout
