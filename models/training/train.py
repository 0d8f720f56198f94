"""Trains everything from nothing: `python -m models.training.train`.

The detector, the reader, their weights, the manifest.

It needs nothing but this repository: plates, scenes and typefaces are drawn by it (fonts on the machine add variety).
If stopped, it continues with `--resume`. `--minutes` limits each of the two trainings by the clock.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from core.errors import FileUnusable
from models.training.ocr.export import write_manifest
from models.training.options import count, folder, positive, positive_count, seed
from models.training.outputs import prepare_folder

WEIGHTS = Path(__file__).resolve().parents[1] / "weights"
_MODULES = {"detector": "models.training.detector.train", "reader": "models.training.ocr.train"}
_CALIBRATE = "models.training.ocr.calibrate"
_SHIPPED = ("plate_ocr.onnx", "plate_ocr.yaml", "plate_detector.onnx", "plate_detector.toml")


def main() -> None:
    """Run the requested trainings in turn, and install each one's weights once it is finished."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=folder, default=Path("work"), help="checkpoints and logs")
    parser.add_argument("--weights", type=folder, default=WEIGHTS, help="where the finished weights go")
    parser.add_argument("--only", choices=sorted(_MODULES))
    parser.add_argument("--minutes", type=positive, help="of each training; without it the full number of samples")
    parser.add_argument("--seed", type=seed, default=1)
    parser.add_argument("--workers", type=count, help="rendering processes")
    parser.add_argument(
        "--processes",
        type=positive_count,
        default=1,
        help="that train the reader together, each drawing its own pictures: fastest on a processor, one a core",
    )
    parser.add_argument("--resume", action="store_true")
    options = parser.parse_args()
    try:
        prepare_folder(options.weights, files=_SHIPPED)
        prepare_folder(options.out)
    except FileUnusable as error:
        parser.error(str(error))
    for name in [options.only] if options.only else list(_MODULES):
        run = options.out / f"train_{name}"
        command = [sys.executable, "-m", _MODULES[name], "--out", str(run)]
        command += ["--seed", str(options.seed)]
        if name == "reader":
            command += ["--processes", str(options.processes)]
        if options.workers is not None:
            command += ["--workers", str(options.workers)]
        if options.minutes is not None:
            command += ["--minutes", str(options.minutes)]
        if options.resume:
            command.append("--resume")
        _run(command)
        if name == "reader":  # its confidence is calibrated once it is done
            command = [sys.executable, "-m", _CALIBRATE, "--checkpoint", str(run / "checkpoint.pt")]
            _run([*command, "--out", str(run)])
        _publish(run, options.weights)


def _run(command: list[str]) -> None:
    """Run one of our own modules; pass on its error output and exit code.

    Ctrl-C, which a terminal sends to both, is handled by the module, which has a checkpoint to write.
    """
    before = signal.signal(signal.SIGINT, lambda *_: None)  # SIG_IGN would be inherited by the module
    try:
        code = subprocess.run(command, check=False).returncode  # noqa: S603 - our own modules
    finally:
        signal.signal(signal.SIGINT, before)
    if code:
        sys.exit(code if code > 0 else 128 - code)


def _publish(run: Path, weights: Path) -> None:
    """Copy what ships and renew the manifest at once: the gate refuses weights that do not match their manifest."""
    for file in _SHIPPED:
        if (run / file).exists():
            shutil.copyfile(run / file, weights / file)
    write_manifest(weights)


if __name__ == "__main__":
    main()
