"""Rules of the evaluation: what counts as read, as accepted, as calibrated."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from edge.core.formats import FORMAT_IDS
from edge.core.geometry import Box
from models.training.evaluate.confidence import fit
from models.training.evaluate.made import Made, write_made
from models.training.evaluate.photographs import covered, shrunk, without_plates
from models.training.evaluate.readers import Answer, Answers, ask
from models.training.evaluate.rendered import CONDITIONS, plates_by_set, streets_without_plates
from models.training.evaluate.report import sections
from models.training.evaluate.scoring import calibration_error, confusions, figures, score, width_class
from models.training.evaluate.truth import Truth, read_manifest


def _truth(text: str, *, box: Box | None = None, width: float = 100, condition: str = "photograph") -> Truth:
    return Truth(Path("a.jpg"), text, box, width, "RU", condition)


def _answer(text: str, *, confidence: float = 0.9, accepted: bool = True, box: Box | None = None) -> Answer:
    return Answer(text, confidence, accepted, "ru_1", box)


def test_a_plate_is_read_when_an_overlapping_answer_is_exact() -> None:
    """An exact answer elsewhere in the picture is no reading of this plate."""
    here, there = Box(0, 0, 100, 20), Box(500, 0, 100, 20)
    answers = {"a.jpg": Answers((_answer("A123BC77", box=there), _answer("A123BC7", box=here)), 1.0)}
    (row,) = score([_truth("A123BC77", box=here)], answers)
    assert not row.exact
    assert row.accepted_wrong == 1


def test_an_unanswered_plate_is_neither_found_nor_read() -> None:
    """No answer for a file is a miss, not an error."""
    summed = figures(score([_truth("A123BC77")], {}))
    assert (1, 0, 0, 0) == (summed.plates, summed.exact, summed.found, summed.accepted)


def test_an_accepted_reading_without_a_plate_is_wrong() -> None:
    """On a picture without a plate every accepted answer counts against the reader."""
    rows = score([_truth("", condition="no_plate")], {"a.jpg": Answers((_answer("A123BC77"),), None)})
    assert figures(rows).accepted_wrong == 1


def test_calibration_error_is_the_gap_between_said_and_was() -> None:
    """Ninety percent sure and always right is an error of a tenth."""
    rows = score([_truth("A123BC77")] * 4, {"a.jpg": Answers((_answer("A123BC77", confidence=0.9),), None)})
    assert calibration_error(rows) == pytest.approx(0.1)


def test_a_shy_reader_is_told_a_positive_offset() -> None:
    """Half sure and nearly always right: the fit raises the confidence; an honest reader is left as it is."""
    shy = score([_truth("A1")] * 200, {"a.jpg": Answers((_answer("A1", confidence=0.5),), None)})
    assert fit(shy)[1] > 2
    honest = [*shy[:100], *score([_truth("B2")] * 100, {"a.jpg": Answers((_answer("A1", confidence=0.5),), None)})]
    assert fit(honest) == pytest.approx((1.0, 0.0), abs=0.05)


def test_confusions_pair_symbols_of_equally_long_texts() -> None:
    """Only answers as long as the plate tell which symbol was taken for which."""
    rows = score([_truth("A1")], {"a.jpg": Answers((_answer("A7"),), None)})
    assert confusions(rows)["1", "7"] == 1
    assert not confusions(score([_truth("A1")], {"a.jpg": Answers((_answer("A"),), None)}))


@pytest.mark.parametrize(("width", "name"), [(39, "0-40"), (60, "60-80"), (400, "200+")])
def test_widths_fall_into_classes(width: float, name: str) -> None:
    """A class holds its lower bound and not its upper."""
    (row,) = score([_truth("A1", width=width)], {})
    assert name == width_class(row)


def test_manifest_rows_that_nobody_could_read_are_left_out(tmp_path: Path) -> None:
    """Illegible plates, drawings and rows without text are not scored."""
    (tmp_path / "manifest.csv").write_text(
        "file,text,country,x,y,w,h,legible,note\na.jpg,A1,RU,1,2,30,4,yes,\nb.jpg,B2,RU,1,2,3,4,partial,\n"
        "c.jpg,,RU,1,2,3,4,yes,\nd.jpg,D4,RU,1,2,3,4,yes,cg_render\n",
        encoding="utf-8",
    )
    (row,) = read_manifest(tmp_path / "manifest.csv")
    assert (tmp_path / "a.jpg", "A1", 30.0) == (row.file, row.text, row.width_px)


def test_any_command_that_prints_json_is_a_reader(tmp_path: Path) -> None:
    """Lines of another program are understood; lines that are no JSON objects are passed over."""
    line = json.dumps(
        {"file": "x/a.jpg", "plates": [{"text": "A1", "confidence": 0.5, "accepted": False, "box": [1, 2, 3, 4]}]}
    )
    answers = ask([sys.executable, "-c", f"print('hello'); print({line!r})"], [tmp_path / "a.jpg"])
    assert Answers((Answer("A1", 0.5, False, None, Box(1, 2, 3, 4)),), None) == answers["a.jpg"]
    with pytest.raises(RuntimeError, match="no JSON"):
        ask([sys.executable, "-c", "pass"], [tmp_path / "a.jpg"])


def test_rendered_sets_name_what_stands_on_every_picture(tmp_path: Path) -> None:
    """One picture a type, condition and width is drawn with its truth, and grouped by it in the report."""
    truths = read_manifest(write_made(tmp_path, plates_by_set(1, seed=1)))
    assert {*CONDITIONS, "by_type", "no_plate", "three_digit_region"} <= {truth.condition for truth in truths}
    assert all(truth.file.exists() for truth in truths)
    names = [part.title for part in sections(score(truths, {}))]
    assert ["all", "by condition", "by width, pixels", "by type of plate", "no plate in the picture"] == names


def _photograph(folder: Path) -> Path:
    """A grey picture with a white plate at 100, 60, 80 x 20, and its manifest."""
    picture = np.full((200, 300, 3), 90, np.uint8)
    picture[60:80, 100:180] = 255
    box = Box(100, 60, 80, 20)
    return write_made(folder, [Made(picture, "A123BC77", "photograph", "RU", 80, box)])


def test_a_painted_plate_is_gone_and_nothing_else(tmp_path: Path) -> None:
    """Where a plate was, the picture is like its surroundings; far from it, it is as before."""
    (made,) = without_plates(_photograph(tmp_path))
    assert ("", "no_plate") == (made.text, made.condition)
    assert made.picture.max() < 100
    textured = np.random.default_rng(1).integers(0, 255, (200, 300, 3), dtype=np.uint8)
    quad = np.array([[100, 60], [180, 60], [180, 80], [100, 80]], np.float64)
    assert np.array_equal(covered(textured, [quad])[120:], textured[120:])


def test_a_photograph_is_shrunk_until_the_plate_is_so_wide(tmp_path: Path) -> None:
    """The plate's box shrinks with its picture; a plate that is narrower already is left out."""
    manifest = _photograph(tmp_path)
    (made,) = shrunk(manifest, 40)
    assert (100, 150) == made.picture.shape[:2]
    assert (Box(50, 30, 40, 10), 40) == (made.box, made.width_px)
    assert not list(shrunk(manifest, 100))


def test_streets_without_plates_repeat() -> None:
    """A seed gives the same streets, and the manifest says that nothing is to be read there."""
    first, again = (list(streets_without_plates(2, seed=5)) for _ in range(2))
    assert {("", "no_plate")} == {(made.text, made.condition) for made in first}
    assert all(np.array_equal(a.picture, b.picture) for a, b in zip(first, again, strict=True))


def test_the_machine_s_fonts_are_in_no_test_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test set is drawn without looking for fonts, so that every machine draws the same."""
    monkeypatch.setattr("models.training.plates.faces.font_paths", lambda _folder: pytest.fail("looked for fonts"))
    assert sum(made.condition == "by_type" for made in plates_by_set(1, seed=1)) == len(FORMAT_IDS)
