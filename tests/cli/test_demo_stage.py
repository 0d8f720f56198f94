"""The demo's processes: none outlives it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from edge.demo.play import play_on
from edge.demo.stage import DemoFailed, Stage

PROGRAM = """
import sys
from edge.demo.stage import Stage
with Stage() as stage:
    print(stage.folder, stage.start("relay").pid, flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_demo_that_is_told_to_go_leaves_nothing_behind(number: signal.Signals) -> None:
    """On a signal its processes end and its folder is removed."""
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as demo:
        folder, child = demo.stdout.readline().split()

        demo.send_signal(number)

        assert 128 + number == demo.wait(timeout=60)
    assert not Path(folder).exists()
    with pytest.raises(ProcessLookupError):
        os.kill(int(child), 0)


def test_a_barrier_process_whose_gate_was_killed_ends_with_the_demo() -> None:
    """It is a session of its own and outlives a killed gate: the demo finds it by its lock."""
    with Stage() as stage:
        command = [
            sys.executable,
            "-c",
            "import time; print(flush=True); time.sleep(600)",
            "--config",
            str(stage.config),
        ]
        orphan = subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True)
        assert orphan.stdout is not None
        orphan.stdout.readline()
        stage.state_dir.mkdir()
        (stage.state_dir / "relay.lock").write_text(f"{orphan.pid}\n", encoding="ascii")

    with orphan:
        ended = orphan.poll()
        orphan.kill()
    assert ended == -signal.SIGTERM


def test_a_demo_whose_gate_ends_says_so() -> None:
    """Not a prompt without a word."""
    with Stage() as stage:
        gate = stage.start("nonsense", log="run")
        with pytest.raises(DemoFailed, match="nonsense"):
            play_on(stage, gate)
