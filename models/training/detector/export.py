"""Exports the trained network as ONNX: uint8 NHWC grey in (any size divisible by 32), heatmap and corners out."""

from __future__ import annotations

import copy
import warnings
from pathlib import Path

import torch
from torch import Tensor, nn

from models.training.detector.network import Block, PlateDetector, answers

OPSET = 17
FACTS = """\
# What plate_detector.onnx beside this was trained for. Read by camera/detector.py.
# Input `image`: uint8 [n, h, w, 1], grey, h and w multiples of 32. Outputs: `heatmap` [n, 1, h/8, w/8], 0 to 1, and `corners`
# [n, 8, h/8, w/8]: x, y of top left, top right, bottom right, bottom left in network pixels from the middle of the cell.
input_long_side = 512
stride = 8
multiple = 32
pad = 114
floor = 0.3
"""


class _Deployed(nn.Module):
    def __init__(self, net: PlateDetector) -> None:
        super().__init__()
        self.net = net

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        return answers(self.net(image.permute(0, 3, 1, 2).float()))


def folded(net: PlateDetector) -> PlateDetector:
    """A copy in evaluation mode with batch normalisation folded into the preceding convolutions."""
    net = copy.deepcopy(net).eval().float().cpu()
    for block in [m for m in net.modules() if isinstance(m, Block)]:
        fused = torch.nn.utils.fusion.fuse_conv_bn_eval(block[0], block[1])  # type: ignore[arg-type, type-var]
        block[0] = fused
        block[1] = nn.Identity()
    return net


def export_onnx(net: PlateDetector, path: Path) -> None:
    """Write `path` and the facts beside it (`.toml`). Height, width and batch size stay dynamic."""
    model = _Deployed(folded(net)).eval()
    example = torch.zeros(1, 288, 512, 1, dtype=torch.uint8)
    axes = {
        "image": {0: "batch", 1: "height", 2: "width"},
        "heatmap": {0: "batch", 2: "rows", 3: "columns"},
        "corners": {0: "batch", 2: "rows", 3: "columns"},
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_suffix(".toml").write_text(FACTS, encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter advertises its successor, which cannot yet fold as small a graph
        torch.onnx.export(
            model,
            (example,),
            str(path),
            input_names=["image"],
            output_names=["heatmap", "corners"],
            dynamic_axes=axes,
            opset_version=OPSET,
            dynamo=False,
        )
