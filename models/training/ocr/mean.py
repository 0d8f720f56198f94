"""Averages the final weights of several trainings of one reader.

    python -m models.training.ocr.mean work/first/checkpoint.pt work/second/checkpoint.pt --out work/mean.pt

Trainings that continue from one another with a cyclic learning rate end on different sides of one flat minimum. Their
mean reads different kinds of pictures more evenly than any of them (Izmailov et al. 2018, arXiv:1803.05407). The result
is a checkpoint for `models.training.ocr.calibrate` and for `--from`.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor

from models.training.checkpoints import write_checkpoint
from models.training.ocr.checkpoint import checkpoint_of, take
from models.training.ocr.network import PlateReader

State = Mapping[str, Tensor]


def mean_of(states: Sequence[State]) -> dict[str, Tensor]:
    """The mean of each parameter of networks of one shape; counters, which are not weights, from the last."""
    return {
        name: torch.stack([state[name] for state in states]).mean(dim=0) if last.is_floating_point() else last
        for name, last in states[-1].items()
    }


def mean_checkpoint(paths: Sequence[Path]) -> dict[str, object]:
    """A checkpoint with the mean of the weights in `paths`. Ends the program with one line if one does not fit."""
    averages = []
    samples = 0
    for path in paths:
        state = checkpoint_of(path)
        take(PlateReader(), state["average"], path=path)
        averages.append(state["average"])
        samples = max(samples, state["samples"])
    mean = mean_of(averages)
    return {"reader": mean, "average": mean, "samples": samples}


def main() -> None:
    """Parse the command line, read, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoints", type=Path, nargs="+", metavar="CHECKPOINT")
    parser.add_argument("--out", type=Path, required=True, help="the checkpoint to write")
    given = parser.parse_args()
    mean = mean_checkpoint(given.checkpoints)
    try:
        write_checkpoint(mean, given.out)
    except (OSError, RuntimeError) as error:
        raise SystemExit(f"{given.out}: {getattr(error, 'strerror', None) or error}") from error
    print(f"{given.out}: the mean of {len(given.checkpoints)}, {mean['samples']} pictures")


if __name__ == "__main__":
    main()
