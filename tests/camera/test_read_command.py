"""`gate read` as a user runs it: what it prints, and what it does with files that are no pictures."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.bench.frames import FOLDER
from edge.cli import main

DAY = FOLDER / "day.jpg"


def run(capfd: pytest.CaptureFixture[str], *argv: object) -> tuple[int, str, str]:
    """Exit code, standard output and error; `capfd` also sees what libraries write past Python."""
    with pytest.raises(SystemExit) as ended:
        main(["read", *map(str, argv)])
    said = capfd.readouterr()
    return int(ended.value.code or 0), said.out, said.err


@pytest.fixture
def bad_files(tmp_path: Path) -> list[Path]:
    """One of each: missing, empty, text, cut off, 1x1, a folder."""
    files = [tmp_path / name for name in ("missing.jpg", "empty.jpg", "text.jpg", "cut.jpg", "1x1.png", "folder")]
    files[1].write_bytes(b"")
    files[2].write_text("not a picture", encoding="utf-8")
    files[3].write_bytes(DAY.read_bytes()[:20_000])
    cv2.imwrite(str(files[4]), np.zeros((1, 1, 3), np.uint8))
    files[5].mkdir()
    return files


def test_json_line_has_what_the_contract_names(capfd: pytest.CaptureFixture[str]) -> None:
    """One object a file, with every field of the design's section 6."""
    code, out, err = run(capfd, "--json", DAY)

    (line,) = [json.loads(line) for line in out.splitlines()]
    plate = next(plate for plate in line["plates"] if plate["text"] == "A481MP77")
    assert (code, err) == (0, "")
    assert line["file"] == str(DAY)
    assert set(line["ms"]) == {"detect", "ocr"}
    assert set(plate) == {"text", "display", "confidence", "accepted", "format", "country", "box", "corners"}
    assert (plate["display"], plate["country"], plate["format"]) == ("А 481 МР 77", "RU", "ru_1")
    assert plate["box"] == pytest.approx([683, 576, 144, 30], abs=15)
    assert [len(corner) for corner in plate["corners"]] == [2, 2, 2, 2]


def test_bad_files_get_one_json_line_each(capfd: pytest.CaptureFixture[str], bad_files: list[Path]) -> None:
    """Unusable files are answered in their turn with a reason, and the good one between them is read."""
    code, out, err = run(capfd, "--json", *bad_files[:3], DAY, *bad_files[3:])

    lines = [json.loads(line) for line in out.splitlines()]
    assert (code, err) == (1, "")
    assert [line["file"] for line in lines] == [str(p) for p in (*bad_files[:3], DAY, *bad_files[3:])]
    assert ["error" in line for line in lines] == [True, True, True, False, True, True, True]


def test_bad_files_get_one_line_each_for_people(capfd: pytest.CaptureFixture[str], bad_files: list[Path]) -> None:
    """On a terminal every unusable file is one line on stderr that starts with its path."""
    code, out, err = run(capfd, *bad_files)

    assert (code, out) == (1, "")
    assert [line.split(": ")[0] for line in err.splitlines()] == [str(path) for path in bad_files]


def test_people_are_told_in_russian(capfd: pytest.CaptureFixture[str]) -> None:
    """The plate as it is written on the car, the confidence, and whether the gate would take it."""
    code, out, _ = run(capfd, DAY)

    assert code == 0
    assert f"{DAY}: А 481 МР 77" in out


def test_damaged_data_is_read_in_silence(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A picture with damaged data inside is read as far as it goes, and the decoder's own words are not passed on."""
    data = bytearray(DAY.read_bytes())
    data[60_000:60_400] = bytes(range(200)) * 2
    damaged = tmp_path / "damaged.jpg"
    damaged.write_bytes(data)

    code, out, err = run(capfd, "--json", damaged)

    assert (code, err) == (0, "")
    assert "plates" in json.loads(out)


def test_no_file_is_a_wrong_argument(capfd: pytest.CaptureFixture[str]) -> None:
    """Nothing to read is exit code 2 and one line."""
    code, _, err = run(capfd)

    assert code == 2
    assert len(err.splitlines()) == 1
