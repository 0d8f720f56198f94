"""The demo's processes: none outlives it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

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
