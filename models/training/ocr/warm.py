"""Makes a checkpoint for further training from shipped weights alone.

    python -m models.training.ocr.warm models/weights --out work/warm.pt

The ONNX graph has every parameter of the network except those of batch normalisation, which the export folds into the
convolutions. They are restored so that training starts exactly at these weights: each normalisation gets the mean and
deviation of its convolution's output on rendered plates, and compensates for them. Symbols and looks unknown to the
weights start improbable. The result is verified against the graph.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
import onnxruntime as ort
import torch
import yaml  # type: ignore[import-untyped]
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import Tensor, nn

from core.plates.alphabet import ALPHABET
from core.plates.formats import LOOKS
from models.training.checkpoints import write_checkpoint
from models.training.ocr.network import PlateReader
from models.training.options import folder
from models.training.plates.conditions import GATE, TRAINING
from models.training.plates.samples import Stream

TOLERANCE: Final = 1e-4
"""Maximum difference of a probability from the graph's."""
_SEED: Final = 4_000_037
_NEW: Final = -6.0
"""Initial logit of a symbol or look unknown to the weights."""


def warm_reader(folder: Path, *, pictures: int = 192) -> tuple[PlateReader, float]:
    """The reader with the weights in `folder`, ready to train, and its largest deviation from the graph.

    The normalisations are estimated on `pictures` rendered pictures; a sixth as many verify the result. Raises
    ArithmeticError if the deviation is too large: the graph is then another network's.
    """
    graph = onnx.load(str(folder / "plate_ocr.onnx")).graph
    plate = yaml.safe_load((folder / "plate_ocr.yaml").read_text(encoding="utf-8"))
    held = {i.name: torch.from_numpy(numpy_helper.to_array(i).copy()) for i in graph.initializer}
    reader = PlateReader()
    state = {name: tensor.clone() for name, tensor in reader.state_dict().items()}
    for name, tensor in held.items():
        own = name.removeprefix("reader.")
        if own in state and state[own].shape == tensor.shape:
            state[own] = tensor
    (last,) = (n for n in graph.node if n.op_type == "MatMul" and n.name == "/reader/symbols/MatMul")
    known = [ALPHABET.index(symbol) for symbol in plate["alphabet"]]
    state["symbols.weight"], state["symbols.bias"] = _placed(
        held[last.input[1]].T, held["reader.symbols.bias"], known, len(ALPHABET)
    )
    looks = [LOOKS.index(look) for look in plate["plate_regions"]]
    state["formats.weight"], state["formats.bias"] = _placed(
        held["reader.formats.weight"], held["reader.formats.bias"], looks, len(LOOKS)
    )
    reader.load_state_dict(state)
    folded = [tuple(held[i] for i in n.input[1:3]) for n in graph.node if n.op_type == "Conv"]
    _unfold(reader, folded, _drawn(_SEED, pictures))
    symbols, regions = _answers(folder, shown := _drawn(_SEED + 1, max(2, pictures // 6)))
    logits, formats = reader.eval()(torch.from_numpy(shown))
    ours = torch.softmax(logits[..., known] / _temperature(graph), dim=-1), torch.softmax(formats[..., looks], dim=-1)
    worst = max(float(np.abs(a - b.detach().numpy()).max()) for a, b in zip((symbols, regions), ours, strict=True))
    if worst > TOLERANCE:
        message = f"{folder}: the rebuilt reader differs from its graph by {worst:.2g}"
        raise ArithmeticError(message)
    return reader, worst


def _drawn(seed: int, count: int) -> NDArray[np.uint8]:
    return Stream(seed, size=count, conditions=(GATE, TRAINING, GATE)).batch().pictures[..., None]


def _placed(weight: Tensor, bias: Tensor, rows: list[int], count: int) -> tuple[Tensor, Tensor]:
    """Rows of a last layer at their new places; new ones have zero weights and start improbable."""
    wide, begun = torch.zeros(count, weight.shape[1]), torch.full((count,), float(bias.min()) + _NEW)
    wide[rows], begun[rows] = weight, bias
    return wide, begun


@torch.no_grad()
def _unfold(reader: PlateReader, folded: list[tuple[Tensor, ...]], pictures: NDArray[np.uint8]) -> None:
    """Give each convolution its folded weights, and its normalisation the parameters that make it an identity."""
    pairs = _normalised(reader)
    for (conv, norm), (weight, bias) in zip(pairs, folded, strict=True):
        conv.weight.copy_(weight)
        norm.weight.fill_((1 + norm.eps) ** 0.5)
        norm.bias.copy_(bias)
    for conv, norm in pairs:  # from the first layer on, since each depends on those before it
        seen: list[Tensor] = []
        hook = conv.register_forward_hook(lambda _module, _given, out, seen=seen: seen.append(out))
        reader.eval()(torch.from_numpy(pictures))
        hook.remove()
        mean, variance = seen[0].mean(dim=(0, 2, 3)), seen[0].var(dim=(0, 2, 3))
        norm.bias.add_(mean)
        norm.running_mean.copy_(mean)  # type: ignore[union-attr]
        norm.running_var.copy_(variance)  # type: ignore[union-attr]
        norm.weight.copy_((variance + norm.eps).sqrt())


def _normalised(reader: PlateReader) -> list[tuple[nn.Conv2d, nn.BatchNorm2d]]:
    """The convolutions in order, each with its normalisation."""
    modules = [m for m in reader.features.modules() if isinstance(m, nn.Conv2d | nn.BatchNorm2d)]
    return list(zip(modules[::2], modules[1::2], strict=True))  # type: ignore[arg-type]


def _temperature(graph: Any) -> float:
    """The divisor of the symbols' logits in the graph; 1 if there is none."""
    divided = {n.input[1] for n in graph.node if n.op_type == "Div" and n.name == "/Div"}
    for node in graph.node:
        if node.op_type == "Constant" and node.output[0] in divided:
            return float(numpy_helper.to_array(node.attribute[0].t))
    return 1.0


def _answers(folder: Path, pictures: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
    """The graph's output for `pictures`."""
    session = ort.InferenceSession(str(folder / "plate_ocr.onnx"), providers=["CPUExecutionProvider"])
    return list(session.run(["plate", "region"], {"input": pictures}))


def main() -> None:
    """Parse the command line, rebuild, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", type=folder, help="a folder with plate_ocr.onnx and plate_ocr.yaml")
    parser.add_argument("--out", type=Path, required=True, help="the checkpoint to write")
    given = parser.parse_args()
    reader, worst = warm_reader(given.weights)
    state = reader.state_dict()
    given.out.parent.mkdir(parents=True, exist_ok=True)
    write_checkpoint({"reader": state, "average": state, "samples": 1_000_000}, given.out)
    print(f"{given.out}: within {worst:.1e} of the graph")


if __name__ == "__main__":
    main()
