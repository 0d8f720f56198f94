"""Rules of the trainer's feed: the order of its batches, and what happens when a rendering process is gone."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections import deque
from pathlib import Path
from subprocess import PIPE

import pytest

from models.training.ocr.feed import batches


def test_a_rendering_process_that_dies_ends_the_training() -> None:
    """Killed, even within a batch, a worker is an error that names it, not a wait without end."""
    feed = batches((1,), size=8, workers=1)
    next(feed)
    (worker,) = (process for process in multiprocessing.active_children() if process.name == "render-0")
    worker.kill()
    with pytest.raises(RuntimeError, match=r"render-0 died \(exit code -9\)"):
        deque(feed, maxlen=0)  # what the worker had sent before is still good


_TRAINER = """
import multiprocessing
from models.training.ocr.feed import batches
if __name__ == "__main__":
    feed = batches((1,), size=8, workers=1)
    next(feed)
    print(multiprocessing.active_children()[0].pid, flush=True)
    input()
"""


def test_a_trainer_that_is_killed_takes_its_rendering_processes_along(tmp_path: Path) -> None:
    """No rendering process, with its hundreds of megabytes, outlives the training that it renders for."""
    script = tmp_path / "trainer.py"
    script.write_text(_TRAINER, encoding="utf-8")
    path = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen([sys.executable, script], stdin=PIPE, stdout=PIPE, text=True, env=path) as trainer:
        assert trainer.stdout is not None
        renderer = int(trainer.stdout.readline())
        trainer.kill()
    try:
        deadline = time.monotonic() + 10
        while _lives(renderer) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert not _lives(renderer)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(renderer, signal.SIGKILL)


def _lives(pid: int) -> bool:
    """Whether the process runs; one that has ended and that nobody has fetched yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
