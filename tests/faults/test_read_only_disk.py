"""A worn card: the state folder takes no writing any more."""

from __future__ import annotations

import json
import os
import signal

import pytest

from tests.faults.conftest import Site, until
from tests.patience import PATIENCE_S


@pytest.mark.long
def test_the_gate_works_on(read_only: Site) -> None:
    """Gate and relay start, the list holds, the barrier opens, the journal is kept, and the alarm is told."""
    read_only.add_pass("A123BC77")
    process = read_only.run()
    status = read_only.up()

    assert 1 == status.passes
    assert {"state_read_only"} == read_only.alarms()
    assert read_only.opens()
    assert until(lambda: "console" in read_only.gate("events", "--json").stdout)
    assert not [file for file in read_only.state_dir.iterdir() if file.name.endswith((".sock", ".lock"))]

    second = read_only.gate("run")
    assert (1, True) == (second.returncode, str(process.pid) in second.stderr)

    added = read_only.gate("passes", "add", "K777KK77")
    assert (0, True) == (added.returncode, "до отключения питания" in added.stderr)
    assert until(lambda: (found := read_only.status()) and found.passes == 2)

    os.kill(process.pid, signal.SIGTERM)
    assert 0 == process.wait(PATIENCE_S)
    read_only.run()
    assert 2 == read_only.up().passes  # what the cloud and the guard changed meanwhile is not lost by a restart


def test_the_list_can_be_looked_at(read_only: Site) -> None:
    """`passes list`, `check` and `export` read an intact list without writing, and say nothing of an error."""
    read_only.add_pass("A123BC77")
    assert ["A123BC77"] == [json.loads(read_only.gate("passes", "list", "--json").stdout)["plate"]]
    assert 0 == read_only.gate("passes", "check", "A123BC77").returncode
    assert 1 == read_only.gate("passes", "check", "K777KK77").returncode
    assert "A123BC77" in read_only.gate("passes", "export").stdout


@pytest.mark.long
def test_a_list_without_its_file_is_read_from_the_copy(read_only: Site) -> None:
    """With the file damaged as well the good copy answers, and it is said that it is one."""
    read_only.add_pass("A123BC77")
    for part in read_only.state_dir.glob("passes.db*"):
        part.write_bytes(b"")
    checked = read_only.gate("passes", "check", "A123BC77")
    assert (0, True) == (checked.returncode, "копия" in checked.stderr)
    read_only.run()
    assert 1 == read_only.up().passes
    assert {"state_read_only", "list_restored"} == read_only.alarms()
