"""Processes that train one network together: each renders and learns from its own pictures, all take the same step.

On a CPU this is faster than threads within a step, because rendering and learning use every core evenly.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Final

import torch
from torch import Tensor, distributed, multiprocessing

from models.training.interrupt import left_to_the_trainer

_PATIENCE: Final = timedelta(minutes=3)
"""How long others may be absent; the leader's longest absence is the export of the weights, some seconds."""


@dataclass(frozen=True, slots=True)
class Team:
    """This process's rank among `size`. Rank 0 leads: it has the clock, keeps the average and saves."""

    rank: int = 0
    size: int = 1

    @property
    def leads(self) -> bool:
        return self.rank == 0

    def told(self, value: float) -> float:
        """The leader's value, in every process."""
        if self.size == 1:
            return value
        said = torch.tensor(value, dtype=torch.float64)
        distributed.broadcast(said, src=0)
        return float(said)

    def average(self, parameters: Iterable[Tensor]) -> None:
        """Replace the gradients by their mean over all processes."""
        if self.size == 1:
            return
        gradients = [p.grad for p in parameters if p.grad is not None]
        flat = torch.cat([gradient.flatten() for gradient in gradients])
        distributed.all_reduce(flat)
        flat /= self.size
        parts = torch.split(flat, [gradient.numel() for gradient in gradients])
        for gradient, part in zip(gradients, parts, strict=True):
            gradient.copy_(part.view_as(gradient))


def together(size: int, work: Callable[[Team], None]) -> None:
    """Run `work` in `size` processes, with this one as leader. Raises RuntimeError if one of them fails."""
    if size == 1:
        work(Team())
        return
    with tempfile.TemporaryDirectory() as folder:
        meeting = Path(folder) / "meeting"
        context = multiprocessing.get_context("spawn")
        others = [
            # not daemons: those may not have child processes, which render for them
            context.Process(target=_join, args=(work, Team(rank, size), meeting, torch.get_num_threads()))
            for rank in range(1, size)
        ]
        with left_to_the_trainer():
            for process in others:
                process.start()
        try:
            with _met(Team(0, size), meeting):
                work(Team(0, size))
            _see_to_their_end(others)
        finally:
            for process in others:
                process.terminate()
                process.join()


def _see_to_their_end(others: Sequence[BaseProcess]) -> None:
    """Wait until all are done. Raises RuntimeError if one failed after its last exchange."""
    for rank, process in enumerate(others, 1):
        process.join(_PATIENCE.total_seconds())
        if process.exitcode != 0:
            message = f"process {rank} of the training failed (exit code {process.exitcode})"
            raise RuntimeError(message)


def _join(work: Callable[[Team], None], team: Team, meeting: Path, threads: int) -> None:
    torch.set_num_threads(threads)
    with _met(team, meeting):
        work(team)


@contextmanager
def _met(team: Team, meeting: Path) -> Iterator[None]:
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")  # otherwise it listens on the address of the machine's name
    distributed.init_process_group(
        "gloo", init_method=meeting.as_uri(), rank=team.rank, world_size=team.size, timeout=_PATIENCE
    )
    try:
        yield
    finally:
        distributed.destroy_process_group()
