"""Train the plate reader: `python -m models.training.ocr.train --out DIR [--samples N | --minutes M] [--resume | --from FILE]`.

Can be stopped and resumed at any time; the checkpoint holds the network, its moving average, the optimiser and the
number of samples. With `--samples`, one seed and one number of processes and workers give the same weights on the same
machine; `--minutes` fits the learning-rate schedule to the clock instead. `--from` starts a new schedule, of that many
samples or minutes, with the weights of another run's checkpoint. On a CPU, `--processes` with one core each is fastest.
"""

from __future__ import annotations

import argparse
import copy
import functools
import itertools
import json
import math
import os
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from tqdm import tqdm

from core.errors import FileUnusable
from models.training.checkpoints import write_checkpoint
from models.training.interrupt import Interrupt, awaited, end_interrupted
from models.training.ocr.checkpoint import checkpoint_of, take
from models.training.ocr.export import parameters, write_manifest, write_onnx, write_yaml
from models.training.ocr.feed import batches
from models.training.ocr.grow import grown
from models.training.ocr.loss import Labelled, loss_of, on
from models.training.ocr.network import PlateReader
from models.training.ocr.team import Team, together
from models.training.options import count, folder, positive, positive_count, seed, share
from models.training.outputs import prepare_folder
from models.training.plates.samples import Stream
from models.training.precision import mixed

EASY_SAMPLES = 50_000
"""A training begins with this many pictures in easy conditions."""
VALIDATION_SEED = 1_000_003
VALIDATION_PLATES = 512
SAID_EVERY_S = 300
SAVED_EVERY_S = 400


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that determines the weights."""

    out: Path
    samples: int
    minutes: float | None
    batch: int
    rate: float
    decay: float
    average: float
    seed: int
    workers: int
    fonts: str | None
    still: int = 0
    """Number of first layers whose weights are frozen."""


@dataclass(slots=True)
class Run:
    """A training in progress."""

    reader: PlateReader
    average: PlateReader
    optimiser: torch.optim.Optimizer
    samples: int = 0
    begun_at: int = 0
    """Samples seen before this schedule began."""
    seconds: float = 0.0

    def progress(self, recipe: Recipe) -> float:
        """Share of the schedule done; 1 is the end."""
        if recipe.minutes is not None:
            return self.seconds / (recipe.minutes * 60)
        return (self.samples - self.begun_at) / recipe.samples

    def save(self, path: Path) -> None:
        state = {
            "reader": self.reader.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "samples": self.samples,
            "begun_at": self.begun_at,
            "seconds": self.seconds,
        }
        write_checkpoint(state, path)

    def load(self, path: Path) -> None:
        """Resume the run saved at `path`. Ends the program with one line if no run was stopped there."""
        state = checkpoint_of(path)
        if "optimiser" not in state:
            raise SystemExit(f"{path}: weights of no run that stopped; begin one with --from")
        take(self.reader, state["reader"], path=path)
        take(self.average, state["average"], path=path)
        self.optimiser.load_state_dict(state["optimiser"])
        self.samples, self.begun_at, self.seconds = state["samples"], state["begun_at"], state["seconds"]

    def begin_at(self, path: Path, *, seed: int) -> None:
        """Begin a schedule with the weights of `path`; those of the first, smaller network work too."""
        state = checkpoint_of(path)
        take(self.reader, grown(state["reader"], seed=seed), path=path)
        take(self.average, grown(state["average"], seed=seed), path=path)
        self.samples = self.begun_at = state["samples"]


def rate_at(progress: float, peak: float) -> float:
    """A short warm-up, then a half cosine down to a hundredth."""
    warm = min(1.0, progress / 0.01) if progress < 0.01 else 1.0
    return peak * warm * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(progress, 1.0))))


def hold_still(reader: PlateReader, layers: int) -> None:
    """Freeze the first `layers` with their normalisation: edges stay edges, and a third of a step is saved."""
    for layer in list(reader.features)[:layers]:
        layer.eval().requires_grad_(requires_grad=False)


@torch.no_grad()
def exact(reader: PlateReader, pictures: Tensor, symbols: Tensor) -> Tensor:
    """Which pictures are read completely right, `bool [n]`."""
    reader.eval()
    parts = [reader(chunk)[0].argmax(-1) for chunk in torch.split(pictures, 128)]
    return (torch.cat(parts) == symbols).all(dim=1)


def train(team: Team, recipe: Recipe, *, resume: bool, begin_at: Path | None = None) -> None:
    """Train to the end of the recipe and write the weights, as one of `team`.

    `resume` continues the checkpoint in the folder; if there is none, `begin_at` names another run's to start from.
    Ctrl-C writes the checkpoint and ends the program.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(recipe.seed)
    recipe.out.mkdir(parents=True, exist_ok=True)
    reader = PlateReader().to(device)
    reader = reader.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = copy.deepcopy(reader).requires_grad_(requires_grad=False)
    decayed = [p for p in reader.parameters() if p.ndim > 1]
    others = [p for p in reader.parameters() if p.ndim <= 1]
    optimiser = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": recipe.decay}, {"params": others, "weight_decay": 0.0}],
        lr=recipe.rate,
        betas=(0.9, 0.98),
    )
    run = Run(reader, average, optimiser)
    checkpoint = recipe.out / "checkpoint.pt"
    if resume and checkpoint.exists():
        run.load(checkpoint)
    elif begin_at is not None:
        run.begin_at(begin_at, seed=recipe.seed)
    if team.leads:
        print(f"{parameters(reader):,} parameters on {device}, {run.samples:,} samples seen")
    feed = batches(
        (recipe.seed, team.rank),
        size=recipe.batch // team.size,
        workers=recipe.workers,
        start=run.samples // recipe.batch,
        easy=(EASY_SAMPLES - run.samples) // recipe.batch,
        fonts=recipe.fonts,
    )
    with awaited() as interrupt:
        try:
            # Before the progress bar: rendering processes are started with Ctrl-C ignored, which would get lost here.
            begun = itertools.chain([next(feed)], feed)
            _loop(run, recipe, team=team, feed=begun, device=device, interrupt=interrupt)
        finally:
            feed.close()  # type: ignore[attr-defined]
        if team.leads:
            run.save(checkpoint)
    if interrupt.asked and team.leads:
        end_interrupted(checkpoint)
    if team.leads:
        write_weights(run.average, recipe.out)


def _loop(run: Run, recipe: Recipe, *, team: Team, feed: object, device: torch.device, interrupt: Interrupt) -> None:
    held: Labelled | None = None
    started, saved, said = time.monotonic() - run.seconds, time.monotonic(), time.monotonic()
    log = (recipe.out / "log.jsonl" if team.leads else Path(os.devnull)).open("a", encoding="utf-8")
    with (
        log,
        tqdm(
            total=run.begun_at + recipe.samples,
            initial=run.samples,
            unit="plate",
            unit_scale=True,
            mininterval=10,
            disable=not team.leads,
        ) as bar,
    ):
        for batch in feed:  # type: ignore[attr-defined]
            run.seconds = time.monotonic() - started
            progress = team.told(math.inf if interrupt.asked else run.progress(recipe))
            if progress >= 1:
                break
            for group in run.optimiser.param_groups:
                group["lr"] = rate_at(progress, recipe.rate)
            run.reader.train()
            hold_still(run.reader, recipe.still)
            with mixed(device):
                loss = loss_of(run.reader, on(device, batch))
            run.optimiser.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            team.average(run.reader.parameters())
            nn.utils.clip_grad_norm_(run.reader.parameters(), 2.0)
            run.optimiser.step()
            run.samples += recipe.batch
            if not team.leads:
                continue
            _follow(run, recipe)
            bar.update(recipe.batch)
            if time.monotonic() - said > SAID_EVERY_S:
                said = time.monotonic()
                if held is None:
                    held = on(device, Stream(VALIDATION_SEED, size=VALIDATION_PLATES).batch())
                share = exact(run.average, held.pictures, held.answers).float().mean().item()
                bar.set_postfix(loss=f"{loss.item():.3f}", exact=f"{share:.3f}")
                line = {
                    "samples": run.samples,
                    "seconds": round(run.seconds),
                    "loss": round(loss.item(), 4),
                    "exact": round(share, 4),
                }
                log.write(json.dumps(line) + "\n")
                log.flush()
            if time.monotonic() - saved > SAVED_EVERY_S:
                saved = time.monotonic()
                run.save(recipe.out / "checkpoint.pt")
                write_weights(run.average, recipe.out)


@torch.no_grad()
def _follow(run: Run, recipe: Recipe) -> None:
    """Move the average one step towards the network; a young average moves faster."""
    steps = run.samples // recipe.batch
    keep = min(recipe.average, (1 + steps) / (10 + steps))
    for mean, now in zip(run.average.state_dict().values(), run.reader.state_dict().values(), strict=True):
        if mean.is_floating_point():
            mean.lerp_(now, 1 - keep)
        else:
            mean.copy_(now)


def write_weights(reader: PlateReader, folder: Path) -> None:
    """Export a copy of `reader`, ready to ship, into `folder`."""
    shipped = copy.deepcopy(reader).cpu().float().eval()
    write_onnx(shipped, folder / "plate_ocr.onnx")
    write_yaml(folder / "plate_ocr.yaml")
    write_manifest(folder)


def main() -> None:
    """Parse the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=folder, default=Path("work/plate_ocr"))
    parser.add_argument("--samples", type=positive_count, default=2_500_000)
    parser.add_argument("--minutes", type=positive)
    parser.add_argument("--batch", type=positive_count, default=64)
    parser.add_argument("--rate", type=positive, default=1.5e-3)
    parser.add_argument("--decay", type=share, default=0.02)
    parser.add_argument("--average", type=share, default=0.999)
    parser.add_argument("--seed", type=seed, default=1)
    parser.add_argument(
        "--processes", type=positive_count, default=1, help="that share each batch and take steps together"
    )
    parser.add_argument(
        "--workers", type=count, help="processes that only draw, for each; 0: it draws itself, as several do by default"
    )
    parser.add_argument("--threads", type=positive_count, default=1)
    parser.add_argument("--fonts", help="a folder of more TrueType fonts, for variety")
    parser.add_argument("--still", type=count, default=0, help="so many of the first layers keep their weights")
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--from", type=Path, dest="begin_at", help="a checkpoint of another run to begin at")
    options = vars(parser.parse_args())
    if options["workers"] is None:
        options["workers"] = 1 if options["processes"] == 1 else 0
    if options["batch"] % options["processes"]:
        parser.error("--batch must be a multiple of --processes: they share it equally")
    try:
        prepare_folder(options["out"])
    except FileUnusable as error:
        parser.error(str(error))
    torch.set_num_threads(options.pop("threads"))
    resume, begin_at, processes = options.pop("resume"), options.pop("begin_at"), options.pop("processes")
    together(processes, functools.partial(train, recipe=Recipe(**options), resume=resume, begin_at=begin_at))


if __name__ == "__main__":
    main()
