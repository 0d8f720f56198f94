"""Exports a trained network for shipping: ONNX, fast-plate-ocr's YAML, the manifest with checksums."""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path

import numpy as np
import onnxruntime as ort
import torch
from torch import nn

from core.plates.alphabet import ALPHABET, PAD, SLOTS
from core.plates.formats import LOOKS
from models.training.ocr.network import Answers, PlateReader
from models.training.plates.conditions import INPUT, MARGINS

TOLERANCE = 2e-4
"""Maximum difference between a probability of the ONNX graph and torch's."""


def write_onnx(reader: PlateReader, path: Path, *, temperature: float = 1.0) -> float:
    """Write the graph and return its largest deviation from torch on noise and gradients.

    Raises ArithmeticError if that is too large. The old file at `path` stays until the new graph has been verified.
    """
    part = path.with_name(path.name + ".part")
    answers = Answers(reader, temperature).eval()
    pictures = torch.randint(
        0, 256, (3, INPUT[1], INPUT[0], 1), dtype=torch.uint8, generator=torch.Generator().manual_seed(1)
    )
    pictures[1] = torch.arange(INPUT[0], dtype=torch.uint8)[None, :, None]
    with torch.no_grad():
        torch.onnx.export(
            answers,
            (pictures,),
            str(part),
            input_names=["input"],
            output_names=["plate", "region"],
            dynamic_axes={"input": {0: "n"}, "plate": {0: "n"}, "region": {0: "n"}},
            opset_version=17,
            dynamo=False,
        )
        expected = answers(pictures)
    session = ort.InferenceSession(str(part), providers=["CPUExecutionProvider"])
    got = session.run(None, {"input": pictures.numpy()})
    deviation = max(float(np.abs(a - b.numpy()).max()) for a, b in zip(got, expected, strict=True))
    if deviation > TOLERANCE:
        message = f"{part}: ONNX differs from torch by {deviation:.2g}"
        raise ArithmeticError(message)
    part.replace(path)
    return deviation


def write_yaml(path: Path) -> None:
    """The plate configuration as fast-plate-ocr reads it; all keys are its own."""
    lines = [
        "# Plate configuration of the reader, in fast-plate-ocr's terms. Written by models/training/ocr/export.py.",
        f"# Crops are rectified with margins of {MARGINS[0]:g} of the plate's width at each side and {MARGINS[1]:g} of its",
        "# height above and below, then stretched: one-line and two-line plates alike.",
        f"max_plate_slots: {SLOTS}",
        f'alphabet: "{ALPHABET}"',
        f'pad_char: "{PAD}"',
        f"img_height: {INPUT[1]}",
        f"img_width: {INPUT[0]}",
        "keep_aspect_ratio: false",
        "interpolation: linear",
        "image_color_mode: grayscale",
        "plate_regions:",
        *(f"  - {format_id}" for format_id in LOOKS),
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_manifest(folder: Path) -> None:
    """Renew the checksums of every file in `folder` that the manifest names or that a reader needs."""
    path = folder / "manifest.toml"
    known = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    names = sorted(
        {*known, *(file.name for file in folder.iterdir() if file.suffix in {".onnx", ".yaml", ".toml"})} - {path.name}
    )
    lines = ["# The files of a reader and their checksums; a file that differs is not used."]
    for name in names:
        digest = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        lines += ["", f'["{name}"]', f'sha256 = "{digest}"']
    part = path.with_name(path.name + ".part")  # half a manifest would break the next training, and the gate
    part.write_text("\n".join(lines) + "\n", encoding="utf-8")
    part.replace(path)


def parameters(module: nn.Module) -> int:
    """Number of parameters of the network."""
    return sum(p.numel() for p in module.parameters())
