"""Everything from nothing: `python -m models.training.train`. The detector, the reader, their weights, the manifest.

Nothing is read but this repository: plates, scenes and typefaces are drawn by it (fonts that the machine happens to
have add variety). Stopped, it goes on with `--resume`. `--minutes` bounds each of the two trainings by the clock.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from models.training.ocr.export import write_manifest

WEIGHTS = Path(__file__).resolve().parents[1] / "weights"
_MODULES = {"detector": "models.training.detector.train", "reader": "models.training.ocr.train"}
_CALIBRATE = "models.training.ocr.calibrate"
_SHIPPED = ("plate_ocr.onnx", "plate_ocr.yaml", "plate_detector.onnx", "plate_detector.toml")


def main() -> None:
    """Train what is asked for, one after the other, and put the weights in place."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("work"), help="checkpoints and logs")
    parser.add_argument("--weights", type=Path, default=WEIGHTS, help="where the finished weights go")
    parser.add_argument("--only", choices=sorted(_MODULES))
    parser.add_argument("--minutes", type=float, help="bound of each training; without it the full number of samples")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1, help="rendering processes")
    parser.add_argument("--resume", action="store_true")
    options = parser.parse_args()
    options.weights.mkdir(parents=True, exist_ok=True)
    for name in [options.only] if options.only else list(_MODULES):
        folder = options.out / f"train_{name}"
        command = [sys.executable, "-m", _MODULES[name], "--out", str(folder)]
        command += ["--seed", str(options.seed), "--workers", str(options.workers)]
        if options.minutes is not None:
            command += ["--minutes", str(options.minutes)]
        if options.resume:
            command.append("--resume")
        subprocess.run(command, check=True)  # noqa: S603 - our own modules
        for file in _SHIPPED:
            if (folder / file).exists():
                shutil.copyfile(folder / file, options.weights / file)
        if name == "reader":  # its confidence is fitted once it is done
            checkpoint = folder / "checkpoint.pt"
            command = [sys.executable, "-m", _CALIBRATE, "--checkpoint", str(checkpoint), "--out", str(options.weights)]
            subprocess.run(command, check=True)  # noqa: S603 - our own module
    write_manifest(options.weights)


if __name__ == "__main__":
    main()
