"""`gate read`: how hard it looks at a picture."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.bench.frames import load_frames
from edge.cli import main


def plates_of(capsys: pytest.CaptureFixture[str], *argv: str) -> list[str]:
    with pytest.raises(SystemExit):
        main(("read", "--json", *argv))
    return [plate["text"] for plate in json.loads(capsys.readouterr().out)["plates"]]


def test_live_looks_once_as_the_gate_does(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A far plate, 36 pixels wide, that a patient search of one picture finds is not yet found by the one look a frame of video gets."""
    street = cv2.resize(load_frames()[0], None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    picture = np.full((1080, 1920, 3), 90, np.uint8)
    picture[300 : 300 + street.shape[0], 500 : 500 + street.shape[1]] = street
    file = str(tmp_path / "far.png")
    cv2.imwrite(file, picture)

    assert len(plates_of(capsys, file)) == 1
    assert plates_of(capsys, "--live", file) == []
