"""Rules of the shipped reader: it loads in fast-plate-ocr, matches its checksums, is small, and reads what we draw."""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path

import numpy as np
import pytest
from fast_plate_ocr import LicensePlateRecognizer
from numpy.typing import NDArray

from core.plates.alphabet import ALPHABET, SLOTS
from core.plates.formats import LOOKS
from models.training.plates.conditions import EASY
from models.training.plates.optics import photograph
from models.training.plates.samples import draw

WEIGHTS = Path(__file__).parents[2] / "models" / "weights"
LIMIT_BYTES = 3_000_000


@pytest.fixture(scope="module")
def recognizer() -> LicensePlateRecognizer:
    return LicensePlateRecognizer(
        onnx_model_path=WEIGHTS / "plate_ocr.onnx",
        plate_config_path=WEIGHTS / "plate_ocr.yaml",
        providers=["CPUExecutionProvider"],
    )


def _clean(count: int, format_id: str) -> tuple[list[NDArray[np.uint8]], list[str]]:
    rng = np.random.default_rng(31)
    drawn = [draw(rng, format_id) for _ in range(count)]
    return [photograph(rng, one.canvas, one.aspect, EASY).picture for one in drawn], [one.text for one in drawn]


def test_the_config_is_ours(recognizer: LicensePlateRecognizer) -> None:
    """The YAML names our alphabet, our slots and our looks in their order."""
    config = recognizer.config
    assert (ALPHABET, SLOTS) == (config.alphabet, config.max_plate_slots)
    assert list(LOOKS) == list(config.plate_regions)


def test_rows_are_probabilities(recognizer: LicensePlateRecognizer) -> None:
    """Every slot and the format head sum to one, for any number of plates at once."""
    batch = np.stack(_clean(3, "ru_1")[0])[..., None]
    plate, region = recognizer.model.run(["plate", "region"], {"input": batch})
    assert (3, SLOTS, len(recognizer.config.alphabet)) == plate.shape
    assert (3, len(recognizer.config.plate_regions)) == region.shape
    assert np.allclose(plate.sum(-1), 1, atol=1e-3)
    assert np.allclose(region.sum(-1), 1, atol=1e-3)


@pytest.mark.parametrize(("format_id", "least"), [("ru_1", 0.9), ("ru_1a", 0.8), ("by_car", 0.8), ("ua_2015", 0.8)])
def test_easy_plates_are_read(recognizer: LicensePlateRecognizer, format_id: str, least: float) -> None:
    """Plates under easy conditions are read, those of one line and of two."""
    pictures, texts = _clean(40, format_id)
    read = [recognizer.run_one(picture).plate for picture in pictures]
    assert np.mean([a == b for a, b in zip(read, texts, strict=True)]) >= least


def test_checksums_match_the_manifest() -> None:
    """The manifest names the reader's files with their SHA-256."""
    manifest = tomllib.loads((WEIGHTS / "manifest.toml").read_text(encoding="utf-8"))
    for name in ("plate_ocr.onnx", "plate_ocr.yaml"):
        assert hashlib.sha256((WEIGHTS / name).read_bytes()).hexdigest() == manifest[name]["sha256"]


def test_the_reader_is_small() -> None:
    """Three megabytes at the most."""
    assert (WEIGHTS / "plate_ocr.onnx").stat().st_size < LIMIT_BYTES
