"""Rules of the evaluation: what counts as read, as accepted, as calibrated."""

from __future__ import annotations

import argparse
import json
import math
import shlex
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.geometry import Box
from core.plates.formats import FORMAT_IDS
from models.training.evaluate import __main__ as command
from models.training.evaluate.confidence import fit
from models.training.evaluate.made import Made, write_made
from models.training.evaluate.photographs import SLANTED_PX, covered, shrunk, slanted, without_plates
from models.training.evaluate.readers import Answer, Answers
from models.training.evaluate.rendered import CONDITIONS, HIDDEN, count_by_set, plates_by_set, streets_without_plates
from models.training.evaluate.report import Aside, sections, write
from models.training.evaluate.scoring import (
    Scored,
    accepted_elsewhere,
    calibration_error,
    confusions,
    figures,
    score,
    width_class,
)
from models.training.evaluate.truth import COVERED, HALF_COVERED, UNKNOWN_LAYOUT, Truth, read_manifest

A = Path("a.jpg")


def _truth(text: str, *, box: Box | None = None, width: float = 100, condition: str = "photograph") -> Truth:
    return Truth(A, text, box, width, "RU", condition)


def _answer(text: str, *, confidence: float = 0.9, accepted: bool = True, box: Box | None = None) -> Answer:
    return Answer(text, confidence, accepted, "ru_1", box)


def test_a_plate_is_read_when_an_overlapping_answer_is_exact() -> None:
    """An exact answer elsewhere in the picture is no reading of this plate."""
    here, there = Box(0, 0, 100, 20), Box(500, 0, 100, 20)
    answers = {A: Answers((_answer("A123BC77", box=there), _answer("A123BC7", box=here)), 1.0)}
    (row,) = score([_truth("A123BC77", box=here)], answers)
    assert not row.exact
    assert row.accepted_wrong == 1


def test_the_surest_answer_is_the_answer() -> None:
    """A surer wrong answer at the same place is what the reader said, whatever else it offered."""
    said = Answers((_answer("A123BC77", confidence=0.6), _answer("A123BC71", confidence=0.9)), None)
    (row,) = score([_truth("A123BC77")], {A: said})
    assert ("A123BC71", False) == (row.answer and row.answer.text, row.exact)


def test_an_accepted_answer_where_no_plate_is_known_is_counted() -> None:
    """Accepted answers away from every truth are counted by picture; on a picture without a plate they are wrong anyway."""
    here, there, far = Box(0, 0, 100, 20), Box(200, 0, 100, 20), Box(500, 0, 100, 20)
    truths = [
        _truth("A1", box=here),
        _truth("B2", box=there),
        replace(_truth("", condition="no_plate"), file=Path("b")),
    ]
    said = (_answer("A1", box=here), _answer("B7", box=there), _answer("C3", box=far))
    unsure = _answer("D4", box=far, accepted=False)
    answers = {A: Answers((*said, unsure), None), Path("b"): Answers((_answer("A1", box=far),), None)}
    assert {A: 1} == accepted_elsewhere(truths, answers)


def test_the_report_names_pictures_to_look_at(tmp_path: Path) -> None:
    """Accepted answers at no truth stand in both reports, with their pictures."""
    text = write("street", score([_truth("A1")], {}), tmp_path, command="x", aside=Aside(elsewhere={A: 2}))
    assert "Accepted elsewhere: 2 on 1 pictures" in text
    assert [["a.jpg", 2]] == json.loads((tmp_path / "street.json").read_text())["accepted_elsewhere"]


def test_a_report_leaves_nothing_of_an_earlier_one(tmp_path: Path) -> None:
    """A plot that the new report does not have is gone with the old one; other reports stay."""
    for name in ("street-widths.png", "yard-widths.png"):
        (tmp_path / name).touch()
    write("street", [], tmp_path, command="x")
    assert {"street.json", "street.md", "yard-widths.png"} == {file.name for file in tmp_path.iterdir()}


def test_an_unanswered_plate_is_neither_found_nor_read() -> None:
    """No answer for a file is a miss, not an error."""
    summed = figures(score([_truth("A123BC77")], {}))
    assert (1, 0, 0, 0) == (summed.plates, summed.exact, summed.found, summed.accepted)


def test_an_accepted_reading_without_a_plate_is_wrong() -> None:
    """On a picture without a plate every accepted answer counts against the reader."""
    rows = score([_truth("", condition="no_plate")], {A: Answers((_answer("A123BC77"),), None)})
    assert figures(rows).accepted_wrong == 1


def test_calibration_error_is_the_gap_between_said_and_was() -> None:
    """Ninety percent sure and always right is an error of a tenth."""
    rows = score([_truth("A123BC77")] * 4, {A: Answers((_answer("A123BC77", confidence=0.9),), None)})
    assert calibration_error(rows) == pytest.approx(0.1)


def test_a_shy_reader_is_told_a_positive_offset() -> None:
    """Half sure and nearly always right: the fit raises the confidence; an honest reader is left as it is."""
    shy = score([_truth("A1")] * 200, {A: Answers((_answer("A1", confidence=0.5),), None)})
    assert fit(shy)[1] > 2
    honest = [*shy[:100], *score([_truth("B2")] * 100, {A: Answers((_answer("A1", confidence=0.5),), None)})]
    assert fit(honest) == pytest.approx((1.0, 0.0), abs=0.05)


def test_a_few_sure_misses_do_not_tear_the_fit_away() -> None:
    """Ten sure misses among a thousand sure readings leave a curve that says what was: about 99 %."""
    sure = np.linspace(0.99, 1.0, 1000)
    rows = [Scored(_truth("A1"), _answer("A1", confidence=float(c)), 0) for c in sure]
    rows += [Scored(_truth("B2"), _answer("A1", confidence=float(c)), 1) for c in sure[::100]]
    slope, offset = fit(rows)
    assert abs(slope) < 3
    logits = np.clip(np.log(sure / np.maximum(1 - sure, 1e-6)), -9, 9)
    assert np.mean(1 / (1 + np.exp(-slope * logits - offset))) == pytest.approx(0.99, abs=0.005)


def test_confusions_pair_symbols_of_equally_long_texts() -> None:
    """Only answers as long as the plate tell which symbol was taken for which."""
    rows = score([_truth("A1")], {A: Answers((_answer("A7"),), None)})
    assert confusions(rows)["1", "7"] == 1
    assert not confusions(score([_truth("A1")], {A: Answers((_answer("A"),), None)}))


@pytest.mark.parametrize(("width", "name"), [(39, "0-40"), (60, "60-80"), (400, "200+")])
def test_widths_fall_into_classes(width: float, name: str) -> None:
    """A class holds its lower bound and not its upper."""
    (row,) = score([_truth("A1", width=width)], {})
    assert name == width_class(row)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--rendered", "0"], "a whole number above 0"),
        (["--manifest", "street/manifest.csv", "--shrunk", "-5"], "a whole number above 0"),
        (["--manifest", "street/manifest.csv", "--slanted", "80"], "degrees above 0 and up to 60"),
        (["--manifest", "street/manifest.csv", "--shrunk", "40", "--slanted", "30"], "not allowed with argument"),
        (["--manifest", "nowhere/manifest.csv"], "nowhere/manifest.csv: No such file"),
        (["--manifest", "street/manifest.csv"], "--manifest street/manifest.csv: nothing to score"),
        (["--covered", "street/manifest.csv"], "--covered street/manifest.csv: nothing to score"),
    ],
)
def test_a_wrong_command_is_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], options: list[str], why: str
) -> None:
    """What cannot be scored ends with a line that says why, before any reader is asked."""
    (tmp_path / "street").mkdir()
    (tmp_path / "street" / "manifest.csv").write_text("file,text\na.jpg,\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["evaluate", *options])
    with pytest.raises(SystemExit):
        command.main()
    assert why in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize(
    ("options", "name", "said"),
    [
        ([], "street", "--manifest street/manifest.csv"),
        (["--slanted", "30"], "street_30deg", "--manifest street/manifest.csv --slanted 30"),
        (["--shrunk", "40", "--scenes"], "street_40px", "--manifest street/manifest.csv --scenes --shrunk 40"),
    ],
)
def test_a_report_is_named_after_the_manifest_s_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], name: str, said: str
) -> None:
    """Even from within that folder, and the recorded command holds every option that matters; another reader's after that too."""
    (tmp_path / "street").mkdir()
    _photograph(tmp_path / "street")
    monkeypatch.chdir(tmp_path / "street")
    asked = [sys.executable, "-c", "import json, sys; [print(json.dumps({'file': f})) for f in sys.argv[1:]]"]
    reader, out = shlex.join(asked), ["--out", str(tmp_path)]
    monkeypatch.setattr("sys.argv", ["evaluate", "--manifest", "manifest.csv", *out, "--reader", reader, *options])
    command.main()
    report = json.loads((tmp_path / f"{name}_{Path(sys.executable).name}.json").read_text(encoding="utf-8"))
    assert report["command"].startswith(f"python -m models.training.evaluate {said} --reader")


def test_live_asks_our_reader_for_one_look_and_names_the_report_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The figures of a video's frame stand beside those of a still, not in their place; another reader has no such way."""
    (tmp_path / "street").mkdir()
    given = [
        "evaluate",
        "--manifest",
        str(_photograph(tmp_path / "street")),
        "--out",
        str(tmp_path),
        "--scenes",
        "--live",
    ]
    asked: list[str] = []

    def answered(command: tuple[str, ...], files: Iterable[Path], *, timeout_s: float) -> dict[Path, Answers]:
        asked.extend(command)
        return {file: Answers((), None) for file in files}

    monkeypatch.setattr(command, "ask", answered)
    monkeypatch.setattr("sys.argv", given)
    command.main()

    assert asked[-2:] == ["--json", "--live"]
    assert json.loads((tmp_path / "street_live.json").read_text(encoding="utf-8"))["command"].endswith("--live")
    monkeypatch.setattr("sys.argv", [*given, "--reader", "true"])
    with pytest.raises(SystemExit):
        command.main()
    assert "--live" in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize("options", [["--shrunk", "40"], []], ids=["shrunk", "covered"])
def test_pictures_are_not_made_over_those_that_were_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str]
) -> None:
    """What somebody has read by eye is not written over by the pictures that are made of it."""
    manifest = _photograph(tmp_path)
    before = manifest.read_bytes()
    given = ["--manifest" if options else "--covered", str(manifest)]
    monkeypatch.setattr("sys.argv", ["evaluate", *given, *options, "--keep", f"{tmp_path}/../{tmp_path.name}"])
    with pytest.raises(SystemExit):
        command.main()
    assert before == manifest.read_bytes()


def test_another_seed_is_recorded(tmp_path: Path) -> None:
    """The command of a report makes the same pictures again."""
    options = argparse.Namespace(rendered=None, plateless=1, seed=7)
    assert command._task(options, tmp_path).said == "--plateless 1 --seed 7"


def test_rendered_sets_name_what_stands_on_every_picture(tmp_path: Path) -> None:
    """One picture a type, condition and width is drawn with its truth, and grouped by it in the report; as many as were told."""
    truths = read_manifest(write_made(tmp_path, plates_by_set(1, seed=1)))
    assert count_by_set(1) == len(truths)
    assert {*CONDITIONS, "by_type", "no_plate", "three_digit_region"} <= {truth.condition for truth in truths}
    assert all(truth.file.exists() for truth in truths)
    names = [part.title for part in sections(score(truths, {}))]
    assert ["all", "by condition", "by width, pixels", "by type of plate"] == names[:4]
    assert ["no plate in the picture"] == names[5:]
    (hiding,) = (part for part in sections(score(truths, {})) if part.title == names[4])
    assert {*HIDDEN, UNKNOWN_LAYOUT} == set(hiding.lines)


def test_nothing_may_be_asserted_of_what_nobody_saw(tmp_path: Path) -> None:
    """An accepted answer is wrong where a character is wholly hidden, the truth too; where it is half seen the truth is right."""
    file = tmp_path / "a.png"
    said = {file: Answers((Answer("A123BC77", 0.99, True, "ru_1", None),), None)}
    for condition, wrong in ((COVERED, 1), (UNKNOWN_LAYOUT, 1), (HALF_COVERED, 0)):
        (scored,) = score([Truth(file, "A123BC77", None, 100, "ru_1", condition)], said)
        assert wrong == scored.accepted_wrong


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


def test_a_plate_is_seen_from_both_sides(tmp_path: Path) -> None:
    """Its lines fall or rise by the angle, its uprights stay upright, and its box holds it in the middle of the picture."""
    for made, side in zip(slanted(_photograph(tmp_path), 30), (1, -1), strict=True):
        rows, columns = np.nonzero(made.picture[..., 0] > 200)
        left, right = (rows[columns == columns.min() + 2].mean(), rows[columns == columns.max() - 2].mean())
        assert made.box is not None
        assert (SLANTED_PX, 320.0) == (made.width_px, made.box.centre[0])
        assert np.ptp(columns) == pytest.approx(SLANTED_PX, abs=3)
        assert side * math.tan(math.radians(30)) == pytest.approx((right - left) / (np.ptp(columns) - 4), abs=0.05)
        assert (rows.min(), rows.max()) == (
            pytest.approx(made.box.y, abs=5),
            pytest.approx(made.box.y + made.box.h, abs=5),
        )


def test_streets_without_plates_repeat() -> None:
    """A seed gives the same streets, and the manifest says that nothing is to be read there."""
    first, again = (list(streets_without_plates(2, seed=5)) for _ in range(2))
    assert {("", "no_plate")} == {(made.text, made.condition) for made in first}
    assert all(np.array_equal(a.picture, b.picture) for a, b in zip(first, again, strict=True))


def test_the_machine_s_fonts_are_in_no_test_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test set is drawn without looking for fonts, so that every machine draws the same."""
    for module in ("faces", "distractors"):
        monkeypatch.setattr(f"models.training.plates.{module}.font_paths", lambda *_: pytest.fail("looked for fonts"))
    assert len(list(streets_without_plates(3, seed=1))) == 3
    assert sum(made.condition == "by_type" for made in plates_by_set(1, seed=1)) == len(FORMAT_IDS)
