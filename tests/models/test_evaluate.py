"""Rules of the evaluation: what counts as read, as accepted, as calibrated."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.core.errors import FileUnusable
from edge.core.formats import FORMAT_IDS
from edge.core.geometry import Box
from models.training.evaluate import __main__ as command
from models.training.evaluate.confidence import fit
from models.training.evaluate.made import Made, write_made
from models.training.evaluate.photographs import covered, shrunk, without_plates
from models.training.evaluate.readers import Answer, Answers, ask
from models.training.evaluate.rendered import CONDITIONS, plates_by_set, streets_without_plates
from models.training.evaluate.report import sections, write
from models.training.evaluate.scoring import (
    Scored,
    accepted_elsewhere,
    calibration_error,
    confusions,
    figures,
    score,
    width_class,
)
from models.training.evaluate.truth import Truth, read_manifest, without_guessed_width

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
    text = write("street", score([_truth("A1")], {}), tmp_path, command="x", elsewhere={A: 2})
    assert "Accepted elsewhere: 2 on 1 pictures" in text
    assert [["a.jpg", 2]] == json.loads((tmp_path / "street.json").read_text())["accepted_elsewhere"]


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


def _listed(folder: Path, text: str, *, encoding: str = "utf-8") -> Path:
    """A manifest and the pictures that it names, none of them readable."""
    manifest = folder / "manifest.csv"
    manifest.write_text(text, encoding=encoding)
    for line in text.splitlines()[1:]:
        (folder / line.split(",")[0]).touch()
    return manifest


def test_manifest_rows_that_nobody_could_read_are_left_out(tmp_path: Path) -> None:
    """Illegible plates, drawings and rows without text are not scored."""
    text = (
        "file,text,country,x,y,w,h,legible,note\na.jpg,A1,RU,1,2,30,4,yes,\nb.jpg,B2,RU,1,2,3,4,partial,\n"
        "c.jpg,,RU,1,2,3,4,yes,\nd.jpg,D4,RU,1,2,3,4,yes,cg_render\n"
    )
    (row,) = read_manifest(_listed(tmp_path, text))
    assert (tmp_path / "a.jpg", "A1", 30.0) == (row.file, row.text, row.width_px)


def test_a_text_that_no_reader_answers_is_left_out(tmp_path: Path) -> None:
    """A plate that was read in part, or is not written in the reader's alphabet, is not scored as a miss."""
    text = "file,text\na.jpg,A657?C2?\nb.jpg,А123ВС77\nc.jpg,a123bc77\nd.jpg,A123BC77\n"
    assert ["A123BC77"] == [truth.text for truth in read_manifest(_listed(tmp_path, text))]


def test_a_row_that_is_there_twice_is_one_plate(tmp_path: Path) -> None:
    """A plate named twice does not weigh twice; two plates on one picture are two."""
    text = "file,text,x,y,w,h\na.jpg,A1,1,2,30,4\na.jpg,B2,1,9,30,4\na.jpg,A1,1,2,30,4\n"
    assert ["A1", "B2"] == [truth.text for truth in read_manifest(_listed(tmp_path, text))]


def test_a_picture_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """A full disk ends the evaluation: pictures that are not there would count as plates not read."""
    (tmp_path / "000000.png").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left"):
        write_made(tmp_path, [Made(np.zeros((20, 40), np.uint8), "A1", "photograph")])


def test_the_width_of_a_scene_without_a_box_is_not_known(tmp_path: Path) -> None:
    """A picture's width is a plate's width only where the picture is the plate: else no table and no plot of widths."""
    cv2.imwrite(str(tmp_path / "a.png"), np.full((60, 300), 90, np.uint8))
    truths = read_manifest(_listed(tmp_path, "file,text\na.png,A123BC77\n"))
    scenes = [without_guessed_width(truth) for truth in truths]
    for given, titles in ((truths, {"by width, pixels"}), (scenes, set())):
        rows = score(given, {})
        assert titles == {part.title for part in sections(rows)} & {"by width, pixels"}
        write("one", rows, tmp_path / str(len(titles)), command="", elsewhere={})
        assert bool(titles) == (tmp_path / str(len(titles)) / "one-widths.png").exists()
        assert bool(titles) == ("widths.png" in (tmp_path / str(len(titles)) / "one.md").read_text(encoding="utf-8"))


def test_an_empty_condition_is_a_photograph(tmp_path: Path) -> None:
    """A cell that is empty, or a row that ends early, is as good as no column; a spreadsheet's byte order mark is no letter."""
    text = "file,text,condition,note\na.jpg,A1,,\nb.jpg,B2\n"
    manifest = _listed(tmp_path, text, encoding="utf-8-sig")
    assert ["photograph"] * 2 == [truth.condition for truth in read_manifest(manifest)]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "No such file"),
        (b"", "manifest.csv:1: no column file and text"),
        (b"name,plate\n", "manifest.csv:1: no column file and text"),
        (b"file,text,x,y,w,h\na.jpg,A1,1,2,wide,4\n", "manifest.csv:2: w is no number: 'wide'"),
        (b"file,text,x,y,w,h\na.jpg,A1,1,nan,3,4\n", "manifest.csv:2: y is no number: 'nan'"),
        (b"file,text\na.jpg,\xc0\n", "UTF-8"),
        (b"file,text\ngone.jpg,A1\n", "manifest.csv:2: no picture gone.jpg"),
    ],
)
def test_a_manifest_that_cannot_be_used_is_named(tmp_path: Path, content: bytes | None, why: str) -> None:
    """The error says which file, which line and what is wrong with it."""
    manifest = tmp_path / "manifest.csv"
    if content is not None:
        manifest.write_bytes(content)
    with pytest.raises(FileUnusable, match=why):
        read_manifest(manifest)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--rendered", "0"], "a whole number above 0"),
        (["--manifest", "street/manifest.csv", "--shrunk", "-5"], "a whole number above 0"),
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
        (["--shrunk", "40", "--scenes"], "street_40px", "--manifest street/manifest.csv --scenes --shrunk 40"),
    ],
)
def test_a_report_is_named_after_the_manifest_s_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], name: str, said: str
) -> None:
    """Even from within that folder, and the recorded command holds every option that matters."""
    (tmp_path / "street").mkdir()
    _photograph(tmp_path / "street")
    monkeypatch.chdir(tmp_path / "street")
    asked = [sys.executable, "-c", "import json, sys; [print(json.dumps({'file': f})) for f in sys.argv[1:]]"]
    reader, out = shlex.join(asked), ["--out", str(tmp_path)]
    monkeypatch.setattr("sys.argv", ["evaluate", "--manifest", "manifest.csv", *out, "--reader", reader, *options])
    command.main()
    report = json.loads((tmp_path / f"{name}.json").read_text(encoding="utf-8"))
    assert report["command"].startswith(f"python -m models.training.evaluate {said} --reader")


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


def test_any_command_that_prints_json_is_a_reader(tmp_path: Path) -> None:
    """Lines of another program are understood; lines that are no JSON objects are passed over."""
    line = json.dumps(
        {"file": "x/a.jpg", "plates": [{"text": "A1", "confidence": 0.5, "accepted": False, "box": [1, 2, 3, 4]}]}
    )
    answers = ask([sys.executable, "-c", f"print('hello'); print({line!r})"], [tmp_path / "a.jpg"])
    assert Answers((Answer("A1", 0.5, False, None, Box(1, 2, 3, 4)),), None) == answers[tmp_path / "a.jpg"]


@pytest.mark.parametrize(
    ("plate", "why"),
    [
        ({"confidence": 97.0}, "confidence is no number from 0 to 1: 97.0"),
        ({"confidence": -0.1}, "confidence is no number from 0 to 1: -0.1"),
        ({"confidence": float("nan")}, "confidence is no number from 0 to 1: nan"),
        ({"confidence": "high"}, "'high'"),
        ({"accepted": "no"}, "accepted is neither true nor false: 'no'"),
        ({"box": [1, 2, 3]}, r"box is no \[x, y, w, h\]: \[1, 2, 3\]"),
        ({"box": {"x": 1}}, r"box is no \[x, y, w, h\]"),
        ("A1", "plates is no list of objects"),
    ],
)
def test_an_answer_that_makes_no_sense_is_told(plate: object, why: str) -> None:
    """What cannot be scored, such as a confidence in percent, is an error that names the picture and never a figure."""
    line = json.dumps({"file": "a.jpg", "plates": [plate]})
    with pytest.raises(RuntimeError, match=rf"what the reader says of a\.jpg makes no sense: .*{why}"):
        ask([sys.executable, "-c", f"print({line!r})"], [A])


def test_what_is_no_text_between_the_lines_is_passed_over() -> None:
    """Bytes that a reader's libraries print do not lose its answers, nor does a line break within a JSON string."""
    line = json.dumps({"file": "a.jpg", "note": "\u2028", "plates": []}, ensure_ascii=False)
    prints = f"import sys; sys.stdout.buffer.write(b'\\xff\\xfe\\n' + {line.encode()!r} + b'\\r\\n')"
    assert {A: Answers((), None)} == ask([sys.executable, "-c", prints], [A])


def test_a_reader_that_wants_to_be_told_something_is_told_nothing() -> None:
    """A reader that reads its input comes to that input's end at once and does not wait for a terminal."""
    looks = 'import select; print(\'{"file": "a.jpg"}\' if select.select([0], [], [], 1)[0] else "waits")'
    silent, other_end = os.pipe()
    own = os.dup(0)
    os.dup2(silent, 0)
    try:
        assert {A: Answers((), None)} == ask([sys.executable, "-c", looks], [A])
    finally:
        os.dup2(own, 0)
        for end in (silent, other_end, own):
            os.close(end)


def test_a_reader_that_cannot_be_started_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A reader that is not there ends the command with exit code 1 and its name."""
    manifest = _photograph(tmp_path)
    monkeypatch.setattr("sys.argv", ["evaluate", "--manifest", str(manifest), "--reader", "/nowhere/reader --json"])
    with pytest.raises(SystemExit) as ended:
        command.main()
    assert ended.value.code == 1
    (said,) = capsys.readouterr().err.splitlines()
    assert "the reader cannot be started: " in said
    assert "'/nowhere/reader'" in said


def test_a_reader_that_dies_midway_gives_no_report() -> None:
    """Pictures that the reader never spoke of are no empty pictures: their number and the exit code are told."""
    dies = 'import sys; print(\'{"file": "1.png", "plates": []}\'); print(\'{"file": "2.p\'); sys.exit(3)'
    with pytest.raises(RuntimeError, match=r"left 2 of 3 pictures .*exit code 3"):
        ask([sys.executable, "-c", dies], [Path(f"{n}.png") for n in (1, 2, 3)])


def test_a_picture_that_the_reader_cannot_open_is_answered_with_nothing() -> None:
    """A line with an error is an answer, even where the reader ends with an exit code for it."""
    fails = 'import sys; print(\'{"file": "a.jpg", "error": "no picture"}\'); sys.exit(1)'
    assert {A: Answers((), None)} == ask([sys.executable, "-c", fails], [A])


def test_pictures_of_one_name_in_two_folders_are_two() -> None:
    """Each answer goes to the path it names, and a bare name that two files share is nobody's."""
    files = [Path("a/1.png"), Path("b/1.png")]
    spoken = "import json, sys; [print(json.dumps({'file': f, 'plates': [{'text': f[:1]}]})) for f in sys.argv[1:]]"
    assert ["a", "b"] == [said.plates[0].text for said in ask([sys.executable, "-c", spoken], files).values()]
    with pytest.raises(RuntimeError, match="left 2 of 2"):
        ask([sys.executable, "-c", 'print(\'{"file": "1.png"}\')'], files)


def test_a_picture_that_cannot_be_opened_is_not_shrunk(tmp_path: Path) -> None:
    """A crop whose width nobody can tell is left out."""
    assert not list(shrunk(_listed(tmp_path, "file,text\na.jpg,A1\n"), 40))


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
    for module in ("faces", "distractors"):
        monkeypatch.setattr(f"models.training.plates.{module}.font_paths", lambda *_: pytest.fail("looked for fonts"))
    assert len(list(streets_without_plates(3, seed=1))) == 3
    assert sum(made.condition == "by_type" for made in plates_by_set(1, seed=1)) == len(FORMAT_IDS)
