"""Train the plate detector from nothing: `python -m models.training.detector.train --out DIR`.

Stops after `--samples` pictures or `--minutes` of training, whichever comes first; the learning rate decays towards
that point. `--resume` continues from the last checkpoint with the same pictures as without a stop, and the minutes go
on too. The pictures are a function of `--seed`; on one machine and without `--minutes`, so are the weights.
"""

from __future__ import annotations

import argparse
import copy
import math
import random
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Subset
from tqdm import tqdm

from core.errors import FileUnusable
from models.training.checkpoints import read_checkpoint, write_checkpoint
from models.training.detector.export import export_onnx
from models.training.detector.loss import corner_loss, heat_loss, make_targets
from models.training.detector.network import STRIDE, PlateDetector, answers
from models.training.detector.samples import RenderedBatches
from models.training.interrupt import awaited, end_interrupted, leave_to_the_trainer
from models.training.options import count, folder, positive, positive_count, seed
from models.training.outputs import prepare_folder
from models.training.precision import mixed

CHECKPOINT = "plate_detector.pt"
ONNX = "plate_detector.onnx"


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that determines the weights."""

    seed: int = 1
    samples: int = 120_000
    batch: int = 16
    rate: float = 2e-3
    warm_up: int = 4_000
    decay: float = 0.02
    corner_weight: float = 4.0
    average: float = 0.998


class MovingAverage:
    """The weights that are shipped: an exponential moving average of the trained ones."""

    def __init__(self, net: PlateDetector, *, keep: float) -> None:
        self.net = copy.deepcopy(net).eval()
        self._keep = keep
        self.steps = 0

    @torch.no_grad()
    def follow(self, net: nn.Module) -> None:
        self.steps += 1
        keep = min(self._keep, (1 + self.steps) / (10 + self.steps))
        for mine, theirs in zip(self.net.state_dict().values(), net.state_dict().values(), strict=True):
            if mine.dtype.is_floating_point:
                mine.lerp_(theirs, 1 - keep)
            else:
                mine.copy_(theirs)


def learning_rate(recipe: Recipe, seen: int, *, clock: float = 0.0) -> float:
    """Linear warm-up, then a half cosine down to a hundredth. `clock` is the share of the minutes already used."""
    if seen < recipe.warm_up:
        return recipe.rate * (seen + 1) / recipe.warm_up
    progress = min(1.0, max(clock, (seen - recipe.warm_up) / max(1, recipe.samples - recipe.warm_up)))
    return recipe.rate * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * progress)))


def step_loss(
    net: nn.Module, pictures: Tensor, corners: Tensor, roles: Tensor, *, corner_weight: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Total, heat and corner loss of one batch."""
    pictures = pictures.float().contiguous(memory_format=torch.channels_last)
    with mixed(pictures.device):
        head = net(pictures)
    head = head.float()
    targets = make_targets(corners, roles, rows=pictures.shape[2] // STRIDE, columns=pictures.shape[3] // STRIDE)
    heat = heat_loss(head[:, 0], targets)
    shape = corner_loss(answers(head)[1], targets)
    return heat + corner_weight * shape, heat.detach(), shape.detach()


def _resume(
    path: Path, net: PlateDetector, average: MovingAverage, optimiser: torch.optim.Optimizer
) -> tuple[int, float]:
    """Resume the training saved at `path`: pictures seen and seconds spent.

    Ends the program with one line if it cannot.
    """
    state = read_checkpoint(path, needed={"net", "average", "steps", "optimiser", "seen"})
    try:
        net.load_state_dict(state["net"])
        average.net.load_state_dict(state["average"])
        average.steps = state["steps"]
        optimiser.load_state_dict(state["optimiser"])
        return int(state["seen"]), float(state.get("seconds", 0.0))
    except (RuntimeError, ValueError, TypeError, LookupError, AttributeError) as error:
        raise SystemExit(f"{path}: of another network than this one") from error


def train(
    recipe: Recipe, *, out: Path, minutes: float, workers: int, resume: bool, export_minutes: float = 8.0
) -> Path:
    """Train, and write the checkpoint and the ONNX file into `out`; returns the path of the ONNX file.

    `minutes` (above 0, may be infinite) limits the whole training, over all resumes. Ctrl-C writes the checkpoint and
    ends the program.
    """
    torch.manual_seed(recipe.seed)
    random.seed(recipe.seed)
    np.random.seed(recipe.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    net = PlateDetector().to(device)
    net = net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimiser = torch.optim.AdamW(net.parameters(), lr=recipe.rate, weight_decay=recipe.decay)
    average = MovingAverage(net, keep=recipe.average)
    seen, seconds = 0, 0.0
    out.mkdir(parents=True, exist_ok=True)
    if resume and (out / CHECKPOINT).exists():
        seen, seconds = _resume(out / CHECKPOINT, net, average, optimiser)

    def save() -> None:
        state = {
            "net": net.state_dict(),
            "average": average.net.state_dict(),
            "steps": average.steps,
            "optimiser": optimiser.state_dict(),
            "seen": seen,
            "seconds": seconds,
        }
        write_checkpoint(state, out / CHECKPOINT)

    # `seen` counts whole scenes; every third batch consists of close-ups and counts like a batch of scenes
    total = recipe.samples // recipe.batch
    pictures = RenderedBatches(seed=recipe.seed, batches=total, batch=recipe.batch)
    rest = Subset(pictures, range(seen // recipe.batch, total))
    batches = DataLoader(
        rest,
        batch_size=None,
        num_workers=workers,
        prefetch_factor=6 if workers else None,
        worker_init_fn=leave_to_the_trainer,
    )
    exported = time.monotonic()
    started = exported - seconds
    smooth: dict[str, float] = {}
    with awaited() as interrupt, tqdm(total=recipe.samples, initial=seen, unit="img", mininterval=5) as bar:
        for batch in batches:
            seconds = time.monotonic() - started
            clock = seconds / (60 * minutes)
            if clock >= 1:
                break
            image, corners, roles = (part.to(device, non_blocking=True) for part in batch)
            for group in optimiser.param_groups:
                group["lr"] = learning_rate(recipe, seen, clock=clock)
            net.train()
            loss, heat, shape = step_loss(net, image, corners, roles, corner_weight=recipe.corner_weight)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(net.parameters(), 5.0)
            optimiser.step()
            average.follow(net)
            seen += recipe.batch
            for name, value in (("heat", float(heat)), ("corner", float(shape))):
                smooth[name] = 0.98 * smooth.get(name, value) + 0.02 * value
            bar.set_postfix({k: f"{v:.4f}" for k, v in smooth.items()}, refresh=False)
            bar.update(recipe.batch)
            now = time.monotonic()
            if interrupt.asked:
                break
            if now - exported > 60 * export_minutes:
                exported = now
                save()
                export_onnx(average.net, out / ONNX)
        save()
    if interrupt.asked:
        end_interrupted(out / CHECKPOINT)
    export_onnx(average.net, out / ONNX)
    return out / ONNX


def main() -> None:
    defaults = Recipe()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=folder, default=Path("work/detector"))
    parser.add_argument("--seed", type=seed, default=defaults.seed)
    parser.add_argument("--samples", type=positive_count, default=defaults.samples)
    parser.add_argument("--batch", type=positive_count, default=defaults.batch)
    parser.add_argument("--rate", type=positive, default=defaults.rate)
    parser.add_argument("--minutes", type=positive, default=math.inf, help="of training, resumes included")
    parser.add_argument("--workers", type=count, default=1)
    parser.add_argument("--threads", type=count, default=0, help="threads of the trainer; 0 leaves it to torch")
    parser.add_argument("--resume", action="store_true")
    given = parser.parse_args()
    try:
        prepare_folder(given.out)
    except FileUnusable as error:
        parser.error(str(error))
    if given.threads:
        torch.set_num_threads(given.threads)
    recipe = Recipe(seed=given.seed, samples=given.samples, batch=given.batch, rate=given.rate)
    print(train(recipe, out=given.out, minutes=given.minutes, workers=given.workers, resume=given.resume))


if __name__ == "__main__":
    main()
