"""Estimates the processor time of a searched picture on a Raspberry Pi, until somebody sends a measurement.

`python benchmarks/pi_estimate.py BENCH.json` with the file of `gate bench --submit` from any x86 machine. Networks: the
multiplications of the shipped weights (counted in the ONNX graphs), divided by a core's peak and by the share of it
that onnxruntime reaches. The rest: this machine's time, multiplied by how much slower a core is at such code, which is
a guess.
"""

from __future__ import annotations

import argparse
import json
import math
from dataclasses import dataclass
from pathlib import Path

import onnx
from onnx import shape_inference

from edge.paths import weights_dir

CLOSE_UPS, READS = 3.6, 1.9
"""Averages for a picture of a street (docs/performance.md)."""
EFFICIENCY = (0.7, 0.5, 0.35)
"""Share of the peak, best, likely and worst case: here 0.5 to 0.75 of two AVX-512 units were reached."""


@dataclass(frozen=True, slots=True)
class Pi:
    """Peak of one core: single-precision flops per cycle, and its clock.

    A 128-bit FMLA is eight flops: one per cycle on Cortex-A72, two on Cortex-A76; recalled from Arm's optimisation
    guides.
    """

    name: str
    flops_a_cycle: int
    ghz: float
    slower: tuple[float, float, float]
    """For code other than networks: best, likely and worst case. A guess."""


PIS = (Pi("Pi 4", 8, 1.8, (3.0, 4.5, 6.0)), Pi("Pi 5", 16, 2.4, (1.5, 2.0, 3.0)))


def million_macs(path: Path, height: int, width: int) -> float:
    """Multiplications in convolutions and matrix products for one grey picture."""
    model = onnx.load(str(path))
    for dimension, size in zip(model.graph.input[0].type.tensor_type.shape.dim, (1, height, width, 1), strict=True):
        dimension.dim_value = size
    del model.graph.value_info[:]
    graph = shape_inference.infer_shapes(model).graph
    shapes = {
        value.name: [one.dim_value for one in value.type.tensor_type.shape.dim]
        for value in (*graph.value_info, *graph.output, *graph.input)
    }
    weights = {one.name: list(one.dims) for one in graph.initializer}
    total = 0
    for node in graph.node:
        if node.op_type == "Conv":
            total += math.prod(shapes[node.output[0]][1:]) * math.prod(weights[node.input[1]][1:])
        elif node.op_type in {"MatMul", "Gemm"}:
            columns = (weights.get(node.input[1]) or shapes[node.input[1]])[-1]
            total += math.prod(shapes[node.input[0]][1:]) * columns
    return total / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("submission", type=Path)
    measured = json.loads(parser.parse_args().submission.read_text())["measured"]["processor_ms"]
    folder = weights_dir()
    search = million_macs(folder / "plate_detector.onnx", 384, 640)
    near = million_macs(folder / "plate_detector.onnx", 96, 192)
    read = million_macs(folder / "plate_ocr.onnx", 64, 192)
    per_picture = search + CLOSE_UPS * near + READS * read
    rest_ms = (
        measured["shrink"] + measured["peaks"] + CLOSE_UPS * 0.3 + READS * (measured["rectify"] + measured["decode"])
    )
    print(
        f"MMAC: search {search:.0f}, close-up {near:.0f}, read {read:.0f}; a picture {per_picture:.0f}; rest {rest_ms:.1f} ms here"
    )
    for pi in PIS:
        peak = pi.flops_a_cycle * pi.ghz
        best, likely, worst = (
            2 * per_picture / 1e3 / (peak * share) * 1e3 + rest_ms * slower
            for share, slower in zip(EFFICIENCY, pi.slower, strict=True)
        )
        print(
            f"{pi.name}: {likely:.0f} ms a searched picture ({best:.0f} to {worst:.0f}), peak {peak:.1f} Gflop/s a core"
        )


if __name__ == "__main__":
    main()
