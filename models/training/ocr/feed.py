"""Batches for the trainer from its own rendering processes, in an order determined by a seed."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Iterator
from multiprocessing.process import BaseProcess
from multiprocessing.queues import Queue
from queue import Empty

import cv2

from models.training.interrupt import left_to_the_trainer
from models.training.plates.conditions import EASY, GATE, TRAINING
from models.training.plates.samples import Batch, Stream

_DEPTH = 6
_PATIENCE_S = 5.0
"""After this long without a batch, check whether its process is alive."""


def batches(
    seed: tuple[int, ...], *, size: int, workers: int, start: int = 0, easy: int = 0, fonts: str | None = None
) -> Iterator[Batch]:
    """Endless batches, the first `easy` of them in easy conditions; `workers` = 0 renders in this process.

    Batches are taken from the workers in turn, so the same seed and number of workers give the same order. `start`
    (batches already seen) selects another part of the stream after a resume. Raises RuntimeError if a worker dies.
    """
    if workers == 0:
        cv2.setNumThreads(1)
        yield from _rendered((*seed, start), size=size, easy=easy, fonts=fonts)
    context = multiprocessing.get_context("spawn")
    queues: list[Queue[Batch]] = [context.Queue(_DEPTH) for _ in range(workers)]
    processes = [
        context.Process(
            target=_render,
            args=((*seed, start, index), size, easy // workers, queue, fonts),
            daemon=True,
            name=f"render-{index}",
        )
        for index, queue in enumerate(queues)
    ]
    for process, queue in zip(processes, queues, strict=True):
        with left_to_the_trainer():
            process.start()
        # Now only the worker holds the writing end: if it is killed within a batch, we see the end instead of waiting.
        queue._writer.close()  # type: ignore[attr-defined]  # noqa: SLF001 - the class has no public way
    try:
        while True:
            for process, queue in zip(processes, queues, strict=True):
                yield _next(queue, process)
    finally:
        for process in processes:
            process.terminate()


def _next(queue: Queue[Batch], process: BaseProcess) -> Batch:
    """The next batch of `process`; RuntimeError if it has died."""
    while True:
        try:
            return queue.get(timeout=_PATIENCE_S)
        except Empty:
            if process.is_alive():
                continue
        except (EOFError, OSError):  # its end of the queue is closed
            process.join(_PATIENCE_S)
        message = f"the rendering process {process.name} died (exit code {process.exitcode})"
        raise RuntimeError(message)


def _rendered(seed: tuple[int, ...], *, size: int, easy: int, fonts: str | None) -> Iterator[Batch]:
    """Batches from one seed, the first `easy` of them easy."""
    stream = Stream(seed, size=size, fonts=fonts)
    while True:
        stream.conditions = (EASY,) if easy > 0 else (GATE, TRAINING, GATE)
        easy -= 1
        yield stream.batch()


def _render(seed: tuple[int, ...], size: int, easy: int, queue: Queue[Batch], fonts: str | None) -> None:
    cv2.setNumThreads(1)
    threading.Thread(target=_end_with_the_trainer, daemon=True).start()
    for batch in _rendered(seed, size=size, easy=easy, fonts=fonts):
        queue.put(batch)


def _end_with_the_trainer() -> None:
    """End this rendering process when its trainer has died and so cannot end it: it would wait in `put` for ever."""
    trainer = multiprocessing.parent_process()
    if trainer is not None:
        trainer.join()
        os._exit(1)
