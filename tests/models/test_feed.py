"""Rules of the trainer's feed: the order of its batches, and what happens when a rendering process is gone."""

from __future__ import annotations

import multiprocessing
from collections import deque

import pytest

from models.training.ocr.feed import batches


def test_a_rendering_process_that_dies_ends_the_training() -> None:
    """Killed, even within a batch, a worker is an error that names it, not a wait without end."""
    feed = batches(1, size=8, workers=1)
    next(feed)
    (worker,) = (process for process in multiprocessing.active_children() if process.name == "render-0")
    worker.kill()
    with pytest.raises(RuntimeError, match=r"render-0 died \(exit code -9\)"):
        deque(feed, maxlen=0)  # what the worker had sent before is still good
