"""Fit the reader's temperature on rendered plates and write the weights with it.

    python -m models.training.ocr.calibrate --checkpoint work/train_reader/checkpoint.pt --out models/weights

Label smoothing makes the network underconfident. One temperature over all slots, fitted by the likelihood of held-out
rendered plates in the conditions of a gate, makes its probabilities mean what they say. It becomes part of the ONNX
graph, so every user of the weights gets it. Real pictures only check the result.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

import torch
from torch import Tensor

from models.training.ocr.checkpoint import checkpoint_of, take
from models.training.ocr.export import write_manifest, write_onnx, write_yaml
from models.training.ocr.loss import symbol_loss
from models.training.ocr.network import PlateReader
from models.training.options import folder, positive_count
from models.training.plates.conditions import GATE
from models.training.plates.samples import Stream

SEED: Final = 2_000_003


@torch.no_grad()
def held_out(reader: PlateReader, *, plates: int) -> tuple[Tensor, Tensor, Tensor]:
    """Logits `[n, SLOTS, symbols]` of rendered plates, their true symbols `[n, SLOTS]`, and how unseen those are."""
    reader.eval()
    stream = Stream(SEED, size=64, conditions=(GATE,))
    logits, symbols, unseen = [], [], []
    for _ in range(max(1, plates // 64)):
        batch = stream.batch()
        logits.append(reader(torch.from_numpy(batch.pictures[..., None]))[0])
        symbols.append(torch.from_numpy(batch.symbols).long())
        unseen.append(torch.from_numpy(batch.unseen))
    return torch.cat(logits), torch.cat(symbols), torch.cat(unseen)


def best_temperature(logits: Tensor, symbols: Tensor, unseen: Tensor) -> float:
    """The temperature that maximises the likelihood of the true plates."""

    def loss(temperature: float) -> float:
        return float(symbol_loss(logits / temperature, symbols, unseen))

    return min((0.3 + 0.02 * step for step in range(60)), key=loss)


def load_average(checkpoint: Path) -> PlateReader:
    """The moving average in a training's checkpoint. Ends the program with one line if it is not a checkpoint."""
    reader = PlateReader()
    take(reader, checkpoint_of(checkpoint)["average"], path=checkpoint)
    return reader.eval()


def main() -> None:
    """Parse the command line, fit, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--out", type=folder, required=True)
    parser.add_argument("--plates", type=positive_count, default=3072)
    options = parser.parse_args()
    torch.set_num_threads(1)
    reader = load_average(options.checkpoint)
    temperature = best_temperature(*held_out(reader, plates=options.plates))
    options.out.mkdir(parents=True, exist_ok=True)
    deviation = write_onnx(reader, options.out / "plate_ocr.onnx", temperature=temperature)
    write_yaml(options.out / "plate_ocr.yaml")
    write_manifest(options.out)
    print(f"temperature {temperature:.2f}; ONNX within {deviation:.1e} of torch")


if __name__ == "__main__":
    main()
