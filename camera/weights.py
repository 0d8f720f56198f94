"""The networks on disk: their file names, and a check that they are the ones that were measured."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from pathlib import Path

import onnxruntime as ort

from camera.errors import WeightsInvalid
from core.words.language import say
from core.words.system import system_words

MANIFEST = "manifest.toml"
OCR_MODEL = "plate_ocr.onnx"
OCR_CONFIG = "plate_ocr.yaml"
DETECTOR_MODEL = "plate_detector.onnx"
DETECTOR_FACTS = "plate_detector.toml"
PROVIDERS = ("CPUExecutionProvider",)


@dataclass(frozen=True, slots=True)
class Weights:
    """A folder of weights whose files match the checksums of its manifest."""

    ocr_model: Path
    ocr_config: Path
    detector_model: Path
    detector_facts: Path


def check_weights(folder: Path) -> Weights:
    """Checks every weights file against the manifest of `folder`.

    Raises `WeightsInvalid` for the first that differs.
    """
    manifest = folder / MANIFEST
    try:
        entries = tomllib.loads(manifest.read_text(encoding="utf-8"))
    except OSError as error:
        raise WeightsInvalid(
            say("{manifest}: не читается: {strerror}", manifest=manifest, strerror=system_words(error))
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WeightsInvalid(f"{manifest}: {error}") from error
    for name in (OCR_MODEL, OCR_CONFIG, DETECTOR_MODEL, DETECTOR_FACTS):
        _check(folder / name, entries.get(name))
    return Weights(
        ocr_model=folder / OCR_MODEL,
        ocr_config=folder / OCR_CONFIG,
        detector_model=folder / DETECTOR_MODEL,
        detector_facts=folder / DETECTOR_FACTS,
    )


def session_options(*, threads: int = 1) -> ort.SessionOptions:
    """Options for a small processor: few threads, and none of them spins while waiting.

    Spinning cost 39 % of a core at ten readings a second, of which 2 % is real work (measured, onnxruntime 1.31).
    """
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # Otherwise 8 MB are kept, a block per number of plates seen at once, for no gain in time.
    options.enable_mem_pattern = False
    options.log_severity_level = 4  # fatal only: errors arrive as exceptions
    return options


def _check(path: Path, entry: object) -> None:
    expected = entry.get("sha256") if isinstance(entry, dict) else None
    if not isinstance(expected, str):
        raise WeightsInvalid(say("{parent}: нет sha256 для {name}", parent=path.parent / MANIFEST, name=path.name))
    try:
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise WeightsInvalid(say("{path}: не читается: {strerror}", path=path, strerror=system_words(error))) from error
    if found != expected.lower():
        raise WeightsInvalid(
            say(
                "{path}: sha256 {found}… не из манифеста ({expected}…)",
                path=path,
                found=found[:12],
                expected=expected[:12],
            )
        )
